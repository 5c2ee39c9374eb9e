// Numbers. The arithmetic is the reference's own, a row at a time; what is asked of whole columns at once is in
// comparisons.cc.
#include <algorithm>

#include "query/units.h"
#include "query/vectorised/evaluation.h"
#include "query/when.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

// Stands for whatever event recorded a number. Where its codes decide how units convert, the patient is odd.
const record::Event recorded_by{};

bool is_ratio(const Unit& unit) { return unit.dimension == Dimension{}; }

}  // namespace

bool Evaluation::mixes(const Quantity& a, const Quantity& b) const {
  if (a.measure != Quantity::Measure::unit || b.measure != Quantity::Measure::unit || a.unit == b.unit) return false;
  if (!a.of && !b.of) return false;
  const std::optional<Unit> from = parse_unit(a.unit), to = parse_unit(b.unit);
  if (!from || !to) return false;
  return relation(*from, *to) == Relation::molar || (is_ratio(*from) && is_ratio(*to));
}

std::optional<Quantity> Evaluation::quantity_at(const EventColumn& column, std::size_t row) const {
  const std::uint32_t at = column.index[row];
  if (at == no_event || column.events->form[at] != record::Value::Form::number) return std::nullopt;
  using record::Comparator;
  Quantity made = exactly(column.events->value[at]);
  const engine::Name unit = column.events->unit[at];
  made.measure = unit == 0 ? Quantity::Measure::bare : Quantity::Measure::unit;
  if (unit != 0) made.unit = view_->unit_of(block_.shard, unit);
  made.of = &recorded_by;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const Comparator comparator = column.events->comparator[at];
  if (comparator == Comparator::less || comparator == Comparator::less_or_equal) made.low = -infinite;
  if (comparator == Comparator::greater || comparator == Comparator::greater_or_equal) made.high = infinite;
  made.high_open = comparator == Comparator::less;
  made.low_open = comparator == Comparator::greater;
  return made;
}

Numbers Evaluation::number(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Numbers made(rows);
  if (is_over()) return made;
  switch (node.op) {
    case Op::number: {
      Quantity one = exactly(std::get<record::Decimal>(node.data).to_double());
      if (node.type.measure == Type::Measure::unit) one.measure = Quantity::Measure::unit, one.unit = node.type.unit;
      return Numbers(rows, one);
    }
    case Op::let_of:
    case Op::param_of:
      return of_definition(numbers_, defined(node), frame, [&](const Frame& of) { return number(defined(node), of); });
    case Op::field: {
      if (std::get<std::string>(node.data) != "value") break;
      const EventColumn column = one(*node.parts[0], frame);
      want(column.events, field_value);
      for (std::size_t row = 0; row < rows; ++row) {
        made[row] = quantity_at(column, row);
        // A code, a text or a truth is no number, and not missing either: what becomes of it here the reference says.
        const std::uint32_t at = column.index[row];
        const bool other = !made[row] && at != no_event && column.events->form[at] != record::Value::Form::none;
        if (other) make_odd(frame.place[row]);
      }
      return made;
    }
    case Op::convert: {
      Numbers from = number(*node.parts[0], frame);
      const std::string& unit = std::get<std::string>(node.data);
      Quantity to;
      to.measure = Quantity::Measure::unit, to.unit = unit;
      for (std::size_t row = 0; row < rows; ++row) {
        if (!from[row]) continue;
        if (mixes(*from[row], to)) make_odd(frame.place[row]);
        made[row] = converted(*from[row], unit);
      }
      return made;
    }
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::negative: return arithmetic(node, frame);
    case Op::otherwise: {
      if (node.type.basic != Basic::number || node.type.measure == Type::Measure::unit) break;
      for (const typed::Ptr& part : node.parts) {
        const Numbers next = number(*part, frame);
        for (std::size_t row = 0; row < rows; ++row) {
          if (!made[row]) made[row] = next[row];
        }
      }
      return made;
    }
    case Op::cases: {
      if (node.type.measure == Type::Measure::unit) break;
      const std::size_t branches = node.parts.size() / 2;
      std::vector<bool> decided(rows, false);
      for (std::size_t i = 0; i <= branches; ++i) {
        const bool other = i == branches;
        if (other && node.parts.size() % 2 == 0) break;
        const Truths met = other ? Truths(rows, Truth::yes) : truth(*node.parts[i], frame);
        const Numbers values = number(*node.parts[branches + i], frame);
        for (std::size_t row = 0; row < rows; ++row) {
          if (decided[row] || met[row] != Truth::yes) continue;
          decided[row] = true;
          made[row] = values[row];
        }
      }
      return made;
    }
    case Op::elapsed: return elapsed(node, frame);
    case Op::age: {
      const std::vector<Years> years = ages(node, frame);
      for (std::size_t row = 0; row < rows; ++row)
        if (years[row].known()) made[row] = query::range(years[row].low, years[row].high);
      return made;
    }
    case Op::year_of: {
      const Times at = time(*node.parts[0], frame);
      for (std::size_t row = 0; row < rows; ++row) {
        if (at[row].known()) made[row] = exactly(record::civil(at[row].day()).year);
      }
      return made;
    }
    case Op::count:
      if (node.parts.size() == 1) {
        const ListsPtr lists = events(*node.parts[0], frame);
        want(lists->events, field_once);
        const std::vector<std::uint32_t> found = counts(*lists, frame);
        for (std::size_t row = 0; row < rows; ++row) made[row] = exactly(found[row]);
        return made;
      }
      return fold(node, frame);
    case Op::distinct:
    case Op::sum:
    case Op::avg:
    case Op::min:
    case Op::max:
    case Op::median: return fold(node, frame);
    default: break;
  }
  refuse(node.op == Op::field ? "the field " + std::get<std::string>(node.data) : std::string(typed::name(node.op)));
  return made;
}

Numbers Evaluation::arithmetic(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Numbers made = number(*node.parts[0], frame);
  if (node.op == Op::negative) {
    for (auto& one : made) {
      if (one) one = query::negative(*one);
    }
    return made;
  }
  const Numbers right = number(*node.parts[1], frame);
  for (std::size_t row = 0; row < rows; ++row) {
    if (!made[row]) continue;
    if (!right[row]) {
      made[row].reset();
      continue;
    }
    const Quantity a = *made[row], b = *right[row];
    if (mixes(a, b)) make_odd(frame.place[row]);
    made[row] = node.op == Op::add        ? query::add(a, b)
                : node.op == Op::subtract ? query::subtract(a, b)
                : node.op == Op::multiply ? query::multiply(a, b)
                                          : query::divide(a, b);
  }
  return made;
}

// [events, expression]: of each row's events. A sum depends on their order, so that those tied make a patient odd.
Numbers Evaluation::fold(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Numbers made(rows);
  const Node& expression = *node.parts[1];
  if (node.type.basic != Basic::number) {
    refuse("a fold of times");
    return made;
  }
  const ListsPtr lists = events(*node.parts[0], frame);
  want(lists->events, field_grouped);
  const Frame each = candidates(*lists, frame, std::get<typed::Slot>(node.data).number);
  std::vector<std::uint32_t> begin(rows + 1, 0);
  for (const std::uint32_t row : each.parent) ++begin[row + 1];
  for (std::size_t row = 0; row < rows; ++row) begin[row + 1] += begin[row];

  if (node.op == Op::count && expression.type.basic == Basic::boolean) {
    const Truths truths = truth(expression, each);
    for (std::size_t row = 0; row < rows; ++row) {
      made[row] = exactly(
          static_cast<double>(std::count(truths.begin() + begin[row], truths.begin() + begin[row + 1], Truth::yes)));
    }
    return made;
  }
  if (node.op == Op::distinct || node.op == Op::count) {
    const bool of_date = expression.op == Op::field && std::get<std::string>(expression.data) == "date";
    if (!of_date) {
      refuse(std::string(typed::name(node.op)) + " of anything but dates");
      return made;
    }
    const Times dates = time(expression, each);
    std::vector<record::Day> days;
    for (std::size_t row = 0; row < rows; ++row) {
      days.clear();
      for (std::uint32_t k = begin[row]; k < begin[row + 1]; ++k) {
        if (dates[k].known()) days.push_back(dates[k].day());
      }
      if (node.op == Op::distinct) {
        std::ranges::sort(days);
        days.erase(std::unique(days.begin(), days.end()), days.end());
      }
      made[row] = exactly(static_cast<double>(days.size()));
    }
    return made;
  }
  const bool in_order = node.op == Op::sum || node.op == Op::avg;
  if (in_order) want(each.event.events, field_time | field_order);
  const Numbers values = number(expression, each);
  std::vector<Quantity> numbers;
  for (std::size_t row = 0; row < rows; ++row) {
    numbers.clear();
    bool alike = true;
    for (std::uint32_t k = begin[row]; k < begin[row + 1]; ++k) {
      if (!values[k]) continue;
      numbers.push_back(*values[k]);
      alike = alike && same_measure(numbers.back(), numbers.front());
      if (!in_order || k == begin[row]) continue;
      const std::uint32_t a = each.event.index[k - 1], b = each.event.index[k];
      if (each.event.events->at[a] == each.event.events->at[b]) make_odd(frame.place[row]);
    }
    if (numbers.empty() || !alike) continue;
    switch (node.op) {
      case Op::min: made[row] = query::least(numbers); break;
      case Op::max: made[row] = query::greatest(numbers); break;
      case Op::median: made[row] = query::median(numbers); break;
      default: {
        made[row] = weighted_sum(numbers, std::vector<double>(numbers.size(), 1));
        if (node.op == Op::avg && made[row])
          made[row] = divide(*made[row], exactly(static_cast<double>(numbers.size())));
      }
    }
  }
  return made;
}

}  // namespace chartline::query::vectorised
