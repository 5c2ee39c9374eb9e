// Times are read strictly, printed so that they read back, and stand for the interval in which they may lie.
#include "formats/record/time.h"

#include <date/date.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace chartline::record {
namespace {

constexpr std::uint64_t seed = 20240229;

Micros micros_of(int year, unsigned month, unsigned day, Micros of_day = 0) {
  const date::sys_days days = date::year{year} / date::month{month} / date::day{day};
  return days.time_since_epoch().count() * micros_per_day + of_day;
}

constexpr Micros at(int hour, int minute, int second = 0, Micros micros = 0) {
  return ((hour * 60 + minute) * 60 + second) * micros_per_second + micros;
}

TEST(ParseTime, ReadsEachPrecision) {
  const struct {
    const char* text;
    Time time;
  } cases[] = {
      {"2024", {micros_of(2024, 1, 1), 0, Precision::year}},
      {"2024-02", {micros_of(2024, 2, 1), 0, Precision::month}},
      {"2024-02-29", {micros_of(2024, 2, 29), 0, Precision::day}},
      {"2024-02-29T10:05", {micros_of(2024, 2, 29, at(10, 5)), 0, Precision::second}},
      {"2024-02-29 10:05", {micros_of(2024, 2, 29, at(10, 5)), 0, Precision::second}},
      {"2157-11-18 17:38:00", {micros_of(2157, 11, 18, at(17, 38)), 0, Precision::second}},
      {"2024-02-29T10:05:59Z", {micros_of(2024, 2, 29, at(10, 5, 59)), 0, Precision::second}},
      {"2024-02-29T10:05+01:00", {micros_of(2024, 2, 29, at(10, 5)), 60, Precision::second}},
      {"2024-02-29T10:05:59.5-03:30", {micros_of(2024, 2, 29, at(10, 5, 59, 500'000)), -210, Precision::finer}},
      {"2024-02-29T10:05:59.000Z", {micros_of(2024, 2, 29, at(10, 5, 59)), 0, Precision::finer}},
      {"2024-02-29T10:05:59.123456789+14:00", {micros_of(2024, 2, 29, at(10, 5, 59, 123'456)), 840, Precision::finer}},
      {"2024-02-29T10:05:59-14:00", {micros_of(2024, 2, 29, at(10, 5, 59)), -840, Precision::second}},
      {"1969-12-31T23:59:59.999999Z", {-1, 0, Precision::finer}},
      {"0001-01-01", {micros_of(1, 1, 1), 0, Precision::day}},
      {"9999-12-31T23:59:59.999999Z", {micros_of(9999, 12, 31, at(23, 59, 59, 999'999)), 0, Precision::finer}},
  };
  for (const auto& [text, time] : cases) EXPECT_EQ(parse_time(text), time) << text;
}

TEST(ParseTime, TakesTheDefaultOffsetOnlyWhereNoneIsWritten) {
  EXPECT_EQ(parse_time("2024-06-01", 60)->offset_minutes, 60);
  EXPECT_EQ(parse_time("2024-06-01 10:00:00", 60)->offset_minutes, 60);
  EXPECT_EQ(parse_time("2024-06-01T10:00:00Z", 60)->offset_minutes, 0);
  EXPECT_EQ(parse_time("2024-06-01T10:00:00-05:00", 60)->offset_minutes, -300);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "0",
                           "024",
                           "02024",
                           "0000",
                           "0000-01-01",
                           "-2024",
                           "+2024",
                           "2024-",
                           "2024-0",
                           "2024-00",
                           "2024-13",
                           "2024-2",
                           "2024-02-",
                           "2024-02-0",
                           "2024-02-00",
                           "2024-02-30",
                           "2023-02-29",
                           "1900-02-29",
                           "2024-04-31",
                           "2024-2-1",
                           "20240229",
                           "2024/02/29",
                           "29/02/2024",
                           "2024-02-29 ",
                           " 2024-02-29",
                           "2024-02-29Z",
                           "2024-02-29+01:00",
                           "2024Z",
                           "2024T10:00",
                           "2024-02T10:00",
                           "2024-02-29T",
                           "2024-02-29T1",
                           "2024-02-29T10",
                           "2024-02-29T10:",
                           "2024-02-29T10:0",
                           "2024-02-29t10:00",
                           "2024-02-29  10:00",
                           "2024-02-29T24:00",
                           "2024-02-29T24:00:00",
                           "2024-02-29T10:60",
                           "2024-02-29T10:00:60",
                           "2024-02-29T10:00:6",
                           "2024-02-29T10:00:00.",
                           "2024-02-29T10:00:00,5",
                           "2024-02-29T10:00:00.1234567890",
                           "2024-02-29T10:00:00z",
                           "2024-02-29T10:00:00 Z",
                           "2024-02-29T10:00:00+1:00",
                           "2024-02-29T10:00:00+0100",
                           "2024-02-29T10:00:00+01",
                           "2024-02-29T10:00:00+14:01",
                           "2024-02-29T10:00:00-15:00",
                           "2024-02-29T10:00:00+01:60",
                           "2024-02-29T10:00:00ZZ",
                           "2024-02-29T10:00:00.5.5",
                           "2024-02-29T10.5",
                           "2024-02-29T-1:00",
                           "2024-02-29T1a:00",
                           "２０２４",
                           "NaN",
                           "2024-W09",
                           "2024-060",
                           "2024-02-29T10:00:00.+01:00"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_time(std::string_view("2024\0", 5)), std::nullopt);
}

// Days, and seconds without an offset, are read eight characters at once; with an offset they are not, and say the same. One character is any other.
TEST(Time, IsReadAlikeHoweverItIsWritten) {
  std::mt19937 random(20261127);
  std::size_t good = 0;
  for (int i = 0; i < 200'000; ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "%04u-%02u-%02u %02u:%02u:%02u", static_cast<unsigned>(random() % 9'999 + 1),
                  static_cast<unsigned>(random() % 13), static_cast<unsigned>(random() % 32),
                  static_cast<unsigned>(random() % 25), static_cast<unsigned>(random() % 61),
                  static_cast<unsigned>(random() % 61));
    std::string moment = text;
    if (random() % 2 == 0)
      moment[random() % moment.size()] = static_cast<char>(random() % 2 == 0 ? random() % 256 : "0T9-:/"[random() % 6]);
    const std::optional<Time> second = parse_time(moment, 0);
    ASSERT_EQ(second, parse_time(moment + "+00:00")) << moment;
    good += second ? 1 : 0;
    const std::string date = moment.substr(0, 10);
    std::optional<Time> midnight = parse_time(date + " 00:00");
    if (midnight) midnight->precision = Precision::day;
    ASSERT_EQ(parse_time(date), midnight) << date;
  }
  EXPECT_GT(good, 50'000u);
}

TEST(ParseTime, SurvivesEveryPrefixAndEveryByte) {
  const std::string whole = "2024-02-29T10:05:59.123456-03:30";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    // A copy of its own length, so that a sanitizer sees any step beyond the end.
    const std::string prefix = whole.substr(0, length);
    static_cast<void>(parse_time(prefix));
  }
  for (std::size_t place = 0; place < whole.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = whole;
      text[place] = static_cast<char>(byte);
      const auto time = parse_time(text);
      if (!time) continue;
      EXPECT_EQ(parse_time(print(*time)), time) << text;
    }
  }
}

TEST(PrintTime, WritesWhatIsKnown) {
  for (const char* text : {"2024", "2024-02", "2024-02-29", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00+01:00",
                           "2024-02-29T10:00:00-09:30", "2024-02-29T10:00:00.500Z", "2024-02-29T10:00:00.000Z",
                           "2024-02-29T10:00:00.000001+14:00", "1834-07-02T03:04:05.678Z", "0001-01-01T00:00:00Z"}) {
    EXPECT_EQ(print(parse_time(text).value()), text);
  }
  EXPECT_EQ(print(Time{}), "");
  EXPECT_EQ(print(*parse_time("2024-02-29", 60)), "2024-02-29");
  std::string out = "at ";
  print_to(out, *parse_time("2024"));
  EXPECT_EQ(out, "at 2024");
}

TEST(PrintTime, ReadsBackEqual) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<Micros> locals(micros_of(1, 1, 1), micros_of(9999, 12, 31, micros_per_day - 1));
  std::uniform_int_distribution<int> offsets(-840, 840);
  std::uniform_int_distribution<int> precisions(1, 5);
  for (int i = 0; i < 200'000; ++i) {
    const Micros local = locals(random);
    const auto offset = static_cast<std::int16_t>(offsets(random));
    const auto precision = static_cast<Precision>(precisions(random));
    const CivilDay date = civil(Time{.local = local}.day());
    Time time{.local = local, .offset_minutes = offset, .precision = precision};
    switch (precision) {
      case Precision::year: time.local = micros_of(date.year, 1, 1); break;
      case Precision::month: time.local = micros_of(date.year, date.month, 1); break;
      case Precision::day: time.local = micros_of(date.year, date.month, date.day); break;
      case Precision::second:
        time.local -= ((local % micros_per_second) + micros_per_second) % micros_per_second;
        break;
      default: break;
    }
    ASSERT_TRUE(is_normal(time)) << "seed " << seed << ", " << print(time);
    ASSERT_EQ(parse_time(print(time), offset), time) << "seed " << seed << ", " << print(time);
    if (precision >= Precision::second) {
      ASSERT_EQ(parse_time(print(time)), time) << "seed " << seed;
    }
  }
}

TEST(Calendar, AgreesWithTheDateLibraryOnEveryDayOfTwelveThousandYears) {
  const auto first = date::sys_days{date::year{-2000} / 1 / 1}.time_since_epoch().count();
  const auto last = date::sys_days{date::year{10000} / 1 / 1}.time_since_epoch().count();
  for (int day = first; day <= last; ++day) {
    const date::year_month_day expected{date::sys_days{date::days{day}}};
    const CivilDay date = civil(day);
    ASSERT_EQ(date.year, static_cast<int>(expected.year()));
    ASSERT_EQ(date.month, static_cast<unsigned>(expected.month()));
    ASSERT_EQ(date.day, static_cast<unsigned>(expected.day()));
    ASSERT_EQ(days_from_civil(date.year, date.month, date.day), day);
  }
}

TEST(Calendar, KnowsWhichDatesExist) {
  for (int year : {1900, 1999, 2000, 2023, 2024, 2100}) {
    for (unsigned month = 0; month <= 13; ++month) {
      for (unsigned day = 0; day <= 32; ++day) {
        ASSERT_EQ(is_civil(year, month, day), (date::year{year} / date::month{month} / date::day{day}).ok());
      }
    }
  }
}

TEST(TimeDay, RoundsDownBefore1970) {
  EXPECT_EQ(Time{.local = 0}.day(), 0);
  EXPECT_EQ(Time{.local = -1}.day(), -1);
  EXPECT_EQ(Time{.local = -micros_per_day}.day(), -1);
  EXPECT_EQ(Time{.local = -micros_per_day - 1}.day(), -2);
  EXPECT_EQ(Time{.local = micros_per_day - 1}.day(), 0);
}

TEST(TimeInterval, SpansWhatIsNotKnown) {
  const struct {
    const char* text;
    const char* first;
    const char* past;
  } cases[] = {
      {"2024", "2024-01-01T00:00Z", "2025-01-01T00:00Z"},
      {"2024-02", "2024-02-01T00:00Z", "2024-03-01T00:00Z"},
      {"2024-12", "2024-12-01T00:00Z", "2025-01-01T00:00Z"},
      {"1960-12", "1960-12-01T00:00Z", "1961-01-01T00:00Z"},
      {"2024-02-29", "2024-02-29T00:00Z", "2024-03-01T00:00Z"},
      {"2024-02-29T10:00:00+01:00", "2024-02-29T09:00:00Z", "2024-02-29T09:00:01Z"},
      {"2024-02-29T10:00:00.5Z", "2024-02-29T10:00:00.5Z", "2024-02-29T10:00:00.500001Z"},
  };
  for (const auto& [text, first, past] : cases) {
    const Interval span = interval(*parse_time(text));
    EXPECT_EQ(span.first, parse_time(first)->instant()) << text;
    EXPECT_EQ(span.past, parse_time(past)->instant()) << text;
  }
  const Interval summer_day = interval(*parse_time("2024-06-01", 60));
  EXPECT_EQ(summer_day.first, parse_time("2024-05-31T23:00Z")->instant());
  EXPECT_EQ(summer_day.past, parse_time("2024-06-01T23:00Z")->instant());
  EXPECT_EQ(interval(Time{}).first, std::numeric_limits<Micros>::min());
  EXPECT_EQ(interval(Time{}).past, std::numeric_limits<Micros>::max());
}

TEST(TimeIsNormal, RefusesWhatStoredBytesMightHold) {
  EXPECT_TRUE(is_normal(Time{}));
  const Micros noon = micros_of(2024, 2, 29, at(12, 0));
  for (const Time& time :
       {Time{1, 0, Precision::none}, Time{0, 60, Precision::none}, Time{noon, 0, Precision::year},
        Time{micros_of(2024, 2, 1), 0, Precision::year}, Time{micros_of(2024, 2, 29), 0, Precision::month},
        Time{noon, 0, Precision::day}, Time{noon + 1, 0, Precision::second}, Time{noon, 841, Precision::finer},
        Time{noon, -841, Precision::finer}, Time{micros_of(1, 1, 1) - 1, 0, Precision::finer},
        Time{micros_of(10000, 1, 1), 0, Precision::year}, Time{noon, 0, static_cast<Precision>(6)},
        Time{std::numeric_limits<Micros>::min(), 0, Precision::finer},
        Time{std::numeric_limits<Micros>::max(), 0, Precision::finer}}) {
    EXPECT_FALSE(is_normal(time)) << time.local << " " << time.offset_minutes << " " << static_cast<int>(time.precision);
  }
}

TEST(MakeTime, FromDaysAndInstants) {
  EXPECT_EQ(day_time(days_from_civil(2024, 2, 29), 60), *parse_time("2024-02-29", 60));
  EXPECT_EQ(at_instant(parse_time("2024-02-29T10:00:00Z")->instant(), 60), *parse_time("2024-02-29T11:00:00+01:00"));
  EXPECT_EQ(at_instant(-1), *parse_time("1969-12-31T23:59:59.999999Z"));
  EXPECT_EQ(at_instant(-micros_per_second), *parse_time("1969-12-31T23:59:59Z"));
}

TEST(Ends, HaveNames) {
  EXPECT_EQ(name(End::Form::point), "point");
  EXPECT_EQ(name(End::Form::unknown), "unknown");
  EXPECT_EQ(name(Precision::none), "none");
  EXPECT_EQ(name(Precision::finer), "finer");
}

}  // namespace
}  // namespace chartline::record
