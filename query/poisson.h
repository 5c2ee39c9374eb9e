// The exact 95 % interval of a Poisson count (Garwood, Biometrika 1936;28:437-42): low is the mean under which so many or
// more have the chance 0.025, high the mean under which so many or fewer have.
#pragma once

#include <cstdint>

namespace chartline::query {

struct PoissonInterval {
  double low = 0, high = 0;
};
PoissonInterval poisson_interval(std::int64_t events);

}  // namespace chartline::query
