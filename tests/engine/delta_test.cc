#include "engine/delta.h"

#include <gtest/gtest.h>

#include <vector>

namespace chartline::engine {
namespace {

stored::Row row(std::uint32_t number, Name code, std::span<const Name> translations = {}) {
  stored::Row made;
  made.number = number;
  made.code = code;
  made.translations = translations;
  return made;
}

std::vector<std::uint64_t> commits(const std::vector<const DeltaPut*>& puts) {
  std::vector<std::uint64_t> found;
  for (const DeltaPut* put : puts) found.push_back(put->commit);
  return found;
}

struct DeltaTest : testing::Test {
  std::vector<std::uint64_t> of_patient(PatientId patient, std::uint64_t commit_max) const {
    std::vector<const DeltaPut*> puts;
    segment.of_patient(patient, commit_max, puts);
    return commits(puts);
  }
  std::vector<std::uint64_t> of_code(Name code, std::uint64_t commit_max) const {
    std::vector<const DeltaPut*> puts;
    segment.of_code(code, commit_max, puts);
    return commits(puts);
  }
  Segment segment;
};

using Commits = std::vector<std::uint64_t>;

TEST_F(DeltaTest, IsEmptyAtFirst) {
  EXPECT_TRUE(segment.empty());
  EXPECT_EQ(segment.last_commit(), 0U);
  EXPECT_EQ(of_patient(1, UINT64_MAX), Commits());
  segment.publish({}, nullptr, 0);
  EXPECT_TRUE(segment.empty());
}

TEST_F(DeltaTest, FindsPutsByPatientAndCodeUpToACommit) {
  const Name translations[] = {8, 9, 8};
  std::vector<stored::Row> first{row(1, 7), row(2, 7, translations)}, second{row(1, 9)}, third{row(3, 0)};
  const DeltaPut puts[] = {{.commit = 1, .patient = 5, .added = first}, {.commit = 1, .patient = 6, .added = second}};
  segment.publish(puts, nullptr, 100);
  const DeltaPut later[] = {{.commit = 3, .patient = 5, .added = third}};
  segment.publish(later, nullptr, 50);

  EXPECT_EQ(of_patient(5, 3), (Commits{1, 3}));
  EXPECT_EQ(of_patient(5, 2), Commits{1});
  EXPECT_EQ(of_patient(5, 0), Commits());
  EXPECT_EQ(of_patient(6, 3), Commits{1});
  EXPECT_EQ(of_code(7, 3), Commits{1});
  EXPECT_EQ(of_code(8, 3), Commits{1});
  EXPECT_EQ(of_code(9, 3), (Commits{1, 1}));
  EXPECT_EQ(of_code(9, 0), Commits());
  EXPECT_EQ(of_code(0, 3), Commits{3});  // the event without a code
  EXPECT_EQ(segment.bytes(), 150U);
  EXPECT_EQ(segment.last_commit(), 3U);

  std::vector<const DeltaPut*> all;
  segment.all(all);
  EXPECT_EQ(commits(all), (Commits{1, 1, 3}));
}

TEST_F(DeltaTest, FindsRemovalsByBlock) {
  const std::uint32_t one[] = {4}, two[] = {1, 2};
  const DeltaPut puts[] = {{.commit = 1, .patient = 5, .removed = two},
                           {.commit = 2, .patient = stored::block_patients, .removed = one},
                           {.commit = 3, .patient = 5, .removed = one}};
  segment.publish(puts, nullptr, 0);
  const auto removals = [&](std::uint64_t commit_max, std::uint32_t first, std::uint32_t last) {
    std::vector<stored::Removal> found;
    segment.removals(commit_max, first, last, found);
    return found;
  };
  EXPECT_EQ(removals(3, 0, 1), (std::vector<stored::Removal>{{5, 1}, {5, 2}, {5, 4}, {stored::block_patients, 4}}));
  EXPECT_EQ(removals(2, 0, 0), (std::vector<stored::Removal>{{5, 1}, {5, 2}}));
  EXPECT_EQ(removals(3, 1, 9), (std::vector<stored::Removal>{{stored::block_patients, 4}}));
  EXPECT_TRUE(removals(0, 0, 9).empty());
}

TEST_F(DeltaTest, HoldsTheMemoryThatPutsBorrow) {
  auto memory = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = memory;
  {
    Segment short_lived;
    const DeltaPut puts[] = {{.commit = 1, .patient = 1}};
    short_lived.publish(puts, std::move(memory), 4);
    EXPECT_FALSE(seen.expired());
  }
  EXPECT_TRUE(seen.expired());
}

}  // namespace
}  // namespace chartline::engine
