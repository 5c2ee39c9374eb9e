// Values by which rows are grouped, each by its number among the different ones: a cell is made once for each value.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

#include "query/band.h"
#include "query/group_words.h"
#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

using record::Day;
using record::Precision;
using record::Time;
using typed::Node;
using typed::Op;

namespace {

// The numbers of small values, met in any order: the last one of each remainder.
class Lately {
 public:
  template <typename Make>
  std::uint32_t of(std::uint32_t value, const Make& make) {
    Known& known = known_[value % known_.size()];
    if (known.number == Numbering::none_yet || known.value != value) known = {value, make()};
    return known.number;
  }

 private:
  struct Known {
    std::uint32_t value = 0, number = Numbering::none_yet;
  };
  std::array<Known, 128> known_{};
};

Cell month_cell(Day day) {
  const record::CivilDay date = record::civil(day);
  Time month = record::day_time(record::days_from_civil(date.year, date.month, 1));
  month.precision = record::Precision::month;
  return month;
}

// Ascends with the days.
std::int64_t date_group(Op op, Day day) {
  if (op == Op::date_of) return day;
  const record::CivilDay date = record::civil(day);
  return op == Op::year_of ? date.year : date.year * 12 + static_cast<std::int64_t>(date.month);
}

bool is_whole(const Node& number) {
  return number.op == Op::age || number.op == Op::year_of || number.op == Op::count || number.op == Op::distinct;
}

}  // namespace

const Node* dated_event(const Node& node) {
  const Node& of = *node.parts[0];
  if (of.op == Op::start_of) return of.parts[0].get();
  if (of.op == Op::field) {
    const std::string& name = std::get<std::string>(of.data);
    if (name == "date" || name == "start") return of.parts[0].get();
  }
  return nullptr;
}

Cell code_cell(const engine::View& view, std::uint32_t shard, engine::Name name) {
  if (name == 0) return Missing{};
  const record::Code code = view.code_of(shard, name);
  return std::string(code.system) + ":" + std::string(code.code);
}

Cell text_cell(std::string text) { return text.empty() ? Cell(Missing{}) : Cell(std::move(text)); }

Cell date_cell(Op op, const Time& date) {
  if (!date.known() || (op == Op::month_of && date.precision < Precision::month)) return Missing{};
  if (op == Op::year_of) return std::int64_t{record::civil(date.day()).year};
  return op == Op::month_of ? month_cell(date.day()) : Cell(date);
}

// By the day of each event, through a table of days: a day that is met for the first time tells of its whole month or year.
void Numbering::number_days(const EventColumn& column, Op op, std::vector<std::uint32_t>& into) {
  const auto code_of = [&](Day day, Precision precision) {
    const Key key{date_group(op, day), 0, static_cast<std::int64_t>(std::min(precision, Precision::day))};
    return of(key, [&] { return date_cell(op, date_known(day, precision)); });
  };
  const auto group_of = [&](Day day) {  // first and last
    const record::CivilDay date = record::civil(day);
    if (op == Op::date_of) return std::pair(day, day);
    if (op == Op::year_of)
      return std::pair(record::days_from_civil(date.year, 1, 1), record::days_from_civil(date.year, 12, 31));
    const Day first = record::days_from_civil(date.year, date.month, 1);
    const bool ends = date.month == 12;
    return std::pair(first, record::days_from_civil(date.year + ends, ends ? 1 : date.month + 1, 1) - 1);
  };
  const std::uint32_t missing = of({INT64_MIN, 1, 0}, [] { return Cell(Missing{}); });
  days_.resize(table_days, none_yet);
  const std::uint32_t* const index = column.index.data();
  const Day* const days = column.events->day.data();
  const Precision* const precisions = column.events->precision.data();
  std::uint32_t *const table = days_.data(), *const to = into.data();
  for (std::size_t row = 0; row < column.index.size(); ++row) {
    if (index[row] == no_event) {
      to[row] = missing;
      continue;
    }
    const Day day = days[index[row]];
    const Precision precision = precisions[index[row]];
    if (precision < Precision::day || day < table_first || day >= table_first + table_days) {
      to[row] = code_of(day, precision);
      continue;
    }
    std::uint32_t& code = table[day - table_first];
    if (code == none_yet) {  // the table begins and ends with a year
      const auto [first, last] = group_of(day);
      std::fill(table + (first - table_first), table + (last - table_first) + 1, code_of(day, precision));
    }
    to[row] = code;
  }
}

std::vector<std::uint32_t> Evaluation::coded(const Node& node, const Frame& frame) {
  switch (node.op) {
    case Op::text: {
      std::vector<std::uint32_t> made(frame.rows());
      for (std::uint32_t& code : made)
        code = numbered_[&node].of({}, [&] { return Cell(group_words(std::get<std::string>(node.data))); });
      return made;
    }
    case Op::cases:
      if (node.type.basic == Basic::number) break;
      return coded_cases(node, frame);
    case Op::let_of:
    case Op::param_of:
      if (node.type.basic != Basic::text) break;
      return coded_definition(node, frame);
    case Op::sex: return coded_sexes(node, frame);
    case Op::year_of:
    case Op::month_of:
    case Op::date_of:
      if (const Node* event = dated_event(node)) {
        const EventColumn column = one(*event, frame, Asks::time);
        want(column.events, field_day);
        std::vector<std::uint32_t> made(frame.rows());
        numbered_[&node].number_days(column, node.op, made);
        return made;
      }
      break;
    case Op::band: return coded_bands(node, frame);
    case Op::field: {
      const std::string& name = std::get<std::string>(node.data);
      const bool listed = node.type.basic == Basic::word && name != "comparator";
      if (listed || name == "code" || name == "unit" || name == "source") return coded_field(node, frame);
      break;
    }
    default: break;
  }
  switch (node.type.basic) {
    case Basic::boolean: return coded_truths(node, frame);
    case Basic::date:
    case Basic::instant: return coded_times(node, frame);
    default: break;
  }
  if (may_be_number(node)) return coded_numbers(node, frame);
  refuse(node.op == Op::field ? "the field " + std::get<std::string>(node.data) : std::string(typed::name(node.op)));
  return std::vector<std::uint32_t>(frame.rows(), 0);
}

// [condition of each branch ..., value of each branch ..., the other value?]
std::vector<std::uint32_t> Evaluation::coded_cases(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows(), branches = node.parts.size() / 2;
  std::vector<std::uint32_t> taken(rows, static_cast<std::uint32_t>(branches));
  for (std::size_t i = branches; i > 0; --i) {
    const Truths met = truth(*node.parts[i - 1], frame);
    for (std::size_t row = 0; row < rows; ++row) {
      if (met[row] == Truth::yes) taken[row] = static_cast<std::uint32_t>(i - 1);
    }
  }
  const std::size_t values = node.parts.size() - branches;
  std::vector<std::vector<std::uint32_t>> codes;
  for (std::size_t i = 0; i < values; ++i) codes.push_back(coded(*node.parts[branches + i], frame));
  std::vector<std::uint32_t> made(rows);
  Numbering& numbering = numbered_[&node];
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint32_t branch = taken[row];
    const std::int64_t code = branch < values ? std::int64_t{codes[branch][row]} : -1;
    made[row] = numbering.of({branch, code, 0}, [&] {
      return code < 0 ? Cell(Missing{}) : cells(*node.parts[branches + branch])[static_cast<std::size_t>(code)];
    });
  }
  return made;
}

std::vector<std::uint32_t> Evaluation::coded_definition(const Node& node, const Frame& frame) {
  const Node& body = defined(node);
  std::vector<std::uint32_t> made = of_definition(codes_, body, frame, [&](const Frame& of) { return coded(body, of); });
  Numbering& numbering = numbered_[&node];
  for (std::uint32_t& code : made) {
    const std::uint32_t of_definition = code;
    code = numbering.of({of_definition, 0, 0}, [&] { return cells(body)[of_definition]; });
  }
  return made;
}

std::vector<std::uint32_t> Evaluation::coded_sexes(const Node& node, const Frame& frame) {
  ask_demographics();
  std::vector<std::uint32_t> made(frame.rows());
  Numbering& numbering = numbered_[&node];
  Lately lately;  // few words in any order
  each_who(frame, [&](std::size_t row, const engine::Demographics& one) {
    const engine::Name sex = one.sex;
    made[row] = lately.of(sex, [&] {
      return numbering.of({sex, block_.shard, 0}, [&] {
        const std::string text(sex == 0 ? "" : view_->code_of(block_.shard, sex).code);
        return text.empty() ? Cell(Missing{}) : Cell(text);
      });
    });
  });
  return made;
}

std::vector<std::uint32_t> Evaluation::coded_bands(const Node& node, const Frame& frame) {
  const std::size_t rows = frame.rows();
  const Bands bands(std::get<record::Decimal>(node.parts[1]->data));
  constexpr double infinite = std::numeric_limits<double>::infinity();  // of what is missing
  std::vector<std::uint32_t> made(rows);
  Numbering& numbering = numbered_[&node];
  const auto band_of = [&](double low, double high) {
    double place = bands.of(low);
    if (place != bands.of(high) || std::isinf(place)) place = infinite;
    return numbering.of({std::bit_cast<std::int64_t>(place), 0, 0},
                        [&]() -> Cell { return std::isinf(place) ? Cell(Missing{}) : Cell(bands.name(place)); });
  };
  if (node.parts[0]->op == Op::age) {
    const std::vector<Years> years = ages(*node.parts[0], frame);
    Lately lately;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto [low, high] = years[row];
      made[row] = low < 0       ? band_of(infinite, infinite)
                  : low != high ? band_of(low, high)
                                : lately.of(static_cast<std::uint32_t>(low), [&] { return band_of(low, low); });
    }
    return made;
  }
  const Numbers numbers = number(*node.parts[0], frame);
  for (std::size_t row = 0; row < rows; ++row)
    made[row] = numbers[row] ? band_of(numbers[row]->low, numbers[row]->high) : band_of(infinite, infinite);
  return made;
}

// A word of a closed list, or the code, unit or source of an event.
std::vector<std::uint32_t> Evaluation::coded_field(const Node& node, const Frame& frame) {
  std::vector<std::uint32_t> made(frame.rows());
  Numbering& numbering = numbered_[&node];
  // Equal ones mostly follow one another.
  const auto number_all = [&](const auto& values, const std::vector<std::uint32_t>& index, const auto& cell_of) {
    const auto* const all = values.data();
    std::uint32_t before = 0, number_before = Numbering::none_yet;
    for (std::size_t row = 0; row < made.size(); ++row) {
      const std::uint32_t at = index[row];
      const std::uint32_t value = at == no_event ? Numbering::none_yet : static_cast<std::uint32_t>(all[at]);
      if (value != before || number_before == Numbering::none_yet) {
        number_before = numbering.of({value, block_.shard, 0},
                                     [&] { return value == Numbering::none_yet ? Cell(Missing{}) : cell_of(value); });
        before = value;
      }
      made[row] = number_before;
    }
  };
  const auto number_words = [&](const auto& words, const std::vector<std::uint32_t>& index, int) {
    using Word = typename std::decay_t<decltype(words)>::value_type;
    number_all(words, index,
               [&](std::uint32_t value) { return text_cell(std::string(called(static_cast<Word>(value)))); });
  };
  if (with_words(node, frame, number_words)) return made;

  const std::string& name = std::get<std::string>(node.data);
  const EventColumn column = one(*node.parts[0], frame);
  const Events& events = *column.events;
  if (name == "code") {
    want(&events, field_code);
    number_all(events.code, column.index, [&](std::uint32_t value) { return code_cell(*view_, block_.shard, value); });
    // Without a primary code it may have translations.
    for (std::size_t row = 0; row < made.size(); ++row)
      if (column.index[row] != no_event && events.code[column.index[row]] == 0) make_odd(frame.place[row]);
    return made;
  }
  const bool of_source = name == "source";
  want(&events, of_source ? field_source : field_value);
  number_all(of_source ? events.source : events.unit, column.index,
             [&](std::uint32_t value) { return text_cell(group_words(text_of(name, value))); });
  return made;
}

// Of what is mostly different the cells are made one by one, of words once for each. What only the reference can show makes
// odd: a number with a bound on one side, and text that is cut where it stands for a group.
std::vector<Cell> Evaluation::shown(const Node& node, const Frame& frame) {
  std::vector<Cell> made(frame.rows());
  switch (node.type.basic) {
    case Basic::boolean: {
      const Truths truths = truth(node, frame);
      for (std::size_t row = 0; row < truths.size(); ++row)
        if (truths[row] != Truth::unknown) made[row] = truths[row] == Truth::yes;
      return made;
    }
    case Basic::event:
    case Basic::date:
    case Basic::instant: {
      const Times times = time(node, frame);
      for (std::size_t row = 0; row < made.size(); ++row)
        if (times[row].known()) made[row] = times[row];
      return made;
    }
    default: break;
  }
  if (may_be_number(node)) {
    const Numbers numbers = number(node, frame);
    const bool whole = is_whole(node);
    for (std::size_t row = 0; row < made.size(); ++row) {
      if (!numbers[row]) continue;
      if (!numbers[row]->exact()) make_odd(frame.place[row]);
      made[row] = whole ? Cell(std::int64_t{std::llround(numbers[row]->low)}) : Cell(numbers[row]->low);
    }
    return made;
  }
  const std::vector<std::uint32_t> codes = coded(node, frame);
  const std::vector<Cell>& words = cells(node);
  for (std::size_t row = 0; row < made.size(); ++row) {
    made[row] = words[codes[row]];
    const auto* text = std::get_if<std::string>(&made[row]);
    if (text && may_be_cut(*text)) make_odd(frame.place[row]);
  }
  return made;
}

std::vector<std::uint32_t> Evaluation::coded_truths(const Node& node, const Frame& frame) {
  const Truths truths = truth(node, frame);
  std::vector<std::uint32_t> made(frame.rows());
  Numbering& numbering = numbered_[&node];
  for (std::size_t row = 0; row < made.size(); ++row) {
    made[row] = numbering.of({static_cast<std::int64_t>(truths[row]), 0, 0}, [&] {
      return truths[row] == Truth::unknown ? Cell(Missing{}) : Cell(truths[row] == Truth::yes);
    });
  }
  return made;
}

std::vector<std::uint32_t> Evaluation::coded_times(const Node& node, const Frame& frame) {
  const Times times = time(node, frame);
  std::vector<std::uint32_t> made(frame.rows());
  Numbering& numbering = numbered_[&node];
  for (std::size_t row = 0; row < made.size(); ++row) {
    const Time& time = times[row];
    made[row] = numbering.of({time.local, time.offset_minutes, static_cast<std::int64_t>(time.precision)},
                             [&] { return time.known() ? Cell(time) : Cell(Missing{}); });
  }
  return made;
}

std::vector<std::uint32_t> Evaluation::coded_numbers(const Node& node, const Frame& frame) {
  const Numbers numbers = number(node, frame);
  const bool whole = is_whole(node);
  std::vector<std::uint32_t> made(frame.rows());
  Numbering& numbering = numbered_[&node];
  for (std::size_t row = 0; row < made.size(); ++row) {
    const double value = numbers[row] ? numbers[row]->low : std::numeric_limits<double>::infinity();
    if (numbers[row] && !numbers[row]->exact()) make_odd(frame.place[row]);
    made[row] = numbering.of({std::bit_cast<std::int64_t>(value), 0, 0}, [&]() -> Cell {
      if (std::isinf(value)) return Missing{};
      return whole ? Cell(std::int64_t{std::llround(value)}) : Cell(value);
    });
  }
  return made;
}

}  // namespace chartline::query::vectorised
