// Typed tree: what a query means. Names are resolved to slots and definitions, every node has its type, what the text
// leaves open is said. Statements and definitions are nodes too, so that one walk serves all.
//
// A slot holds one event while clauses, conditions or columns are asked about it: the candidate of a filter (`it` in
// `where` and `with`, and its `as` name), the row of a list or tally, the event of a fold, the index event of a cohort.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "formats/record/decimal.h"
#include "formats/record/kind.h"
#include "formats/record/time.h"
#include "query/complaint.h"
#include "query/token.h"
#include "query/types.h"

namespace chartline::query::typed {

// clang-format off
enum class Op : std::uint8_t {
  // values: Data holds them
  number, text, word, moment, duration, truth,
  // names: Data holds the slot or name
  row,          // the event in a slot
  param_of, let_of, codes_of,
  in_cohort,    // bool: whether the patient is in it
  interval,     // the range of a measure's interval
  patient, sex, birth, death,
  // codes
  code, list, any_code, union_codes, both_codes, without_codes, mapped_codes,
  // events. filter: [events, clause...], Data the candidate's slot
  events, union_events, both_events, without_events, filter, first, last, lowest, highest, nth, eras, episodes,
  // clauses of a filter: what they compare the candidate with
  where, in_range, before, after, on_or_before, on_or_after,
  preceding, following,        // [event]: by the order of events, where before and after go by time
  within_before, within_after, within_of, within_on_or_before, within_on_or_after,
  between, during, overlapping, same_encounter, same_date, lasting, ending, starting, clipped, with, without, named, any_status, contributions,
  // conditions
  and_, or_, not_, exists, is_missing,
  at_least, at_most, exactly,  // Data the count
  equal, unequal, less, less_or_equal, greater, greater_or_equal, date_in_range, code_in_set, same_event,
  contains, starts_with, ends_with,  // [text, text]: the second stands within the first
  alive, registered, observed,
  // numbers, times
  add, subtract, multiply, divide, power, floor, negative, otherwise, convert, least, greatest,
  cases,                       // [condition of each branch ..., value of each branch ..., the other value?]
  moved_later, moved_earlier,  // [time, duration]
  elapsed,                     // [from, to], Data the unit
  length_of,                   // [number], Data the unit: days(x)
  range, range_start, range_end,
  field,                       // [event], Data the name
  attribute,                   // [event], or nothing for the patient's; Data the name
  start_of,                    // an event where a time is wanted
  date_of, year_of, month_of, age, band,
  // folds: [events, expression], Data the slot of the event in the expression; count without one counts events
  count, distinct, sum, avg, min, max, median, slope, covered,
  // definitions and statements: Data their name
  param, codes, let, cohort,                       // cohort: [predicate], or [predicate, per, until?] with an index slot
  count_patients, tally, rows, events_in, flow, measure, incidence, survival, why, explain, explain_analyze, as_of,
  column, groups,                                  // parts of statements
};
// clang-format on
std::string_view name(Op op);
constexpr bool is_order(Op clause) { return clause >= Op::before && clause <= Op::on_or_after; }
constexpr bool is_within(Op clause) { return clause >= Op::within_before && clause <= Op::within_on_or_after; }

struct Slot {
  std::uint32_t number = 0;
};
struct Named {
  std::string name;
  std::uint32_t slot = 0;  // of the row or index event; 0 for none
};

using Names = std::vector<std::string>;  // of the steps of a flow, as far as one has any; "" for none

using Data = std::variant<std::monostate, record::Decimal, std::string, record::Time, Duration, bool, CodeWord,
                          std::optional<record::Kind>, DurationUnit, Slot, Named, Names>;

struct Node;
using Ptr = std::shared_ptr<const Node>;
struct Node {
  Op op;
  Type type;
  Span span{};
  std::vector<Ptr> parts{};
  Data data{};
};

struct Query {
  std::vector<Ptr> statements;  // definitions too, in the order of the text
  std::uint32_t slots = 1;      // slots are numbered 1 .. slots-1
};

// (and:bool (exists:bool ...) ...), a statement a line.
std::string print(const Node& node);
std::string print(const Query& query);

}  // namespace chartline::query::typed
