// What a population looks like, beside what was published (docs/synth.md): 40,000 people of one seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "formats/synth/population.h"

namespace chartline::synth {
namespace {

constexpr std::uint64_t people = 40'000;
constexpr record::Day last_day = past_day - 1;

struct Seen {
  std::array<double, 19> ages{};  // of those on a list on the last day, by bands of five years
  std::uint64_t on_a_list = 0, women = 0, dead = 0, moved = 0, corrected = 0, withdrawn = 0, vague = 0, timed = 0,
                dated = 0;
  std::array<std::array<std::uint64_t, 111>, condition_count> having{};  // of those on a list, by age
  std::array<std::uint64_t, 111> of_age{};
  std::vector<std::uint64_t> lengths;
  std::map<CodeId, std::uint64_t> codes;
  std::map<CodeId, std::pair<std::uint64_t, double>> values;
  std::set<Source> sources;
  std::array<std::uint64_t, record::kind_count> kinds{};
};

const Population& population() {
  static const Population made({.seed = 1});
  return made;
}

const Seen& seen() {
  static const Seen all = [] {
    Seen s;
    Population::Maker maker(population());
    for (std::uint64_t number = 1; number <= people; ++number) {
      const Person& person = maker.person(number);
      const std::span<const Fact> facts = maker.facts();
      s.lengths.push_back(facts.size());
      s.dead += person.death.has_value();
      s.moved += person.listed.size() > 1;
      std::set<CodeId> diagnosed;
      for (const Fact& fact : facts) {
        ++s.kinds[static_cast<std::size_t>(fact.kind)];
        s.sources.insert(fact.source);
        s.corrected += fact.status == record::Status::corrected,
            s.withdrawn += fact.status == record::Status::entered_in_error;
        s.vague += fact.start.precision == record::Precision::year;
        s.dated += fact.start.precision == record::Precision::day,
            s.timed += fact.start.precision == record::Precision::second;
        if (fact.code != 0) ++s.codes[fact.code];
        if (fact.kind == record::Kind::condition) diagnosed.insert(fact.code);
        if (fact.has_value) ++s.values[fact.code].first, s.values[fact.code].second += static_cast<double>(fact.value);
      }
      if (person.past != past_day) continue;
      const auto age = static_cast<std::size_t>(std::min(person.age(last_day), 110));
      ++s.on_a_list, s.women += person.sex == Sex::female;
      ++s.ages[std::min<std::size_t>(age / 5, 18)], ++s.of_age[age];
      for (std::size_t c = 0; c < condition_count; ++c) {
        const auto& codes = population().catalogue().conditions()[c].codes;
        s.having[c][age] += std::ranges::any_of(codes, [&](CodeId code) { return diagnosed.contains(code); });
      }
    }
    std::ranges::sort(s.lengths);
    return s;
  }();
  return all;
}

double percent_of(ConditionId condition, std::size_t from_age) {
  double having = 0, of = 0;
  for (std::size_t age = from_age; age <= 110; ++age)
    having += static_cast<double>(seen().having[static_cast<std::size_t>(condition)][age]),
        of += static_cast<double>(seen().of_age[age]);
  return 100 * having / of;
}

double mean_of(MeasureId measure) {
  const auto& [count, sum] = seen().values.at(population().catalogue().measure(measure).code);
  return sum / static_cast<double>(count);
}

TEST(Shapes, TheAgePyramid) {
  for (std::size_t band = 0; band < 19; ++band) {
    double expected = 0;
    for (int age = static_cast<int>(band) * 5; age < (band == 18 ? ages : static_cast<int>(band) * 5 + 5); ++age)
      expected += (living_of_a_million(Sex::female, age) + living_of_a_million(Sex::male, age)) / 1e4;
    EXPECT_NEAR(100 * seen().ages[band] / static_cast<double>(seen().on_a_list), expected, 0.45) << "from " << band * 5;
  }
  EXPECT_NEAR(static_cast<double>(seen().women) / static_cast<double>(seen().on_a_list), 0.51, 0.01);
}

// Percent of those of an age on a list on the last day, beside the registers of English general practice, 2022/23.
TEST(Shapes, PrevalenceOfLongTermConditions) {
  struct Published {
    ConditionId condition;
    std::size_t from_age;
    double percent;
  };
  using enum ConditionId;
  for (const auto& [condition, from_age, percent] : std::initializer_list<Published>{{hypertension, 0, 14.4},
                                                                                     {asthma, 6, 6.5},
                                                                                     {copd, 0, 1.8},
                                                                                     {kidney, 18, 4.2},
                                                                                     {heart, 0, 3.0},
                                                                                     {fibrillation, 0, 2.1},
                                                                                     {failure, 0, 1.0},
                                                                                     {stroke, 0, 1.8},
                                                                                     {depression, 18, 13.2},
                                                                                     {dementia, 0, 0.7},
                                                                                     {epilepsy, 18, 0.8},
                                                                                     {cancer, 0, 3.6},
                                                                                     {psychosis, 0, 1.0},
                                                                                     {arthritis, 16, 0.8},
                                                                                     {thyroid, 0, 3.6},
                                                                                     {arteries, 0, 0.6}})
    EXPECT_NEAR(percent_of(condition, from_age) / percent, 1, 0.17)
        << population().catalogue().conditions()[static_cast<std::size_t>(condition)].name;
  EXPECT_NEAR(percent_of(diabetes_1, 17) + percent_of(diabetes_2, 17), 7.5, 0.8);
}

// About 100 events each; half of the people have few of them, one in a hundred has six times as many, and a few some
// thousands.
TEST(Shapes, RecordsHaveAHeavyTail) {
  const auto& lengths = seen().lengths;
  double all = 0, of_the_longest_tenth = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    all += static_cast<double>(lengths[i]);
    if (i >= lengths.size() / 10 * 9) of_the_longest_tenth += static_cast<double>(lengths[i]);
  }
  EXPECT_NEAR(all / people, 105, 10);
  EXPECT_LT(lengths[people / 2], 60u);
  EXPECT_GT(lengths[people / 100 * 99], 600u);
  EXPECT_GT(lengths.back(), 6'000u);
  EXPECT_GT(of_the_longest_tenth / all, 0.4);
}

TEST(Shapes, CodesFallByRank) {
  std::vector<std::uint64_t> counts;
  for (const auto& [code, count] : seen().codes) counts.push_back(count);
  std::ranges::sort(counts, std::greater());
  EXPECT_GT(counts.size(), 5'500u);
  const auto times = [&](std::size_t rank) { return static_cast<double>(counts[rank - 1]); };
  EXPECT_GT(times(1) / times(100), 50);
  EXPECT_GT(times(100) / times(1'000), 5);
  EXPECT_GT(times(1'000) / times(5'000), 3);
}

TEST(Shapes, WhatIsMeasuredIsWhatIsUsual) {
  EXPECT_NEAR(mean_of(MeasureId::systolic), 133, 6);
  EXPECT_NEAR(mean_of(MeasureId::hba1c), 54, 5);         // most are of people with diabetes
  EXPECT_NEAR(mean_of(MeasureId::haemoglobin), 134, 5);  // tenths
  EXPECT_NEAR(mean_of(MeasureId::temperature), 368, 2);
}

TEST(Shapes, EverythingThatARecordCanHaveIsThere) {
  using enum record::Kind;
  for (const record::Kind kind :
       {patient, registration, encounter, condition, observation, medication, procedure, immunization, referral, death})
    EXPECT_GT(seen().kinds[static_cast<std::size_t>(kind)], people / 40) << record::name(kind);
  EXPECT_EQ(seen().sources.size(), source_count);
  EXPECT_GT(seen().corrected, people / 50);
  EXPECT_GT(seen().withdrawn, people / 500);
  EXPECT_GT(seen().vague, people / 50);
  EXPECT_GT(seen().dated, seen().timed / 5);
  EXPECT_NEAR(static_cast<double>(seen().dead) / people, 0.2, 0.03);
  EXPECT_GT(seen().moved, people / 4);
}

}  // namespace
}  // namespace chartline::synth
