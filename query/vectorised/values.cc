// Numbers. The arithmetic is the reference's own, a row at a time; what is asked of whole columns at once is in
// comparisons.cc.
#include <algorithm>
#include <numeric>
#include <tuple>

#include "query/group_words.h"
#include "query/units.h"
#include "query/vectorised/evaluation.h"
#include "query/when.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

// Stands for an event of which is not known what it measures. Where that decides how units convert, the patient is odd.
const record::Event recorded_by{};

bool same(const Quantity& a, const Quantity& b) {
  const auto key = [](const Quantity& one) { return std::tuple(one.low, one.high, one.low_open, one.high_open, one.of); };
  return key(a) == key(b) && same_measure(a, b);
}

bool is_ratio(const Unit& unit) { return unit.dimension == Dimension{}; }

}  // namespace

bool Evaluation::mixes(const Quantity& a, const Quantity& b) const {
  if (a.measure != Quantity::Measure::unit || b.measure != Quantity::Measure::unit || a.unit == b.unit) return false;
  if (a.of != &recorded_by && b.of != &recorded_by) return false;
  const std::optional<Unit> from = parse_unit(a.unit), to = parse_unit(b.unit);
  if (!from || !to) return false;
  return relation(*from, *to) == Relation::molar || (is_ratio(*from) && is_ratio(*to));
}

// Stands for an event: what is measured its primary code says, or else translations that are not known here.
const record::Event* Evaluation::recorder(const Events& events, std::uint32_t at) {
  if (events.code.empty() || events.code[at] == 0) return &recorded_by;
  const std::uint64_t key = std::uint64_t{block_.shard} << 32 | events.code[at];
  const auto [found, is_new] = recorders_.try_emplace(key);
  if (is_new) {
    record::Event one;
    one.code = view_->code_of(block_.shard, events.code[at]);
    if (is_known(analyte(one.code))) found->second = one;
  }
  return found->second ? &*found->second : &recorded_by;
}

// Most numbers are of one unit, and measure one thing.
std::optional<Quantity> Evaluation::in_unit(const Quantity& number, const std::string& unit) {
  if (number.measure != Quantity::Measure::unit) return std::nullopt;
  if (!conversion_ || conversion_->of() != number.of || conversion_->from() != number.unit || conversion_->to() != unit)
    conversion_.emplace(number.unit, unit, number.of);
  return (*conversion_)(number);
}

std::optional<Quantity> Evaluation::quantity_at(const EventColumn& column, std::size_t row) {
  const std::uint32_t at = column.index[row];
  if (at == no_event || column.events->form[at] != record::Value::Form::number) return std::nullopt;
  using record::Comparator;
  Quantity made = exactly(column.events->value[at]);
  const engine::Name unit = column.events->unit[at];
  made.measure = unit == 0 ? Quantity::Measure::bare : Quantity::Measure::unit;
  if (unit != 0) made.unit = view_->unit_of(block_.shard, unit);
  made.of = recorder(*column.events, at);
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const Comparator comparator = column.events->comparator[at];
  if (comparator == Comparator::less || comparator == Comparator::less_or_equal) made.low = -infinite;
  if (comparator == Comparator::greater || comparator == Comparator::greater_or_equal) made.high = infinite;
  made.high_open = comparator == Comparator::less;
  made.low_open = comparator == Comparator::greater;
  return made;
}

// A code, a text or a truth is no number, and not missing either: what becomes of it the reference says.
std::optional<Quantity> Evaluation::value_at(const EventColumn& column, const Frame& frame, std::size_t row) {
  std::optional<Quantity> made = quantity_at(column, row);
  const std::uint32_t at = column.index[row];
  if (!made && at != no_event && column.events->form[at] != record::Value::Form::none) make_odd(frame.place[row]);
  return made;
}

Numbers Evaluation::number(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Numbers made(rows);
  if (is_over()) return made;
  switch (node.op) {
    case Op::number: return Numbers(rows, written_number(node));
    case Op::let_of:
    case Op::param_of:
      return of_definition(numbers_, defined(node), frame, [&](const Frame& of) { return number(defined(node), of); });
    case Op::field: {
      const std::string& name = std::get<std::string>(node.data);
      if (name != "value" && name != "length") break;
      const EventColumn column = one(*node.parts[0], frame);
      if (name == "length") {
        want(column.events, field_end);
        for (std::size_t row = 0; row < rows; ++row) {
          const std::uint32_t at = column.index[row];
          if (at == no_event) continue;
          const Value days = days_touched(column.events->time(at), column.events->end_of(at));
          if (const auto* known = std::get_if<Quantity>(&days)) made[row] = *known;
        }
        return made;
      }
      want(column.events, field_value | field_primary);
      for (std::size_t row = 0; row < rows; ++row) made[row] = value_at(column, frame, row);
      return made;
    }
    case Op::attribute:
      if (!is_attribute(node)) break;
      return attributes(node, frame);
    case Op::convert: {
      Numbers from = number(*node.parts[0], frame);
      const std::string& unit = std::get<std::string>(node.data);
      Quantity to;
      to.measure = Quantity::Measure::unit, to.unit = unit;
      for (std::size_t row = 0; row < rows; ++row) {
        if (!from[row]) continue;
        if (mixes(*from[row], to)) make_odd(frame.place[row]);
        made[row] = in_unit(*from[row], unit);
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
        if (unnamed(*node.parts[0]).op == Op::episodes) return count_episodes(unnamed(*node.parts[0]), frame);
        const ListsPtr lists = events(*node.parts[0], frame);
        want(lists->events, field_once);
        const std::vector<std::uint32_t> found = counts(*lists, frame);
        for (std::size_t row = 0; row < rows; ++row) made[row] = exactly(found[row]);
        return made;
      }
      return counted(node, frame);
    case Op::distinct: return counted(node, frame);
    case Op::sum:
    case Op::avg:
    case Op::min:
    case Op::max:
    case Op::median:
    case Op::slope: return fold(node, frame);
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

// What is counted of each row, one for each different value; nothing where it is missing.
std::vector<std::optional<std::int64_t>> Evaluation::keys(const Node& fold, const Frame& each) {
  const Node& expression = *fold.parts[1];
  std::vector<std::optional<std::int64_t>> made(each.rows());
  if (expression.op == Op::field && std::get<std::string>(expression.data) == "date") {
    const Times dates = time(expression, each);
    for (std::size_t k = 0; k < made.size(); ++k)
      if (dates[k].known()) made[k] = std::int64_t{dates[k].day()} * 8 + static_cast<int>(dates[k].precision);
    return made;
  }
  const Basic basic = expression.type.basic;
  if (basic == Basic::boolean) {
    const Truths truths = truth(expression, each);
    const bool only_yes = fold.op == Op::count;
    for (std::size_t k = 0; k < made.size(); ++k)
      if (truths[k] == Truth::yes || (truths[k] == Truth::no && !only_yes)) made[k] = static_cast<int>(truths[k]);
    return made;
  }
  if (basic != Basic::code && basic != Basic::word && basic != Basic::text) {
    refuse(std::string(typed::name(fold.op)) + " of what is no date, code or word");
    return made;
  }
  const std::vector<std::uint32_t> codes = coded(expression, each);
  std::vector<std::optional<std::int64_t>> of_cell;
  std::vector<bool> is_cut;  // texts that differ further on are one cell
  for (const Cell& cell : cells(expression)) {
    auto& key = of_cell.emplace_back();
    if (!std::holds_alternative<Missing>(cell)) key = static_cast<std::int64_t>(of_cell.size());
    const auto* text = std::get_if<std::string>(&cell);
    is_cut.push_back(text && may_be_cut(*text));
  }
  for (std::size_t k = 0; k < made.size(); ++k) {
    made[k] = of_cell[codes[k]];
    if (is_cut[codes[k]]) make_odd(each.place[k]);
  }
  return made;
}

// count, distinct: [events, expression]. In whatever order they come; of all codes rows of everyone are places.
Numbers Evaluation::counted(const Node& node, const Frame& frame) {
  const ListsPtr lists = events(*node.parts[0], frame);
  want(lists->events, is_closed(node) ? field_complete : field_grouped);
  const Frame& rows = lists->loose ? everyone() : frame;
  const Frame each = candidates(*lists, rows, std::get<typed::Slot>(node.data).number);
  const std::vector<std::optional<std::int64_t>> found = keys(node, each);
  std::vector<std::uint32_t> begin(rows.rows() + 1, 0);
  for (std::size_t k = 0; k < found.size(); ++k) begin[each.parent[k] + 1] += found[k].has_value();
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::int64_t> of_row(begin.back());
  std::vector<std::uint32_t> next = begin;
  for (std::size_t k = 0; k < found.size(); ++k)
    if (found[k]) of_row[next[each.parent[k]]++] = *found[k];
  Numbers made(frame.rows());
  for (std::size_t row = 0; row < made.size(); ++row) {
    const std::size_t of = lists->loose ? frame.place[row] : row;
    const auto first = of_row.begin() + begin[of], past = of_row.begin() + begin[of + 1];
    auto last = past;
    if (node.op == Op::distinct) std::sort(first, past), last = std::unique(first, past);
    made[row] = exactly(static_cast<double>(last - first));
  }
  return made;
}

// [events, gap]: how many events begin further behind the one before them. Of one instant those of one zone are alike.
Numbers Evaluation::count_episodes(const Node& episodes, const Frame& frame) {
  const ListsPtr lists = by_place(events(*episodes.parts[0], frame));
  const Events& all = *lists->events;
  want(&all, field_time | field_exact);
  const std::vector<std::optional<Duration>> gaps = duration(*episodes.parts[1], frame);
  const auto order = [&](std::uint32_t at) { return std::pair(all.at[at], all.precision[at]); };
  const auto is_joined = [&](std::uint32_t from, std::uint32_t next, const Duration& gap) {
    const bool vague = std::min(all.precision[from], all.precision[next]) < record::Precision::day;
    if (gap.exact() || vague) return is_near(all.time(from), all.time(next), gap, program_.month_end);
    return all.day[next] <= add(all.day[from], gap, program_.month_end).value_or(all.day[from]);
  };
  Numbers made(frame.rows());
  std::vector<std::uint32_t> known;
  for (std::size_t row = 0; row < made.size(); ++row) {
    const std::uint32_t list = list_of(*lists, frame, row);
    known.clear();
    for (std::uint32_t k = lists->first(list); k < lists->past(list); ++k)
      if (all.precision[lists->at(k)] != record::Precision::none) known.push_back(lists->at(k));
    if (!std::ranges::is_sorted(known, {}, order)) std::ranges::sort(known, {}, order);
    std::int64_t count = known.empty() ? 0 : 1;
    for (std::size_t i = 1; i < known.size(); ++i) {
      const std::uint32_t from = known[i - 1], next = known[i];
      if (order(from) == order(next) && all.offset[from] != all.offset[next]) make_odd(frame.place[row]);
      count += !gaps[row] || !is_joined(from, next, *gaps[row]);
    }
    made[row] = exactly(static_cast<double>(count));
  }
  return made;
}

// [events, expression]: of each row's events. A sum depends on their order, so that different ones of one instant make a patient odd.
Numbers Evaluation::fold(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Numbers made(rows);
  const Node& expression = *node.parts[1];
  if (node.type.basic != Basic::number) {
    refuse("a fold of times");
    return made;
  }
  const ListsPtr lists = events(*node.parts[0], frame);
  const Events& all = *lists->events;
  want(&all, field_grouped);
  const bool in_order = node.op == Op::sum || node.op == Op::avg || node.op == Op::slope;
  if (in_order) want(&all, field_time | field_order);
  if (node.op == Op::slope) want(&all, field_exact);
  const Frame each = candidates(*lists, frame, std::get<typed::Slot>(node.data).number);
  const Numbers values = number(expression, each);
  std::vector<Quantity> numbers;
  Times times;
  for (std::size_t row = 0, k = 0; row < rows; ++row) {
    numbers.clear(), times.clear();
    bool alike = true, of_one = true;
    std::uint32_t before = no_event;
    for (; k < each.rows() && each.parent[k] == row; ++k) {
      const std::uint32_t at = each.event.index[k];
      if (!values[k] || (node.op == Op::slope && all.precision[at] == record::Precision::none)) continue;
      if (in_order && before != no_event && all.at[before] == all.at[at] && !same(numbers.back(), *values[k]))
        make_odd(frame.place[row]);
      before = at;
      numbers.push_back(*values[k]);
      if (node.op == Op::slope) times.push_back(all.time(at));
      alike = alike && same_measure(numbers.back(), numbers.front());
      of_one = of_one && numbers.back().of == numbers.front().of;
    }
    if (numbers.empty() || !alike) continue;
    switch (node.op) {
      case Op::min: made[row] = query::least(numbers); break;
      case Op::max: made[row] = query::greatest(numbers); break;
      case Op::median: made[row] = query::median(numbers); break;
      case Op::slope: made[row] = query::slope(numbers, times); break;
      default: {
        made[row] = weighted_sum(numbers, std::vector<double>(numbers.size(), 1));
        if (node.op == Op::avg && made[row])
          made[row] = divide(*made[row], exactly(static_cast<double>(numbers.size())));
      }
    }
    if (made[row] && made[row]->of && !of_one) made[row]->of = &recorded_by;
  }
  return made;
}

}  // namespace chartline::query::vectorised
