// The same seed, the same bytes; and what was written is read without a reject.
#include "formats/synth/population.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.h"

namespace chartline::synth {
namespace {

std::string written(const Population& population, const Population::Range& range) {
  std::string all;
  EXPECT_TRUE(population.write(range, [&](std::string_view rows) -> Result<void> { return all += rows, Result<void>(); }));
  return all;
}

std::string hash_of(const std::string& text) { return hex(hash128(text)); }

// A change of these is a change of everybody's figures: on purpose only, and told in CHANGELOG.md.
TEST(Population, BytesOfASeedArePinned) {
  const Population population({.seed = 1});
  EXPECT_EQ(hash_of(written(population, {.people = 1'000})), "39d5de6199e92e6afa2a2f5e5db6f4cf");
  EXPECT_EQ(hash_of(written(population, {.people = 1'000, .form = Form::narrow})), "b561db786fff1510f78e0501f7d5267c");
  EXPECT_EQ(hash_of(written(population, {.people = 1'000, .form = Form::people})), "3b85d2eccc26fc3cce108d44ea533e84");
}

TEST(Population, ThreadsChangeNothing) {
  const Population population({.seed = 2});
  EXPECT_EQ(written(population, {.people = 1'500, .threads = 3}), written(population, {.people = 1'500, .threads = 1}));
}

TEST(Population, AFewAreTheBeginningOfMany) {
  const Population population({.seed = 3});
  const std::string few = written(population, {.people = 300}), many = written(population, {.people = 900});
  EXPECT_TRUE(many.starts_with(few));
  const std::string rest = written(population, {.first = 301, .people = 600});
  const std::string_view head = "patient,";
  ASSERT_TRUE(rest.starts_with(head));
  EXPECT_EQ(few + rest.substr(rest.find('\n') + 1), many);
}

TEST(Population, AnotherSeedGivesOthers) {
  EXPECT_NE(written(Population({.seed = 1}), {.people = 10}), written(Population({.seed = 4}), {.people = 10}));
}

TEST(Population, DensityMakesRecordsLongerAndChangesNobody) {
  const Population usual({.seed = 5}), dense({.seed = 5, .density_percent = 1'000});
  const Population::Range who{.people = 200, .form = Form::people}, what{.people = 200, .form = Form::narrow};
  EXPECT_EQ(written(usual, who), written(dense, who));
  EXPECT_GT(written(dense, what).size(), 4 * written(usual, what).size());
}

TEST(Population, AnErrorOfTheWriterEndsItAndComesBack) {
  int pieces = 0;
  const auto ended =
      Population({.seed = 1}).write({.people = 10'000, .threads = 2}, [&](std::string_view) -> Result<void> {
        if (++pieces == 3) return unavailable("the disk is full");
        return {};
      });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message, "the disk is full");
  EXPECT_EQ(pieces, 3);
}

// What a person's record must keep to, whatever was drawn.
TEST(Population, NothingHappensBeforeBirthOrAfterDeath) {
  const Population population({.seed = 6});
  Population::Maker maker(population);
  for (std::uint64_t number = 1; number <= 3'000; ++number) {
    const Person& person = maker.person(number);
    Micros before = INT64_MIN;
    std::uint32_t superseded = 0, versions = 0;
    for (const Fact& fact : maker.facts()) {
      if (fact.kind == record::Kind::patient) continue;
      const record::Interval when = record::interval(fact.start);
      ASSERT_GT(when.past, person.birth * record::micros_per_day) << "seed 6, person " << number;
      ASSERT_LT(when.first, person.past * record::micros_per_day) << "seed 6, person " << number;
      ASSERT_LE(before, fact.start.local) << "seed 6, person " << number;
      before = fact.start.local;
      if (fact.end.form == record::End::Form::at) {
        ASSERT_GE(fact.end.at.local, fact.start.local) << "seed 6, person " << number;
      }
      if (fact.has_value) {
        ASSERT_GE(fact.value, 0) << "seed 6, person " << number;
      }
      superseded += fact.replaced, versions += fact.version == 2;
    }
    ASSERT_EQ(superseded, versions);
    ASSERT_LE(person.past, past_day);
    ASSERT_LT(person.from, person.past);
    for (std::size_t i = 1; i < person.listed.size(); ++i) ASSERT_EQ(person.listed[i].from, person.listed[i - 1].past);
  }
}

}  // namespace
}  // namespace chartline::synth
