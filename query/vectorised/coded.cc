// Values by which rows are grouped, each by its number among the different ones: a cell is made once for each value.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

using record::Day;
using record::Time;
using typed::Node;
using typed::Op;

namespace {

constexpr std::uint32_t none_yet = ~0u;

// Numbers values of some type by a map, and makes the cell of each new one.
template <typename Value>
class Numbering {
 public:
  explicit Numbering(Coded& into) : into_(into) {}
  template <typename Make>
  std::uint32_t of(const Value& value, const Make& make) {
    if (last_ != none_yet && value == last_value_) return last_;
    const auto [found, is_new] = known_.try_emplace(value, static_cast<std::uint32_t>(into_.cells.size()));
    if (is_new) into_.cells.push_back(make());
    last_ = found->second, last_value_ = value;
    return last_;
  }

 private:
  Coded& into_;
  std::map<Value, std::uint32_t> known_;
  std::uint32_t last_ = none_yet;
  Value last_value_{};
};

Cell month_cell(Day day) {
  const record::CivilDay date = record::civil(day);
  Time month = record::day_time(record::days_from_civil(date.year, date.month, 1));
  month.precision = record::Precision::month;
  return month;
}

// The event whose date alone is asked for by year(T), month(T) or date(T).
const Node* dated_event(const Node& node) {
  const Node& of = *node.parts[0];
  if (of.op == Op::start_of) return of.parts[0].get();
  if (of.op == Op::field) {
    const std::string& name = std::get<std::string>(of.data);
    if (name == "date" || name == "start") return of.parts[0].get();
  }
  return nullptr;
}

}  // namespace

namespace {

// By the day of each event, through a table of the days between the first and the last of them.
void number_days(const EventColumn& column, Op op, Coded& into) {
  const std::size_t rows = column.index.size();
  const std::uint32_t missing = 0;
  into.cells.push_back(Missing{});
  Day first = std::numeric_limits<Day>::max(), last = std::numeric_limits<Day>::min();
  for (const std::uint32_t at : column.index) {
    if (at == no_event) continue;
    first = std::min(first, column.events->day[at]), last = std::max(last, column.events->day[at]);
  }
  into.code.assign(rows, missing);
  if (last < first) return;
  std::vector<std::uint32_t> table(static_cast<std::size_t>(std::int64_t{last} - first + 1), none_yet);
  std::map<std::int64_t, std::uint32_t> groups;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint32_t at = column.index[row];
    if (at == no_event) continue;
    const Day day = column.events->day[at];
    std::uint32_t& code = table[static_cast<std::size_t>(day - first)];
    if (code == none_yet) {
      const record::CivilDay date = record::civil(day);
      const std::int64_t group = op == Op::year_of ? date.year : op == Op::month_of ? date.year * 12 + date.month : day;
      const auto [found, is_new] = groups.try_emplace(group, static_cast<std::uint32_t>(into.cells.size()));
      code = found->second;
      if (is_new)
        into.cells.push_back(op == Op::year_of    ? Cell(std::int64_t{date.year})
                             : op == Op::month_of ? month_cell(day)
                                                  : Cell(record::day_time(day)));
    }
    into.code[row] = code;
  }
}

}  // namespace

Coded Evaluation::coded(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  Coded made;
  made.code.resize(rows);
  const auto of_times = [&](const Times& times) {
    Numbering<std::tuple<Micros, std::int16_t, record::Precision>> numbering(made);
    for (std::size_t row = 0; row < rows; ++row) {
      const Time& time = times[row];
      made.code[row] = numbering.of({time.local, time.offset_minutes, time.precision},
                                    [&] { return time.known() ? Cell(time) : Cell(Missing{}); });
    }
  };
  switch (node.op) {
    case Op::text: made.cells.push_back(std::get<std::string>(node.data)); return made;
    case Op::sex: {
      asks_demographics_ = true;
      Numbering<engine::Name> numbering(made);
      for (std::size_t row = 0; row < rows; ++row) {
        const engine::Name sex = who(frame.place[row]).sex;
        made.code[row] = numbering.of(sex, [&] {
          const std::string text(sex == 0 ? "" : view_.code_of(block_.shard, sex).code);
          return text.empty() ? Cell(Missing{}) : Cell(text);
        });
      }
      return made;
    }
    case Op::year_of:
    case Op::month_of:
    case Op::date_of:
      if (const Node* event = dated_event(node)) {
        const EventColumn column = one(*event, frame);
        want(column.events, field_time);
        number_days(column, node.op, made);
        return made;
      }
      break;
    case Op::band: {
      const Numbers numbers = number(*node.parts[0], frame);
      const double width = std::get<record::Decimal>(node.parts[1]->data).to_double();
      Numbering<double> numbering(made);
      for (std::size_t row = 0; row < rows; ++row) {
        double place = std::numeric_limits<double>::infinity();  // of what is missing
        if (numbers[row] && std::floor(numbers[row]->low / width) == std::floor(numbers[row]->high / width))
          place = std::floor(numbers[row]->low / width);
        if (place == -std::numeric_limits<double>::infinity()) place = -place;
        made.code[row] = numbering.of(place, [&]() -> Cell {
          if (std::isinf(place)) return Missing{};
          const double from = place * width + 0.0;
          if (width == 1) return print(Cell(from));
          if (width == std::floor(width)) return print(Cell(from)) + "-" + print(Cell(from + width - 1));
          return print(Cell(from)) + " to " + print(Cell(from + width));
        });
      }
      return made;
    }
    case Op::field: {
      const std::string& name = std::get<std::string>(node.data);
      if (name == "start" || name == "date") {
        of_times(time(node, frame));
        return made;
      }
      if (name != "kind" && name != "code" && name != "unit" && name != "value") break;
      if (name == "value") break;
      const EventColumn column = one(*node.parts[0], frame);
      want(column.events, name == "kind" ? field_kind : name == "code" ? field_code : field_value);
      Numbering<std::uint32_t> numbering(made);
      for (std::size_t row = 0; row < rows; ++row) {
        const std::uint32_t at = column.index[row];
        const Events& events = *column.events;
        const std::uint32_t value = at == no_event   ? none_yet
                                    : name == "kind" ? static_cast<std::uint32_t>(events.kind[at])
                                    : name == "code" ? events.code[at]
                                                     : events.unit[at];
        // Without a primary code it may have translations.
        if (name == "code" && value == 0) make_odd(frame.place[row]);
        made.code[row] = numbering.of(value, [&]() -> Cell {
          if (value == none_yet) return Missing{};
          if (name == "kind") return std::string(record::name(static_cast<record::Kind>(value)));
          if (value == 0) return Missing{};
          if (name == "unit") return std::string(view_.unit_of(block_.shard, value));
          const record::Code code = view_.code_of(block_.shard, value);
          return std::string(code.system) + ":" + std::string(code.code);
        });
      }
      return made;
    }
    default: break;
  }
  const Basic basic = node.type.basic;
  if (basic == Basic::boolean) {
    const Truths truths = truth(node, frame);
    made.cells = {false, Missing{}, true};
    for (std::size_t row = 0; row < rows; ++row) made.code[row] = static_cast<std::uint32_t>(truths[row]);
    return made;
  }
  if (basic == Basic::date || basic == Basic::instant) {
    of_times(time(node, frame));
    return made;
  }
  if (basic == Basic::number) {
    const Numbers numbers = number(node, frame);
    const bool whole = node.op == Op::age || node.op == Op::year_of || node.op == Op::count || node.op == Op::distinct;
    Numbering<double> numbering(made);
    for (std::size_t row = 0; row < rows; ++row) {
      const double value = numbers[row] ? numbers[row]->low : std::numeric_limits<double>::infinity();
      if (numbers[row] && !numbers[row]->exact()) make_odd(frame.place[row]);
      made.code[row] = numbering.of(value, [&]() -> Cell {
        if (std::isinf(value)) return Missing{};
        return whole ? Cell(std::int64_t{std::llround(value)}) : Cell(value);
      });
    }
    return made;
  }
  refuse(node.op == Op::field ? "the field " + std::get<std::string>(node.data) : std::string(typed::name(node.op)));
  made.cells.push_back(Missing{});
  return made;
}

}  // namespace chartline::query::vectorised
