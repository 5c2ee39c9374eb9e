// Bands of one width, counted from the one that begins at 0. What is equal by its decimals to where a band begins is in it: 0.3
// in `band(x, 0.1)` is in "0.3 to 0.4", though 0.3 / 0.1 is below 3 for doubles.
#pragma once

#include <string>

#include "formats/record/decimal.h"

namespace chartline::query {

class Bands {
 public:
  explicit Bands(const record::Decimal& width);  // above 0
  double of(double number) const;                // which band; infinite where the number is, or is too many widths away
  std::string name(double band) const;           // "40-49"; of a width that is no whole number "0.5 to 1"

 private:
  double begin(double band) const;

  record::Decimal width_;
  double size_;
};

}  // namespace chartline::query
