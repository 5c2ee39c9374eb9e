#include "query/poisson.h"

#include <gtest/gtest.h>

namespace chartline::query {
namespace {

// Exact limits as tables of them print (Ulm, Am J Epidemiol 1990;131:373-5; Pearson and Hartley, Biometrika Tables, 40).
TEST(Poisson, LimitsAreThoseOfTheTables) {
  struct Row {
    std::int64_t events;
    double low, high;
  };
  for (const Row& row :
       {Row{0, 0, 3.6889}, Row{1, 0.0253, 5.5716}, Row{2, 0.2422, 7.2247}, Row{5, 1.6235, 11.6683},
        Row{10, 4.7954, 18.3904}, Row{20, 12.2165, 30.8884}, Row{50, 37.1110, 65.9183}, Row{100, 81.3640, 121.6272}}) {
    const PoissonInterval interval = poisson_interval(row.events);
    EXPECT_NEAR(interval.low, row.low, 1e-3) << row.events;
    EXPECT_NEAR(interval.high, row.high, 1e-3) << row.events;
  }
}

// For many events it is n -+ 1.96 sqrt(n), nearly.
TEST(Poisson, ManyEventsComeNearTheNormalInterval) {
  const PoissonInterval interval = poisson_interval(1'000'000);
  EXPECT_NEAR(interval.low, 1'000'000 - 1959.96, 3);
  EXPECT_NEAR(interval.high, 1'000'000 + 1959.96, 5);
}

}  // namespace
}  // namespace chartline::query
