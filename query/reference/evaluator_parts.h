// Parts of the Evaluator: what a node may stand for, and the functions that say what, each group in a source of its own.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "query/names.h"
#include "query/quantity.h"
#include "query/reference/evaluator.h"

namespace chartline::query {

// The codings of an event, or one code. Two agree where they share one.
struct Codings {
  record::Code primary{};
  std::span<const record::Code> translations{};
};

// Dates from one to the other, inclusive; either may be vague.
struct DateRange {
  record::Time from, to;
};

// A bool that is unknown is missing too.
using Value = std::variant<Missing, Truth, Quantity, record::Time, Duration, std::string, Codings, DateRange, Item>;

bool is_missing(const Value& value);
// Of values that are known the least or the greatest: numbers converted to the unit of the first, times by the instant,
// texts by their bytes. Missing where there is none, or they are of different kinds or do not convert.
Value extreme_of(const std::vector<Value>& known, bool least);
// In a day, by least squares. Nothing where all are of one time.
std::optional<Quantity> slope(std::vector<Quantity> values, const std::vector<record::Time>& times);
bool same_item(const Item& a, const Item& b);
bool is_earlier(const Item& a, const Item& b);              // the total order, in which every set of events is
std::string_view encounter_of(const record::Event& event);  // the record of its encounter; an encounter is its own
std::string_view author_text(record::Author author);
// A status is written in_progress in the language and in-progress everywhere else.
std::string literal_text(const typed::Node& node);
std::string source_text(const record::Source& source);  // RYJ, or RYJ|fhir where the source names its system

// A time as it is compared. An instant is the interval in which it may lie. A date has no zone: it is compared with the
// local date of the other. A span is a month or year that the query writes: all the days in it.
struct Moment {
  enum class Form : std::uint8_t { instant, date, span };
  record::Time time;
  Form form = Form::instant;
};
Moment start_of(const Item& item);
Truth not_after(const Moment& a, const Moment& b);  // a <= b
Truth before(const Moment& a, const Moment& b);     // a < b
// a <= b as bounds are reckoned: exactly where both are known to the second, else by date.
Truth no_later(const Moment& a, const Moment& b);
Truth on_or_before(const Moment& a, const Moment& b);  // by date

// An interval with an end of one of the four kinds. An end before its start is the start.
struct Stay {
  Moment start;
  record::End::Form form = record::End::Form::point;
  Moment end{};           // of form `at` or `point`
  bool in_order = false;  // the end is no earlier than the start, however vague the two are
};
Stay stay(const record::Time& start, const record::End& end);
Stay stay(const DateRange& range);  // of dates
Truth overlap(const Stay& a, const Stay& b);
Truth contained(const Stay& a, const Stay& b);  // the first in the second
// Whether what begins at `next` surely begins no more than `gap` after `from`: then it is joined.
bool is_near(const record::Time& from, const record::Time& next, const Duration& gap, MonthEnd mode);
// Whether a registration holds on both dates, and so on all between them.
Truth is_registered(const record::Time& start, const record::End& end, const record::Time& first,
                    const record::Time& last);
record::Time end_of(const record::Time& start, const record::End& end);  // precision none: missing
Value days_touched(const record::Time& start, const record::End& end);  // dates from the start to the end, both counted

record::Time first_day(const Moment& moment);  // of a span; any other as it is
record::Time last_day(const Moment& moment);
record::Time date_of(const record::Time& time);  // the local date, or what is known of it

std::optional<record::Time> moved(const record::Time& time, const Duration& by, MonthEnd mode);

// How two values stand to each other, as far as their kind has an order; and what that answers.
struct Standing {
  Truth equal = Truth::unknown;
  Truth less = Truth::unknown;
  Truth greater = Truth::unknown;
};
Standing standing(const Quantity& a, const Quantity& b);
Standing standing(const Moment& a, const Moment& b);
Truth answer(typed::Op comparison, const Standing& standing);

struct Evaluator::Parts {
  using Node = typed::Node;
  using Op = typed::Op;
  using Items = std::shared_ptr<const std::vector<Item>>;

  explicit Parts(const Program& of);
  void start(const Person& of);

  bool is_over();  // a step; whether to end early

  // -- names: evaluator.cc
  std::optional<Item> in_slot(std::uint32_t slot);
  const Node& defined(const Node& name) const { return names.defined(name); }
  bool is_closed(const Node& node) { return names.open_slots(node).empty(); }  // one answer for each person
  bool in_cohort(const std::string& name);
  const std::vector<Membership>& members(const Node& cohort);

  // -- values: evaluate_values.cc, evaluate_fields.cc, evaluate_choices.cc, evaluate_arithmetic.cc
  Value value(const Node& node);
  std::optional<Quantity> number(const Node& node);
  std::optional<Duration> duration(const Node& node);
  std::optional<DateRange> range(const Node& node);
  Value made_value(const Node& node);
  Value field(const Item& item, std::string_view name);
  Value attribute(const Node& node);
  Value first_known(const Node& node);
  Value branch(const Node& node);
  Value extreme(const Node& node);
  Value arithmetic(const Node& node);
  Value length_of(const Node& node);
  Value band(const Node& node);
  Value in_unit_of(const Node& node, Value value);

  // -- conditions: evaluate_conditions.cc, evaluate_comparisons.cc
  Truth truth(const Node& node);
  Truth among(const Node& node);
  Truth comparison(const Node& node);
  Truth in_codes(const Node& node);
  Truth alive(const Node& node);
  Truth registered(const Node& node);
  Truth observed(const Node& node);

  // -- times: evaluate_times.cc
  std::optional<record::Time> time(const Node& node);
  std::optional<Moment> moment(const Node& node);
  bool is_span(const Node& node) const { return names.is_span(node); }
  Value elapsed(const Node& node);
  Value age(const Node& node);

  // -- events: evaluate_events.cc, evaluate_eras.cc, evaluate_clauses.cc
  Items events(const Node& node, Lifted lifted = {});
  Items made_events(const Node& node, Lifted lifted);
  std::optional<Item> one(const Node& node);
  Items of_kind(const Node& node, Lifted lifted);
  Items chosen(const Node& node, Lifted lifted);
  Items set_of(const Node& node, Lifted lifted);
  Items joined(const Node& node, Lifted lifted);
  Items filtered(const Node& node, Lifted lifted);
  Truth clause(const Node& clause, const Item& candidate);
  Truth window(const Node& clause, const Item& candidate);
  Item lasting(Item item, const Node& length);
  Item ending(Item item, const Node& end);
  Item starting(Item item, const Node& start);
  std::optional<Item> clipped(const Item& item, const Node& to);
  Truth same_encounter(const Item& candidate, const Items& others);

  // -- folds: evaluate_folds.cc
  Value fold(const Node& node);
  Value counted(const Node& node);
  Value covered(const Node& node);

  const Program& program;
  Stop* stop = nullptr;
  std::uint32_t steps = 0;
  bool over = false;
  Person person{};
  std::vector<std::optional<Item>> slots;
  std::optional<DateRange> interval{};
  Names names;
  // Of this person: what registrations and demographic rows count, and what has been answered.
  std::vector<const record::Event*> registrations{}, rows_of_patient{};
  std::map<std::pair<const Node*, Lifted>, Items> known_events{};
  std::unordered_map<const Node*, Value> known_values{};
  std::unordered_map<const Node*, std::vector<Membership>> known_members{};
};

// An event in a slot for the length of a block.
class Bound {
 public:
  explicit Bound(std::optional<Item>& slot) : slot_(slot), before_(slot) {}
  ~Bound() { slot_ = before_; }
  void set(const Item& item) { slot_ = item; }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

 private:
  std::optional<Item>& slot_;
  std::optional<Item> before_;
};

}  // namespace chartline::query
