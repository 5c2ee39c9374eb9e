// Quantity: a number as far as it is known, with its unit. `<0.3` is every number below 0.3; an age reckoned from a birth
// known only to the year is one of two. A comparison is yes if it holds for all of these numbers, no if for none, else
// unknown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/record/event.h"
#include "query/logic.h"
#include "query/units.h"

namespace chartline::query {

struct Quantity {
  enum class Measure : std::uint8_t {
    plain,  // a number of the query: it goes with any unit
    bare,   // recorded without a unit: it goes with numbers that have none
    unit,
  };

  double low = 0, high = 0;                  // equal: exactly that number; infinite on the side that has no bound
  bool low_open = false, high_open = false;  // the bound itself is left out
  Measure measure = Measure::plain;
  std::string unit{};
  bool difference = false;            // of two numbers with units: 'Cel' to '[degF]' is a factor then, without offset
  const record::Event* of = nullptr;  // that recorded it; its codes say what is measured

  bool exact() const { return low == high; }
};

Quantity exactly(double number);
Quantity range(double low, double high);  // both bounds possible
// Of a value that is a number.
Quantity quantity(const record::Value& value, const record::Event* of);

// Nothing where the units do not convert for what is measured, or where there is no unit.
std::optional<Quantity> converted(const Quantity& quantity, const std::string& unit);

// The same of many numbers of one unit that measure one thing.
class Conversion {
 public:
  Conversion(const std::string& from, const std::string& to, const record::Event* of);
  std::optional<Quantity> operator()(const Quantity& quantity) const;
  const std::string& from() const { return from_name_; }
  const std::string& to() const { return to_name_; }
  const record::Event* of() const { return of_; }

 private:
  std::optional<double> moved(double value, bool difference) const;

  std::string from_name_, to_name_;
  const record::Event* of_;
  std::optional<Unit> from_, to_;
  Analyte what_{};
};
bool is_known(const Analyte& what);

// A recorded number is converted to the unit that the query writes; of two recorded ones the second to the first's.
// Unknown where they do not convert, or only one of two recorded numbers has a unit.
Truth equal(const Quantity& a, const Quantity& b);
Truth less(const Quantity& a, const Quantity& b);

// In the unit of the first. Nothing where the units do not convert, for a division by what may be zero, and for what is
// beyond the doubles.
std::optional<Quantity> add(const Quantity& a, const Quantity& b);
std::optional<Quantity> subtract(const Quantity& a, const Quantity& b);
std::optional<Quantity> multiply(const Quantity& a, const Quantity& b);
std::optional<Quantity> divide(const Quantity& a, const Quantity& b);
std::optional<Quantity> power(const Quantity& a, const Quantity& b);  // of numbers known exactly; without a unit
Quantity negative(const Quantity& quantity);
Quantity floor(const Quantity& quantity);

// Of one or more numbers of one measure: bound by bound.
Quantity least(const std::vector<Quantity>& all);
Quantity greatest(const std::vector<Quantity>& all);
Quantity median(const std::vector<Quantity>& all);
// The sum of factor x number.
std::optional<Quantity> weighted_sum(const std::vector<Quantity>& all, const std::vector<double>& factors);

// The second in the measure of the first; one that is plain goes with any.
std::optional<Quantity> alike(const Quantity& quantity, const Quantity& to);
bool same_measure(const Quantity& a, const Quantity& b);  // without conversion

// The order of `lowest` and `highest`: by the number written, `<5` `<=5` `5` `>=5` `>5`. Both in one measure.
bool is_lower(const Quantity& a, const Quantity& b);

}  // namespace chartline::query
