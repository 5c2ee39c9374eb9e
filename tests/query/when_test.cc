#include "query/when.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace chartline::query {
namespace {

using record::Time;

Time at(std::string_view text) { return text.empty() ? Time{} : *record::parse_time(text); }

TEST(When, BeforeIsKnownOnlyWhereEveryInstantAgrees) {
  struct Row {
    std::string_view a, b;
    Truth before;
  };
  const Row rows[] = {
      {"2024-03-30", "2024-03-31", Truth::yes},
      {"2024-03-31", "2024-03-31", Truth::unknown},
      {"2024-04-01", "2024-03-31", Truth::no},
      {"2024-03", "2024-03-31", Truth::unknown},
      {"2024-02", "2024-03-31", Truth::yes},
      {"2024", "2024-03-31", Truth::unknown},
      {"2023", "2024", Truth::yes},
      {"2024-03-31T10:00:00Z", "2024-03-31T10:00:00Z", Truth::no},
      {"2024-03-31T10:00:00Z", "2024-03-31T10:00:01Z", Truth::yes},
      {"2024-03-31T10:00:00Z", "2024-03-31", Truth::unknown},
      {"2024-03-31T00:00:00Z", "2024-03-31", Truth::unknown},
      {"2024-03-31T23:59:59.999999Z", "2024-03-31", Truth::no},
      {"", "2024-03-31", Truth::unknown},
      {"2024-03-31", "", Truth::unknown},
      {"2024-03-31T10:00:00+02:00", "2024-03-31T09:00:00Z", Truth::yes},
  };
  for (const Row& row : rows) EXPECT_EQ(before(at(row.a), at(row.b)), row.before) << row.a << " before " << row.b;
}

TEST(When, OnOrBeforeComparesDates) {
  EXPECT_EQ(on_or_before(at("2024-03-31T23:00:00Z"), at("2024-03-31T01:00:00Z")), Truth::yes);
  EXPECT_EQ(on_or_before(at("2024-04-01"), at("2024-03-31")), Truth::no);
  EXPECT_EQ(on_or_before(at("2024-03"), at("2024-03-15")), Truth::unknown);
  EXPECT_EQ(on_or_before(at("2024-03"), at("2024-03-31")), Truth::yes);
  EXPECT_EQ(same_date(at("2024-03-31T23:00:00Z"), at("2024-03-31")), Truth::yes);
  EXPECT_EQ(same_date(at("2024-03"), at("2024-03-31")), Truth::unknown);
}

TEST(When, DayWindowsAreInclusiveAtBothEnds) {
  const auto is_within = [](std::string_view time, Duration d, Side side, std::string_view anchor) {
    return within(at(time), d, side, at(anchor), Anchor::left_out, MonthEnd::roll);
  };
  using enum DurationUnit;
  EXPECT_EQ(is_within("2024-01-31", {30, days}, Side::after, "2024-01-01"), Truth::yes);
  EXPECT_EQ(is_within("2024-02-01", {30, days}, Side::after, "2024-01-01"), Truth::no);
  EXPECT_EQ(is_within("2024-01-01T08:00:00Z", {30, days}, Side::after, "2024-01-01T09:00:00Z"), Truth::yes);
  EXPECT_EQ(is_within("2023-12-31", {30, days}, Side::after, "2024-01-01"), Truth::no);
  EXPECT_EQ(is_within("2023-12-02", {30, days}, Side::before, "2024-01-01"), Truth::yes);
  EXPECT_EQ(is_within("2023-12-01", {30, days}, Side::before, "2024-01-01"), Truth::no);
  EXPECT_EQ(is_within("2023-12-02", {30, days}, Side::of, "2024-01-01"), Truth::yes);
  EXPECT_EQ(is_within("2024-01-31", {30, days}, Side::of, "2024-01-01"), Truth::yes);
  EXPECT_EQ(is_within("2024-01", {30, days}, Side::after, "2024-01-01"), Truth::yes);
  EXPECT_EQ(is_within("2024-02", {30, days}, Side::after, "2024-01-10"), Truth::unknown);
  EXPECT_EQ(is_within("2024-03-01", {1, months}, Side::after, "2024-01-31"), Truth::yes);
  EXPECT_EQ(is_within("", {1, months}, Side::after, "2024-01-31"), Truth::unknown);
  EXPECT_EQ(is_within("9999-12-31", {1, months}, Side::after, "9999-12-31"), Truth::unknown);
}

TEST(When, HourWindowsAreExactAndLeaveTheAnchorOut) {
  const auto is_within = [](std::string_view time, Side side, Anchor own) {
    return within(at(time), {6, DurationUnit::hours}, side, at("2024-01-01T12:00:00Z"), own, MonthEnd::roll);
  };
  EXPECT_EQ(is_within("2024-01-01T12:00:00Z", Side::after, Anchor::left_out), Truth::no);
  EXPECT_EQ(is_within("2024-01-01T12:00:00Z", Side::after, Anchor::included), Truth::yes);
  EXPECT_EQ(is_within("2024-01-01T18:00:00Z", Side::after, Anchor::left_out), Truth::yes);
  EXPECT_EQ(is_within("2024-01-01T18:00:00.001Z", Side::after, Anchor::left_out), Truth::no);
  EXPECT_EQ(is_within("2024-01-01T06:00:00Z", Side::before, Anchor::left_out), Truth::yes);
  EXPECT_EQ(is_within("2024-01-01T12:00:00Z", Side::before, Anchor::left_out), Truth::no);
  EXPECT_EQ(is_within("2024-01-01T06:00:00Z", Side::of, Anchor::left_out), Truth::yes);
  EXPECT_EQ(is_within("2024-01-01T12:00:00Z", Side::of, Anchor::left_out), Truth::no);
  EXPECT_EQ(is_within("2024-01-01", Side::after, Anchor::left_out), Truth::unknown);
  EXPECT_EQ(is_within("2024-01-02", Side::after, Anchor::left_out), Truth::no);
}

// Every choice of instants within a partial time, tried one by one (by the day).
TEST(When, AgreesWithTryingEveryDay) {
  std::mt19937_64 random(11);
  const std::vector<std::string_view> times = {"2024",       "2023-12",    "2024-01",    "2024-02",   "2023-12-31",
                                               "2024-01-01", "2024-01-30", "2024-02-29", "2024-03-01"};
  for (int run = 0; run < 4000; ++run) {
    const Time a = at(times[random() % times.size()]), b = at(times[random() % times.size()]);
    const Duration d{static_cast<std::int64_t>(random() % 40), random() % 2 ? DurationUnit::days : DurationUnit::months};
    const Side side = static_cast<Side>(random() % 3);
    const MonthEnd mode = static_cast<MonthEnd>(random() % 2);
    bool all = true, any = false;
    const DayExtent x = day_extent(a), y = day_extent(b);
    for (record::Day anchor = y.first; anchor <= y.last; ++anchor) {
      const record::Day low = side == Side::after ? anchor : *add(anchor, opposite(d), mode);
      const record::Day high = side == Side::before ? anchor : *add(anchor, d, mode);
      for (record::Day day = x.first; day <= x.last; ++day) {
        const bool holds = low <= day && day <= high;
        all = all && holds;
        any = any || holds;
      }
    }
    const Truth answer = within(a, d, side, b, Anchor::left_out, mode);
    EXPECT_EQ(answer, for_all(all, !any)) << run;
  }
}

TEST(Logic, IsKleenes) {
  EXPECT_EQ(both(Truth::no, Truth::unknown), Truth::no);
  EXPECT_EQ(both(Truth::yes, Truth::unknown), Truth::unknown);
  EXPECT_EQ(either(Truth::yes, Truth::unknown), Truth::yes);
  EXPECT_EQ(either(Truth::no, Truth::unknown), Truth::unknown);
  EXPECT_EQ(opposite(Truth::unknown), Truth::unknown);
  EXPECT_EQ(opposite(Truth::no), Truth::yes);
}

}  // namespace
}  // namespace chartline::query
