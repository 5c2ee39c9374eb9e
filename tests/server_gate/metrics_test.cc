#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

namespace chartline::server {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreToldAsPrometheusReadsThem) {
  Metrics metrics;
  Counter& tokens = metrics.counter("chartline_logins_refused_total", "Logins refused", Label{"by", "token"});
  Counter& users = metrics.counter("chartline_logins_refused_total", "Logins refused", Label{"by", "user"});
  Gauge& connections = metrics.gauge("chartline_connections", "Connections that are open");
  ++tokens;
  users.add(5);
  connections.add(3);
  connections.add(-1);
  EXPECT_EQ(metrics.text(),
            "# HELP chartline_logins_refused_total Logins refused\n"
            "# TYPE chartline_logins_refused_total counter\n"
            "chartline_logins_refused_total{by=\"token\"} 1\n"
            "chartline_logins_refused_total{by=\"user\"} 5\n"
            "# HELP chartline_connections Connections that are open\n"
            "# TYPE chartline_connections gauge\n"
            "chartline_connections 2\n");
}

TEST(Metrics, HistogramsAddUp) {
  Metrics metrics;
  Histogram& calls = metrics.histogram("chartline_call_seconds", "Time of a call", Label{"call", "timeline"});
  for (const std::uint64_t micros : {5, 10, 11, 1500, 200'000'000}) calls.observe(micros);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# TYPE chartline_call_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("chartline_call_seconds_bucket{call=\"timeline\",le=\"1e-05\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("chartline_call_seconds_bucket{call=\"timeline\",le=\"0.002\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("chartline_call_seconds_bucket{call=\"timeline\",le=\"+Inf\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("chartline_call_seconds_sum{call=\"timeline\"} 200.001526\n"));
  EXPECT_THAT(text, HasSubstr("chartline_call_seconds_count{call=\"timeline\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("chartline_call_seconds_quantile{call=\"timeline\",quantile=\"0.99\"} 100\n"));
}

TEST(Metrics, BoundsRiseFromTenMicrosecondsToAHundredSeconds) {
  EXPECT_EQ(Histogram::bound_micros(0), 10U);
  for (std::size_t i = 1; i < Histogram::bounds; ++i)
    EXPECT_GT(Histogram::bound_micros(i), Histogram::bound_micros(i - 1));
  EXPECT_EQ(Histogram::bound_micros(Histogram::bounds - 1), 100'000'000U);
}

TEST(Metrics, QuantilesLieInTheBucketOfTheTrueOnes) {
  const unsigned seed = 3;
  std::mt19937 chance(seed);
  std::lognormal_distribution<double> usual(8, 2);
  Histogram histogram;
  std::vector<double> all;
  for (int i = 0; i < 10'000; ++i) {
    const auto micros = static_cast<std::uint64_t>(std::min(usual(chance), 9e7));
    histogram.observe(micros);
    all.push_back(static_cast<double>(micros));
  }
  std::sort(all.begin(), all.end());
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = all[static_cast<std::size_t>(q * 10'000) - 1] / 1e6, told = histogram.quantile_seconds(q);
    EXPECT_LT(told, exact * 2.5 + 1e-5) << q << ", seed " << seed;
    EXPECT_GT(told, exact / 2.5 - 1e-5) << q << ", seed " << seed;
  }
  EXPECT_EQ(Histogram().quantile_seconds(0.5), 0);
}

TEST(Metrics, LoseNothingBetweenThreads) {
  Metrics metrics;
  Counter& counter = metrics.counter("chartline_calls_total", "Calls");
  Histogram& histogram = metrics.histogram("chartline_call_seconds", "Time of a call");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 10'000; ++i) {
        ++counter;
        histogram.observe(i);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000U);
  EXPECT_EQ(histogram.count(), 40'000U);
}

}  // namespace
}  // namespace chartline::server
