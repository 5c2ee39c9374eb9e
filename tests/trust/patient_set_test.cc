// Against std::set, over seeded random changes.
#include "engine/trust/patient_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace chartline::engine {
namespace {

using Model = std::set<PatientRef>;

void expect_same(const PatientSet& set, const Model& model, std::mt19937_64& random) {
  ASSERT_EQ(set.size(), model.size());
  ASSERT_EQ(set.all(), std::vector<PatientRef>(model.begin(), model.end()));
  for (int i = 0; i < 20; ++i) {
    const PatientRef some{static_cast<std::uint32_t>(random() % 3), static_cast<std::uint32_t>(random() % 15'000)};
    ASSERT_EQ(set.contains(some), model.contains(some));
    const PatientSet::Block block = set.block(some.shard, some.id / stored::block_patients);
    ASSERT_EQ(block[some.id % stored::block_patients], model.contains(some));
    const std::uint32_t past = some.id + static_cast<std::uint32_t>(random() % 9'000);
    const auto begin = model.lower_bound(some), end = model.lower_bound({some.shard, past});
    ASSERT_EQ(set.count(some.shard, some.id, past), std::distance(begin, end));
  }
}

TEST(PatientSet, IsASet) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    PatientSet sets[2];
    Model models[2];
    for (int which = 0; which < 2; ++which) {
      if (random() % 2) {
        const std::vector<std::uint32_t> given = {static_cast<std::uint32_t>(random() % 10'000), 4'096};
        sets[which] = PatientSet(given);
        for (std::uint32_t shard = 0; shard < given.size(); ++shard) {
          for (std::uint32_t id = 0; id < given[shard]; ++id) models[which].insert({shard, id});
        }
      }
      for (int i = 0; i < 200; ++i) {
        const PatientRef some{static_cast<std::uint32_t>(random() % 3), static_cast<std::uint32_t>(random() % 12'000)};
        if (random() % 2) {
          sets[which].add(some), models[which].insert(some);
        } else {
          sets[which].remove(some), models[which].erase(some);
        }
      }
      expect_same(sets[which], models[which], random);
    }
    sets[0].keep(sets[1]);
    std::erase_if(models[0], [&](PatientRef one) { return !models[1].contains(one); });
    expect_same(sets[0], models[0], random);
  }
}

TEST(PatientSet, IsNobodyUnlessSaid) {
  EXPECT_EQ(PatientSet().size(), 0u);
  EXPECT_FALSE(PatientSet().contains({0, 0}));
  EXPECT_TRUE(PatientSet().all().empty());
  EXPECT_TRUE(PatientSet().block(3, 7).none());
}

}  // namespace
}  // namespace chartline::engine
