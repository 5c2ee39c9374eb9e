// Identifiers that are not folded yet: found by hash and by patient, in order of arrival, whatever has been let go.
#include "engine/unfolded_names.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace chartline::engine {
namespace {

using stored::PatientRef;

struct Expected {
  PatientRef patient;
  std::string system, value;
  std::uint64_t hash, position;
  bool first;
  friend bool operator==(const Expected&, const Expected&) = default;
};

Expected seen(const UnfoldedNames::Entry& entry) {
  return {entry.patient, std::string(entry.system()), std::string(entry.value()), entry.hash, entry.position,
          entry.first};
}

template <typename Is>
std::vector<Expected> those(const std::vector<Expected>& all, const Is& is) {
  std::vector<Expected> some;
  for (const Expected& one : all)
    if (is(one)) some.push_back(one);
  return some;
}

// Against a list. Hashes are few, and begin alike, so that many fall on one place, and on one another's tags.
TEST(UnfoldedNames, AreFoundWhateverCameAndWent) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20; ++round) {
    UnfoldedNames names;
    std::vector<Expected> expected;
    std::uint64_t position = 0;
    for (int step = 0; step < 400; ++step) {
      const std::uint64_t what = random() % 40;
      if (what == 0) {
        const std::uint64_t upto = random() % (position + 2);
        const std::vector<Expected> left = those(expected, [&](const Expected& one) { return one.position > upto; });
        EXPECT_EQ(names.up_to(upto).size(), expected.size() - left.size());
        EXPECT_EQ(names.let_go(upto).size(), expected.size() - left.size());
        expected = left;
      } else if (what == 1) {
        const PatientRef patient{static_cast<std::uint32_t>(random() % 2), static_cast<stored::PatientId>(random() % 30)};
        names.forget(patient);
        expected = those(expected, [&](const Expected& one) { return one.patient != patient; });
      } else {
        for (std::uint64_t i = random() % 20; i > 0; --i) {
          const std::uint64_t hash = (random() % 50) << 32 | random() % 3;
          const Expected one{
              {static_cast<std::uint32_t>(random() % 2), static_cast<stored::PatientId>(random() % 30)},
              std::string(random() % 12, 's'),
              std::to_string(random() % 1'000),
              hash,
              ++position,
              random() % 2 == 0 && those(expected, [&](const Expected& other) { return other.hash == hash; }).empty()};
          names.add(one.patient, {one.system, one.value}, hash, position,
                    one.first || !those(expected, [&](const Expected& other) { return other.hash == hash; }).empty());
          expected.push_back(one);
        }
      }
      std::vector<Expected> found;
      const auto note = [&](const UnfoldedNames::Entry& entry) { found.push_back(seen(entry)); };
      names.after(0, note);
      ASSERT_EQ(found, expected);
      const std::uint64_t hash = (random() % 50) << 32 | random() % 3;
      found.clear(), names.of_hash(hash, note);
      ASSERT_EQ(found, those(expected, [&](const Expected& one) { return one.hash == hash; }));
      const PatientRef patient{static_cast<std::uint32_t>(random() % 2), static_cast<stored::PatientId>(random() % 30)};
      found.clear(), names.of_patient(patient, note);
      ASSERT_EQ(found, those(expected, [&](const Expected& one) { return one.patient == patient; }));
    }
  }
}

}  // namespace
}  // namespace chartline::engine
