#include "query/poisson.h"

#include <algorithm>
#include <cmath>

namespace chartline::query {
namespace {

constexpr double tail = 0.025;

// The chance of a or more events under a mean of x: the regularised incomplete gamma function P(a, x), by its series below
// x = a + 1 and by Legendre's continued fraction above.
double chance_of_at_least(double a, double x) {
  if (x <= 0) return 0;
  const double scale = std::exp(a * std::log(x) - x - std::lgamma(a));
  constexpr double precision = 1e-15;
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > sum * precision; ++n) term *= x / n, sum += term;
    return sum * scale;
  }
  double b = x + 1 - a, c = 1e300, d = 1 / b, fraction = d;
  for (double i = 1;; ++i) {
    const double numerator = -i * (i - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= d * c;
    if (std::abs(d * c - 1) < precision || i > 1e6) return 1 - scale * fraction;
  }
}

// The mean under which a or more have this chance: it grows with the mean, so halving finds it.
double mean_with_chance(double a, double chance) {
  const double reach = 10 * std::sqrt(a) + 20;
  double low = std::max(0.0, a - reach), high = a + reach;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (chance_of_at_least(a, middle) < chance ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

PoissonInterval poisson_interval(std::int64_t events) {
  const auto n = static_cast<double>(events);
  return {.low = events == 0 ? 0 : mean_with_chance(n, tail), .high = mean_with_chance(n + 1, 1 - tail)};
}

}  // namespace chartline::query
