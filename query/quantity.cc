#include "query/quantity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"
#include "query/units.h"

namespace chartline::query {
namespace {

using Measure = Quantity::Measure;

constexpr double infinite = std::numeric_limits<double>::infinity();

Analyte measured(const record::Event* of) {
  if (!of) return {};
  Analyte what = analyte(of->code);
  for (const record::Code& code : of->translations) {
    if (!is_known(what)) what = analyte(code);
  }
  return what;
}

// Conversions blur the last digits of a double. With twelve, what is equal by its decimals is equal in any unit: 13 g/dL is no
// less than 130 g/L. Units that begin at different zeros blur the digits of numbers near zero too.
double clear_digits(double value, bool has_offset) {
  constexpr int digits = 12, exact_power_max = 22;
  const double size = std::max(std::abs(value), has_offset ? 1.0 : 0.0);
  if (size == 0 || std::isinf(size)) return value;
  const int places = digits - 1 - static_cast<int>(std::floor(std::log10(size)));
  if (std::abs(places) > exact_power_max) return value;
  const double power = std::pow(10.0, std::abs(places));
  return places < 0 ? std::round(value / power) * power : std::round(value * power) / power;
}

// Doubles miss decimals by a last digit: 0.7 - 0.4 is below 0.3 for them. What lies so near to a number of twelve digits, of the
// size of what was reckoned with, that only rounding can be between them is that number.
double tidy(double value, double size) {
  constexpr int digits = 15, spare = 1000, exact_power_max = 22;
  size = std::max(size, std::abs(value));
  if (std::trunc(value) == value || std::isnan(value) || std::isinf(size)) return value;
  const int places = digits - 1 - static_cast<int>(std::floor(std::log10(size)));
  if (places < 0 || places > exact_power_max) return value;
  const double power = std::pow(10.0, places), whole = std::round(value * power);
  return std::fmod(whole, spare) == 0 ? whole / power : value;
}

// Keeps what each addition rounds off (Neumaier 1974).
class Sum {
 public:
  void add(double number) {
    const double next = sum_ + number;
    if (std::isfinite(next))
      lost_ += std::abs(sum_) >= std::abs(number) ? (sum_ - next) + number : (number - next) + sum_;
    sum_ = next;
    most_ = std::max({most_, std::abs(number), std::abs(next)});
  }
  double value() const { return std::isfinite(sum_) ? tidy(sum_ + lost_, most_) : sum_; }

 private:
  double sum_ = 0, lost_ = 0, most_ = 0;
};

// `of`: what is measured, where the quantity itself is of no event.
std::optional<Quantity> converted(const Quantity& quantity, const std::string& unit, const Quantity& of) {
  if (quantity.measure != Measure::unit) return std::nullopt;
  return Conversion(quantity.unit, unit, quantity.of ? quantity.of : of.of)(quantity);
}

// Both in one measure, for a comparison.
std::optional<std::pair<Quantity, Quantity>> side_by_side(const Quantity& a, const Quantity& b) {
  const bool to_second = a.of && !b.of && b.measure == Measure::unit;
  const std::optional<Quantity> moved = to_second ? alike(a, b) : alike(b, a);
  if (!moved) return std::nullopt;
  return to_second ? std::pair(*moved, b) : std::pair(a, *moved);
}

bool is_below(const Quantity& a, const Quantity& b) {
  return a.high < b.low || (a.high == b.low && (a.high_open || b.low_open));
}

// What the bounds came to, or nothing where that is no number.
std::optional<Quantity> finished(Quantity made) {
  if (std::isnan(made.low) || std::isnan(made.high)) return std::nullopt;
  if (made.low == infinite || made.high == -infinite) return std::nullopt;
  made.low += 0.0, made.high += 0.0;  // no -0
  if (made.exact()) made.low_open = made.high_open = false;
  return made;
}

struct Bound {
  double value;
  bool open;
};

// The measure of a sum: that of whichever is not plain.
Quantity measure_of(const Quantity& a, const Quantity& b) {
  Quantity made;
  const Quantity& from = a.measure == Measure::plain ? b : a;
  made.measure = from.measure, made.unit = from.unit, made.difference = from.difference;
  made.of = a.of ? a.of : b.of;
  return made;
}

// The least and the greatest of what the bounds of two give.
template <typename Combine>
void combine_bounds(Quantity& made, const Quantity& a, const Quantity& b, Combine combine) {
  made.low = infinite, made.high = -infinite;
  for (const Bound x : {Bound{a.low, a.low_open}, Bound{a.high, a.high_open}}) {
    for (const Bound y : {Bound{b.low, b.low_open}, Bound{b.high, b.high_open}}) {
      const double value = combine(x.value, y.value);
      const bool open = x.open || y.open;
      if (std::isnan(value)) continue;
      if (value < made.low || (value == made.low && !open)) made.low = value, made.low_open = open;
      if (value > made.high || (value == made.high && !open)) made.high = value, made.high_open = open;
    }
  }
}

std::pair<double, int> written(const Quantity& quantity) {
  if (quantity.low == -infinite) return {quantity.high, quantity.high_open ? -2 : -1};
  if (quantity.high == infinite) return {quantity.low, quantity.low_open ? 2 : 1};
  return {quantity.low, 0};
}

}  // namespace

Quantity exactly(double number) { return range(number, number); }

Quantity range(double low, double high) {
  Quantity made;
  made.low = low, made.high = high;
  return made;
}

Quantity quantity(const record::Value& value, const record::Event* of) {
  using record::Comparator;
  check(value.form == record::Value::Form::number, "a value that is a number");
  Quantity made = exactly(value.number.to_double());
  made.measure = value.unit.empty() ? Measure::bare : Measure::unit;
  made.unit = value.unit;
  made.of = of;
  const Comparator comparator = value.comparator;
  if (comparator == Comparator::less || comparator == Comparator::less_or_equal) made.low = -infinite;
  if (comparator == Comparator::greater || comparator == Comparator::greater_or_equal) made.high = infinite;
  made.high_open = comparator == Comparator::less;
  made.low_open = comparator == Comparator::greater;
  return made;
}

std::optional<Quantity> converted(const Quantity& quantity, const std::string& unit) {
  return converted(quantity, unit, quantity);
}

bool is_known(const Analyte& what) { return what.grams_per_mole != 0 || what.haemoglobin_a1c; }

Conversion::Conversion(const std::string& from, const std::string& to, const record::Event* of)
    : from_name_(from), to_name_(to), of_(of) {
  if (from == to) return;
  from_ = parse_unit(from), to_ = parse_unit(to);
  what_ = measured(of);
}

std::optional<double> Conversion::moved(double value, bool difference) const {
  if (std::isinf(value)) return value;  // all conversions grow with the value
  const std::optional<double> made = convert(value, *from_, *to_, what_);
  if (!made) return made;
  const double number = difference ? *made - *convert(0, *from_, *to_, what_) : *made;
  return clear_digits(number, from_->offset != 0 || to_->offset != 0);
}

std::optional<Quantity> Conversion::operator()(const Quantity& quantity) const {
  if (from_name_ == to_name_) return quantity;
  if (!from_ || !to_ || !convert(1, *from_, *to_, what_)) return std::nullopt;
  const std::optional<double> low = moved(quantity.low, quantity.difference);
  const std::optional<double> high = quantity.exact() ? low : moved(quantity.high, quantity.difference);
  if (!low || !high) return std::nullopt;
  Quantity made = quantity;
  made.low = *low, made.high = *high;
  made.unit = to_name_;
  return made;
}

std::optional<Quantity> alike(const Quantity& quantity, const Quantity& to) {
  if (quantity.measure == Measure::plain || to.measure == Measure::plain) return quantity;
  if (quantity.measure != to.measure) return std::nullopt;
  return quantity.measure == Measure::bare ? quantity : converted(quantity, to.unit, to);
}

bool same_measure(const Quantity& a, const Quantity& b) { return a.measure == b.measure && a.unit == b.unit; }

Truth equal(const Quantity& a, const Quantity& b) {
  const auto both = side_by_side(a, b);
  if (!both) return Truth::unknown;
  const auto& [x, y] = *both;
  return for_all(x.exact() && y.exact() && x.low == y.low, is_below(x, y) || is_below(y, x));
}

Truth less(const Quantity& a, const Quantity& b) {
  const auto both = side_by_side(a, b);
  if (!both) return Truth::unknown;
  const auto& [x, y] = *both;
  return for_all(is_below(x, y), x.low >= y.high);
}

std::optional<Quantity> add(const Quantity& a, const Quantity& b) {
  const std::optional<Quantity> other = alike(b, a);
  if (!other) return std::nullopt;
  Quantity made = measure_of(a, *other);
  if (a.measure != Measure::plain && b.measure != Measure::plain) made.difference = a.difference && b.difference;
  const auto sum = [](double x, double y) { return tidy(x + y, std::max(std::abs(x), std::abs(y))); };
  made.low = sum(a.low, other->low), made.low_open = a.low_open || other->low_open;
  made.high = sum(a.high, other->high), made.high_open = a.high_open || other->high_open;
  return finished(made);
}

std::optional<Quantity> subtract(const Quantity& a, const Quantity& b) {
  const std::optional<Quantity> other = alike(b, a);  // before it is turned round: units may begin at different zeros
  if (!other) return std::nullopt;
  std::optional<Quantity> made = add(a, negative(*other));
  // A level less a level is a difference; less a difference it is a level still.
  if (made && a.measure != Measure::plain && b.measure != Measure::plain)
    made->difference = a.difference == b.difference;
  return made;
}

Quantity negative(const Quantity& quantity) {
  Quantity made = quantity;
  made.low = 0 - quantity.high, made.low_open = quantity.high_open;
  made.high = 0 - quantity.low, made.high_open = quantity.low_open;
  return made;
}

std::optional<Quantity> multiply(const Quantity& a, const Quantity& b) {
  Quantity made;
  if (a.measure == Measure::plain || b.measure == Measure::plain) {
    made = measure_of(a, b);
  } else if (a.measure == Measure::unit && b.measure == Measure::unit) {
    made.measure = Measure::unit, made.unit = "(" + a.unit + ").(" + b.unit + ")";
  } else {
    made.measure = Measure::bare;
  }
  // Nothing times anything is nothing, without bound or not.
  combine_bounds(made, a, b, [](double x, double y) { return x == 0 || y == 0 ? 0 : tidy(x * y, 0); });
  return finished(made);
}

std::optional<Quantity> divide(const Quantity& a, const Quantity& b) {
  if (b.low <= 0 && b.high >= 0) return std::nullopt;
  Quantity made;
  if (b.measure == Measure::plain) {
    made = measure_of(a, b);
  } else if (b.measure == Measure::bare || a.measure == Measure::bare) {
    made.measure = Measure::bare;
  } else if (a.measure == Measure::plain) {
    made.measure = Measure::unit, made.unit = "1/(" + b.unit + ")";
  } else if (a.unit != b.unit) {
    made.measure = Measure::unit, made.unit = "(" + a.unit + ")/(" + b.unit + ")";
  }
  combine_bounds(made, a, b, [](double x, double y) { return tidy(x / y, 0); });
  return finished(made);
}

std::optional<Quantity> power(const Quantity& a, const Quantity& b) {
  if (!a.exact() || !b.exact()) return std::nullopt;
  return finished(exactly(tidy(std::pow(a.low, b.low), 0)));
}

// The greatest of the numbers below an open bound that is whole is the one before it.
Quantity floor(const Quantity& quantity) {
  Quantity made = quantity;
  made.low = std::floor(quantity.low) + 0.0;
  made.high = quantity.high_open ? std::ceil(quantity.high) - 1 : std::floor(quantity.high) + 0.0;
  made.low_open = made.high_open = false;
  return made;
}

Quantity least(const std::vector<Quantity>& all) {
  Quantity made = all.front();
  for (const Quantity& one : all) {
    if (one.low < made.low || (one.low == made.low && !one.low_open)) made.low = one.low, made.low_open = one.low_open;
    if (one.high < made.high || (one.high == made.high && one.high_open))
      made.high = one.high, made.high_open = one.high_open;
  }
  return made;
}

Quantity greatest(const std::vector<Quantity>& all) {
  std::vector<Quantity> turned;
  for (const Quantity& one : all) turned.push_back(negative(one));
  return negative(least(turned));
}

// The middle of the lower bounds and the middle of the upper ones. Of equal ones, an open upper bound is the lower number, an
// open lower bound the higher.
Quantity median(const std::vector<Quantity>& all) {
  const auto middle = [&](auto bound, bool open_first) {
    std::vector<Bound> bounds;
    for (const Quantity& one : all) bounds.push_back(bound(one));
    std::ranges::sort(bounds, {}, [&](const Bound& one) { return std::pair(one.value, one.open != open_first); });
    const Bound lower = bounds[(bounds.size() - 1) / 2], upper = bounds[bounds.size() / 2];
    const bool one = lower.value == upper.value;
    return Bound{one ? lower.value : tidy((lower.value + upper.value) / 2, 0), lower.open || upper.open};
  };
  Quantity made = all.front();
  const Bound low = middle([](const Quantity& one) { return Bound{one.low, one.low_open}; }, false);
  const Bound high = middle([](const Quantity& one) { return Bound{one.high, one.high_open}; }, true);
  made.low = low.value, made.low_open = low.open;
  made.high = high.value, made.high_open = high.open;
  if (made.exact()) made.low_open = made.high_open = false;
  return made;
}

std::optional<Quantity> weighted_sum(const std::vector<Quantity>& all, const std::vector<double>& factors) {
  check(!all.empty() && all.size() == factors.size(), "a factor for each number");
  Quantity sum = all.front();
  sum.low_open = sum.high_open = false;
  Sum low, high;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (factors[i] == 0) continue;
    const Quantity one = factors[i] < 0 ? negative(all[i]) : all[i];
    low.add(one.low * std::abs(factors[i])), sum.low_open = sum.low_open || one.low_open;
    high.add(one.high * std::abs(factors[i])), sum.high_open = sum.high_open || one.high_open;
    sum.difference = sum.difference && one.difference;
  }
  sum.low = low.value(), sum.high = high.value();
  return finished(sum);
}

bool is_lower(const Quantity& a, const Quantity& b) { return written(a) < written(b); }

}  // namespace chartline::query
