// Zones: known offsets, the edges of summer time, years beyond the time-zone data, and an independent reading of all.
#include <date/tz.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "formats/record/time.h"

namespace chartline::record {
namespace {

constexpr std::uint64_t seed = 20241027;

int offset(std::string_view zone, std::string_view local) {
  const auto found = Zone::find(zone);
  if (!found) return -9999;
  return found->offset_minutes(parse_time(local)->local);
}

bool has_time_zone_data() { return Zone::find("Europe/London").has_value(); }

class Zones : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_time_zone_data()) GTEST_SKIP() << "skipped: the system's time-zone data (tzdata) is absent";
  }
};

TEST(ZoneUtc, NeedsNoData) {
  EXPECT_EQ(Zone().name(), "UTC");
  EXPECT_EQ(Zone::find("UTC")->offset_minutes(0), 0);
}

TEST(ZoneNames, UnknownOnesAreRefusedWithoutRepeatingThem) {
  for (const char* name : {"", "Europe/Lodnon", "../../etc/passwd", "/etc/passwd", "europe/london ", "posixrules\n"}) {
    const auto zone = Zone::find(name);
    ASSERT_FALSE(zone.has_value()) << name;
    EXPECT_EQ(zone.error().fault, Fault::invalid_request);
    EXPECT_NE(zone.error().message.find("Europe/London"), std::string::npos) << "names an example";
  }
}

TEST_F(Zones, LondonsEdges) {
  EXPECT_EQ(offset("Europe/London", "2024-01-15"), 0);
  EXPECT_EQ(offset("Europe/London", "2024-07-15"), 60);
  EXPECT_EQ(offset("Europe/London", "1970-01-15"), 60) << "British Standard Time, 1968 to 1971";
  EXPECT_EQ(offset("Europe/London", "1944-07-15"), 120) << "double summer time";
  // Skipped: 01:00 to 02:00 never was; it takes the offset from before.
  EXPECT_EQ(offset("Europe/London", "2024-03-31T00:59:59"), 0);
  EXPECT_EQ(offset("Europe/London", "2024-03-31T01:00:00"), 0);
  EXPECT_EQ(offset("Europe/London", "2024-03-31T01:30:00"), 0);
  EXPECT_EQ(offset("Europe/London", "2024-03-31T02:00:00"), 60);
  // Repeated: 01:00 to 02:00 was twice; it is taken for the first.
  EXPECT_EQ(offset("Europe/London", "2024-10-27T00:59:59"), 60);
  EXPECT_EQ(offset("Europe/London", "2024-10-27T01:30:00"), 60);
  EXPECT_EQ(offset("Europe/London", "2024-10-27T01:59:59"), 60);
  EXPECT_EQ(offset("Europe/London", "2024-10-27T02:00:00"), 0);
}

TEST_F(Zones, OtherPlaces) {
  EXPECT_EQ(offset("Asia/Kolkata", "2024-07-15"), 330);
  EXPECT_EQ(offset("America/New_York", "2024-07-15"), -240);
  EXPECT_EQ(offset("America/New_York", "2024-12-15"), -300);
  EXPECT_EQ(offset("Australia/Sydney", "2024-12-15"), 660);
  EXPECT_EQ(offset("Pacific/Kiritimati", "2024-12-15"), 840);
}

TEST_F(Zones, DistantPastTakesTheFirstKnownOffset) {
  EXPECT_EQ(offset("Europe/London", "0001-01-01"), -1) << "local mean time, seconds dropped";
  EXPECT_EQ(offset("Europe/London", "1900-07-01"), 0);
}

// De-identified records are shifted by centuries; rules of today hold for them.
TEST_F(Zones, FarFutureKeepsTheRules) {
  EXPECT_EQ(offset("Europe/London", "2157-01-15"), 0);
  EXPECT_EQ(offset("Europe/London", "2157-07-15"), 60);
  // Last Sundays of March and October 2150: the 29th and the 25th.
  EXPECT_EQ(offset("Europe/London", "2150-03-29T00:59:59"), 0);
  EXPECT_EQ(offset("Europe/London", "2150-03-29T02:00:00"), 60);
  EXPECT_EQ(offset("Europe/London", "2150-10-25T01:59:59"), 60);
  EXPECT_EQ(offset("Europe/London", "2150-10-25T02:00:00"), 0);
  EXPECT_EQ(offset("America/New_York", "2104-02-29"), -300);
  EXPECT_EQ(offset("Asia/Kolkata", "9999-12-31"), 330);
}

TEST_F(Zones, AgreeWithTheDateLibrary) {
  std::mt19937_64 random(seed);
  for (const char* name :
       {"Europe/London", "Europe/Paris", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
        "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "UTC", "Etc/GMT+5"}) {
    const Zone zone = *Zone::find(name);
    const date::time_zone* judge = date::locate_zone(name);
    std::uniform_int_distribution<Micros> locals(parse_time("1925-01-01")->local, parse_time("2037-12-31")->local);
    for (int i = 0; i < 20'000; ++i) {
      const Micros local = locals(random);
      const date::local_time<std::chrono::microseconds> wall{std::chrono::microseconds{local}};
      const date::local_info info = judge->get_info(wall);
      const auto expected = std::chrono::duration_cast<std::chrono::minutes>(info.first.offset).count();
      ASSERT_EQ(zone.offset_minutes(local), expected)
          << "seed " << seed << ", " << name << " at " << print(Time{local, 0, Precision::finer});
    }
  }
}

TEST_F(Zones, EveryChangeOfEveryYearAgrees) {
  const Zone zone = *Zone::find("Europe/London");
  const date::time_zone* judge = date::locate_zone("Europe/London");
  date::sys_info info = judge->get_info(date::sys_days{date::year{1925} / 1 / 1});
  while (info.end < date::sys_days{date::year{2037} / 12 / 1}) {
    for (const int seconds : {-7201, -3601, -3600, -1, 0, 1, 3599, 3600, 7200}) {
      const auto wall = date::local_seconds{info.end.time_since_epoch() + std::chrono::seconds{seconds}};
      const std::chrono::seconds offset_there = judge->get_info(wall).first.offset;
      const auto expected = std::chrono::duration_cast<std::chrono::minutes>(offset_there).count();
      ASSERT_EQ(zone.offset_minutes(wall.time_since_epoch().count() * micros_per_second), expected)
          << "beside the change at " << print(at_instant(info.end.time_since_epoch().count() * micros_per_second));
    }
    info = judge->get_info(info.end);
  }
}

TEST_F(Zones, CopiesAreSharedBetweenThreads) {
  const Zone zone = *Zone::find("Europe/London");
  std::vector<std::thread> threads;
  std::vector<int> sums(4);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    threads.emplace_back([zone, &sum = sums[i]] {
      for (Day day = 0; day < 20'000; ++day) sum += zone.offset_minutes(day * micros_per_day);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int sum : sums) EXPECT_EQ(sum, sums[0]);
  EXPECT_GT(sums[0], 0);
}

}  // namespace
}  // namespace chartline::record
