// Folds: what many events come to. What is missing is left out; of nothing a count is 0, and all else is missing.
#include <algorithm>

#include "query/reference/evaluator_parts.h"
#include "query/when.h"

namespace chartline::query {

using record::Time;
using typed::Node;
using typed::Op;

namespace {

// Equal values have equal keys: dates by the day, instants by the instant, numbers with their units, codes by the primary.
std::string key(const Value& value, bool as_date) {
  struct Visitor {
    bool as_date;
    std::string operator()(Missing) const { return ""; }
    std::string operator()(Truth truth) const { return std::string(name(truth)); }
    std::string operator()(const Quantity& number) const {
      return print(Cell(number.low)) + (number.low_open ? " (" : " [") + print(Cell(number.high)) +
             (number.high_open ? ") " : "] ") + number.unit;
    }
    std::string operator()(const Time& time) const {
      const bool day = as_date || time.precision < record::Precision::second;
      return day ? record::print(time) : std::to_string(time.instant());
    }
    std::string operator()(const Duration& duration) const { return print(duration); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const Codings& codings) const {
      return std::string(codings.primary.system) + ":" + std::string(codings.primary.code);
    }
    std::string operator()(const DateRange& range) const {
      return record::print(range.from) + ".." + record::print(range.to);
    }
    std::string operator()(const Item& item) const { return std::to_string(item.place); }
  };
  return std::to_string(value.index()) + std::visit(Visitor{as_date}, value);
}

Value or_missing(const std::optional<Quantity>& number) { return number ? Value(*number) : Missing{}; }

}  // namespace

// The change in a day of the straight line through the points that is nearest by least squares:
// sum((n x - sum x) y) / (n sum(x^2) - (sum x)^2), both from the first point on, so that whole numbers stay exact.
std::optional<Quantity> slope(std::vector<Quantity> values, const std::vector<Time>& times) {
  const auto n = static_cast<double>(times.size());
  std::vector<double> days;
  double sum = 0, squares = 0;
  for (const Time& time : times) {
    const double day = static_cast<double>(time.instant() - times.front().instant()) / record::micros_per_day;
    days.push_back(day);
    sum += day, squares += day * day;
  }
  const double spread = n * squares - sum * sum;
  if (spread <= 0) return std::nullopt;
  const double first = values.front().exact() ? values.front().low : 0;
  for (Quantity& value : values) value.low -= first, value.high -= first;
  for (double& day : days) day = n * day - sum;
  const std::optional<Quantity> made = weighted_sum(values, days);
  if (!made) return std::nullopt;
  // A number for itself: what it is a change of is known to who asks.
  Quantity plain = range(made->low, made->high);
  plain.low_open = made->low_open, plain.high_open = made->high_open;
  return divide(plain, exactly(spread));
}

// count(E) · count(X over E): for which X is not missing, and if it is a condition true
Value Evaluator::Parts::counted(const Node& node) {
  const Items all = events(*node.parts[0]);
  if (node.parts.size() == 1) return exactly(static_cast<double>(all->size()));
  Bound row(slots[std::get<typed::Slot>(node.data).number]);
  double count = 0;
  for (const Item& item : *all) {
    if (is_over()) break;
    row.set(item);
    const Value made = value(*node.parts[1]);
    const auto* condition = std::get_if<Truth>(&made);
    count += (condition ? *condition == Truth::yes : !query::is_missing(made)) ? 1 : 0;
  }
  return exactly(count);
}

// distinct, sum, avg, min, max, median, slope: [events, expression]
Value Evaluator::Parts::fold(const Node& node) {
  const Node& expression = *node.parts[1];
  const bool ordered = node.op == Op::min || node.op == Op::max, counted = node.op == Op::distinct;
  Bound row(slots[std::get<typed::Slot>(node.data).number]);
  std::vector<Value> values;
  std::vector<Time> starts;
  const auto all = events(*node.parts[0]);
  for (const Item& item : *all) {
    if (is_over()) break;
    row.set(item);
    Value made = value(expression);
    if (query::is_missing(made)) continue;
    if (node.op == Op::slope && !item.start.known()) continue;
    // Where numbers are folded, an event that holds a text, code or truth instead has none.
    const bool number = std::holds_alternative<Quantity>(made);
    if (!number && !counted && !(ordered && node.type.basic != Basic::number)) continue;
    values.push_back(std::move(made));
    starts.push_back(item.start);
  }
  if (counted) {
    std::set<std::string> keys;
    for (const Value& one : values) keys.insert(key(one, expression.type.basic == Basic::date));
    return exactly(static_cast<double>(keys.size()));
  }
  std::vector<Quantity> numbers;
  for (const Value& one : values) {
    if (const auto* number = std::get_if<Quantity>(&one)) numbers.push_back(*number);
  }
  // Numbers in several units are not folded before they are converted.
  for (const Quantity& one : numbers) {
    if (!same_measure(one, numbers.front())) return Missing{};
  }
  if (ordered) return extreme_of(values, node.op == Op::min);
  if (numbers.empty()) return Missing{};
  if (node.op == Op::median) return query::median(numbers);
  if (node.op == Op::slope) return or_missing(slope(std::move(numbers), starts));
  const std::optional<Quantity> sum = weighted_sum(numbers, std::vector<double>(numbers.size(), 1));
  if (!sum || node.op == Op::sum) return or_missing(sum);
  return or_missing(divide(*sum, exactly(static_cast<double>(numbers.size()))));
}

// covered(E, T1, T2): the part of the days from T1 to T2 that events surely touch.
Value Evaluator::Parts::covered(const Node& node) {
  using Form = record::End::Form;
  const std::optional<Moment> from = moment(*node.parts[1]), to = moment(*node.parts[2]);
  if (!from || !to) return Missing{};
  const DayExtent first = day_extent(first_day(*from)), last = day_extent(last_day(*to));
  if (first.first != first.last || last.first != last.last || last.first < first.first) return Missing{};
  std::vector<DayExtent> touched;
  const auto all = events(*node.parts[0]);
  for (const Item& item : *all) {
    if (!item.start.known()) continue;
    DayExtent days = {day_extent(item.start).last, day_extent(item.start).first};
    if (item.end.form == Form::ongoing) days.last = last.last;
    if (item.end.form == Form::at && item.end.at.known())
      days.last = std::max(days.last, day_extent(item.end.at).first);
    touched.push_back({std::max(days.first, first.first), std::min(days.last, last.last)});
  }
  std::ranges::sort(touched, {}, &DayExtent::first);
  std::int64_t covered = 0;
  record::Day next = first.first;  // the first day that is not counted yet
  for (const DayExtent& days : touched) {
    const record::Day begin = std::max(days.first, next);
    if (days.last < begin) continue;
    covered += days.last - begin + 1;
    next = days.last + 1;
  }
  return exactly(static_cast<double>(covered) / static_cast<double>(last.last - first.first + 1));
}

}  // namespace chartline::query
