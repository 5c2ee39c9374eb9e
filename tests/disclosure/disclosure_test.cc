// How one figure is controlled: what is suppressed, how it is rounded, and what its noise hides.
#include "query/disclosure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/disclosure/planner.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using engine::Disclosure;
constexpr Disclosure modes[] = {Disclosure::nhs_hes, Disclosure::opensafely, Disclosure::midpoint6};

const engine::ProjectKey key = made_key(1);
DisclosureControl control(Disclosure mode, std::int64_t cells = 1) { return {mode, key, "count old", cells}; }
Key group(std::int64_t number) { return {number}; }

TEST(Disclosure, SevenAndFewerAreSuppressedAndNobodyToo) {
  for (const Disclosure mode : modes) {
    for (std::int64_t cell = 0; cell < 200; ++cell) {
      for (std::int64_t people = 0; people <= 7; ++people)
        EXPECT_FALSE(control(mode).people(people, group(cell), "patients")) << people;
    }
  }
}

TEST(Disclosure, OthersAreRoundedToFiveOrToTheMiddleOfSix) {
  for (const Disclosure mode : modes) {
    for (std::int64_t people = 8; people < 500; ++people) {
      const auto told = control(mode).people(people, group(people), "patients");
      if (!told) continue;
      EXPECT_GT(*told, 7);
      EXPECT_EQ(mode == Disclosure::midpoint6 ? (*told + 3) % 6 : *told % 5, 0);
      EXPECT_LT(std::abs(*told - people), 40);
    }
  }
}

TEST(Disclosure, EightAreSometimesSuppressedAndManyNever) {
  int eight = 0;
  for (std::int64_t cell = 0; cell < 1000; ++cell) {
    eight += control(Disclosure::nhs_hes).people(8, group(cell), "patients").has_value();
    EXPECT_TRUE(control(Disclosure::nhs_hes).people(100, group(cell), "patients"));
  }
  EXPECT_GT(eight, 500);
  EXPECT_LT(eight, 750);
}

TEST(Disclosure, TheSameCellAlwaysHasTheSameNoise) {
  int different = 0;
  for (std::int64_t cell = 0; cell < 100; ++cell) {
    const auto told = control(Disclosure::nhs_hes).people(50, group(cell), "patients");
    EXPECT_EQ(told, control(Disclosure::nhs_hes).people(50, group(cell), "patients"));
    const engine::ProjectKey other = made_key(2);
    different +=
        told != DisclosureControl(Disclosure::nhs_hes, other, "count old", 1).people(50, group(cell), "patients");
    different +=
        told != DisclosureControl(Disclosure::nhs_hes, key, "count young", 1).people(50, group(cell), "patients");
    different += told != control(Disclosure::nhs_hes).people(50, group(cell), "persons");
  }
  EXPECT_GT(different, 60);  // of another project, another question, another figure
}

// Whoever knows all but one of the people cannot tell from the figure whether that one is among them: no figure is much
// likelier with them than without.
TEST(Disclosure, OnePersonMakesNoFigureMuchLikelier) {
  constexpr std::int64_t draws = 60'000;
  for (const Disclosure mode : modes) {
    std::map<std::optional<std::int64_t>, double> without, with;
    for (std::int64_t cell = 0; cell < draws; ++cell) {
      ++without[control(mode).people(22, group(cell), "patients")];
      ++with[control(mode).people(23, group(cell + draws), "patients")];
    }
    for (const auto& [figure, times] : without) {
      if (times < 2000) continue;
      EXPECT_LT(times / with[figure], 1.8) << figure.value_or(0);
      EXPECT_LT(with[figure] / times, 1.8) << figure.value_or(0);
    }
  }
}

// Noise of many cells of one person has a mean that says no more than one cell does.
TEST(Disclosure, TheMeanOfManyCellsTellsNoMoreThanOne) {
  constexpr std::int64_t cells = 400;
  double square = 0;
  constexpr int times = 60;
  for (int i = 0; i < times; ++i) {
    const DisclosureControl many(Disclosure::nhs_hes, key, "measure " + std::to_string(i), cells);
    double mean = 0;
    for (std::int64_t cell = 0; cell < cells; ++cell)
      mean += static_cast<double>(*many.people(5000, group(cell), "n")) / cells;
    square += (mean - 5000) * (mean - 5000) / times;
  }
  EXPECT_GT(std::sqrt(square), 2.0);  // one cell by itself: 2.7
}

TEST(Share, OfThoseWhoBringMostCountsWhatTheEighthBrings) {
  Share share;
  for (const std::int64_t one : {5, 900, 3, 4, 1, 2, 6, 7, 8, 0}) share.add(one);
  EXPECT_EQ(share.people(), 9);
  EXPECT_EQ(share.eighth(), 2);
  EXPECT_EQ(share.cut_sum(), 8 * 2 + 1);
  Share a, b;
  for (const std::int64_t one : {5, 900, 3, 4}) a.add(one);
  for (const std::int64_t one : {1, 2, 6, 7, 8, 0}) b.add(one);
  a.merge(b);
  EXPECT_EQ(a, share);
}

TEST(Disclosure, NobodyIsToldByTheirManyEvents) {
  Share few, many;
  for (int i = 0; i < 7; ++i) few.add(1000);
  for (int i = 0; i < 40; ++i) many.add(2);
  EXPECT_FALSE(control(Disclosure::nhs_hes).amount(few, group(1), "events"));
  const auto before = control(Disclosure::nhs_hes).amount(many, group(1), "events");
  many.add(100'000);
  const auto after = control(Disclosure::nhs_hes).amount(many, group(1), "events");
  ASSERT_TRUE(before && after);
  EXPECT_LE(std::abs(*before - *after), 5);
  EXPECT_LT(std::abs(*before - 80), 60);
}

// -- what a question is

std::string identity(std::string_view text) {
  SmallStore small;
  const auto prepared = prepare(small.store(), text, {});
  EXPECT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(prepared->complaints.empty()) << render(prepared->complaints, text);
  return identity_of(*prepared->program->query.statements.back(), *prepared->program, INT64_MAX);
}

TEST(Identity, IsOfWhatItIsUnderstoodBy) {
  SmallStore small;
  const auto prepared = prepare(small.store(), "count birth + 1mo = 1949-03-01", {});
  const Program& program = *prepared.value().program;
  Program clamped = program, newer = program;
  clamped.month_end = MonthEnd::clamp, newer.terminology = "omop@8";
  const auto of = [&](const Program& one) { return identity_of(*program.query.statements.back(), one, INT64_MAX); };
  EXPECT_NE(of(program), of(clamped));
  EXPECT_NE(of(program), of(newer));
}

TEST(Identity, IsOfTheQuestionAndNotOfItsLayout) {
  const std::string once = identity("let e = condition[local:a]\ncount exists e as x with (procedure[*] after x)");
  EXPECT_EQ(once, identity("let e = condition[ local:a ] # words\n"
                           "count exists condition[*] as y with (medication[*] after y)\nlet unused = 4\n"
                           "count  exists e as x with (procedure[*] after x)"));
  EXPECT_NE(once, identity("let e = condition[local:b]\ncount exists e as x with (procedure[*] after x)"));
  EXPECT_EQ(identity("let e = exists condition[local:a]\ncount e and e"),
            identity("let e = exists condition[local:a]\ncount e and (e)"));
  EXPECT_NE(identity("let e = exists condition[local:a]\ncount e and e"),
            identity("let e = exists condition[local:b]\ncount e and e"));
  EXPECT_NE(identity("param d = 1\ncount count(condition[*]) > d"),
            identity("param d = 2\ncount count(condition[*]) > d"));
  EXPECT_NE(identity("codes d = local:a\ncount exists condition[d]"),
            identity("codes d = local:b\ncount exists condition[d]"));
  EXPECT_NE(identity("count exists document[*] where contains(text, '$x')"),
            identity("count exists document[*] where contains(text, '$y')"));
  EXPECT_NE(identity("count ends_with('$901', '1')"), identity("count ends_with('$902', '1')"));
  const std::string cohort = "let a = exists condition[local:a]\ncohort c per condition[*] as ix = a\n";
  EXPECT_NE(identity(cohort + "incidence condition[*] after ix in c"),
            identity("let a = exists condition[local:b]\ncohort c per condition[*] as ix = a\nincidence condition[*] "
                     "after ix in c"));
}

}  // namespace
}  // namespace chartline::query
