#include "query/band.h"

#include <cmath>

#include "query/cell.h"

namespace chartline::query {

Bands::Bands(const record::Decimal& width) : width_(width), size_(width.to_double()) {}

double Bands::begin(double band) const {
  constexpr double whole_max = 9e15;  // whole numbers are exact
  const double mantissa = width_.is_exact() ? band * static_cast<double>(width_.mantissa) : whole_max;
  if (std::abs(mantissa) >= whole_max) return band * size_ + 0.0;
  return record::decimal(static_cast<std::int64_t>(mantissa), width_.scale).to_double();
}

double Bands::of(double number) const {
  const double band = std::floor(number / size_);
  if (std::isinf(band)) return band;
  if (begin(band + 1) <= number) return band + 1;
  return begin(band) > number ? band - 1 : band;
}

std::string Bands::name(double band) const {
  const double from = begin(band);
  if (size_ == 1) return print(Cell(from));
  if (size_ == std::floor(size_)) return print(Cell(from)) + "-" + print(Cell(from + size_ - 1));
  return print(Cell(from)) + " to " + print(Cell(begin(band + 1)));
}

}  // namespace chartline::query
