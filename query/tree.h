// Tree: what a query's text says, before names and types are looked at. Immutable and shared, so that copies are cheap.
// Print of a tree (query/print.h) parses back to the same tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "formats/record/kind.h"
#include "query/complaint.h"
#include "query/token.h"

namespace chartline::query::tree {

struct Expression;
using Ptr = std::shared_ptr<const Expression>;

// -- what stands by itself
struct Number {
  record::Decimal value{};
  std::optional<std::string> unit{};  // 58 'mmol/mol'
};
struct Text {
  std::string text;
};
struct Length {
  Duration duration;
};  // 30d
struct Moment {
  record::Time time;
};  // 2024-03-31
struct Code {
  CodeWord code;
};  // icd10:E11*
struct List {
  std::string name;
};                  // @diabetes
struct AnyCode {};  // *
struct Name {
  std::string name;
};  // a binding, param, let, codes or cohort; it; a bare field; true, false

// -- operators, loosest first
enum class LogicWord : std::uint8_t { or_, and_ };
struct Logic {
  LogicWord word;
  std::vector<Ptr> parts;
};  // two or more, none of the same word

// Words before one operand. `not` takes a comparison, `in` a name, all others an event expression with every clause to
// its right.
enum class Prefix : std::uint8_t { not_, in_cohort, exists, no, first, last, lowest, highest };
struct Prefixed {
  Prefix word;
  Ptr of;
};

enum class Operator : std::uint8_t {
  equal,
  unequal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,  // comparisons: they do not chain
  otherwise,         // ??, from right to left
  range,             // D1..D2
  unite,             // |
  intersect,         // &
  add,
  subtract,  // subtract is `without` for sets too
  multiply,
  divide,
};
struct Binary {
  Operator op;
  Ptr left, right;
};
struct IsMissing {
  Ptr of;
  bool negated = false;
};
struct Negative {
  Ptr of;
};  // -x
struct Convert {
  Ptr of;
  std::string unit;
};  // x to 'mmol/mol'
struct Field {
  Ptr of;
  std::string name;
};  // it.value, attr.dose

// -- forms of their own
struct CodeUnion {
  std::vector<Ptr> parts;
};  // { a, b }
struct Events {
  std::optional<record::Kind> kind{};
  Ptr codes;
};  // condition[dm]; no kind: any[...]
struct Case {
  std::vector<std::pair<Ptr, Ptr>> branches;
  Ptr otherwise;
};  // otherwise may be null
struct Elapsed {
  DurationUnit unit;
  Ptr from, to;
};  // days from A to B
struct Call {
  std::string name;
  std::vector<Ptr> arguments;
  Ptr gap;
  Ptr over;
};  // the last two may be null
enum class Bound : std::uint8_t { at_least, at_most, exactly };
struct Among {
  Bound bound;
  std::uint32_t count;
  std::vector<Ptr> parts;
};  // at least 6 of (...)

enum class ClauseWord : std::uint8_t {
  where,
  in,
  before,
  after,
  on_or_before,
  on_or_after,
  preceding,
  following,  // one operand
  within_before,
  within_after,
  within_of,
  within_on_or_before,
  within_on_or_after,  // a duration, then a time
  between,             // two times
  during,
  overlapping,
  same_encounter,
  same_date,
  lasting,
  ending,
  starting,
  clipped,  // one operand
  with,
  without,  // an event expression
  as,       // a name
  any_status,
  including_contributions,  // nothing
};
struct Clause {
  ClauseWord word;
  Span span{};
  Ptr first{}, second{};
  std::string name{};
};
struct Filtered {
  Ptr of;
  std::vector<Clause> clauses;
};  // one clause or more; `of` is not itself Filtered, nor a literal or condition

using Form = std::variant<Number, Text, Length, Moment, Code, List, AnyCode, Name, Logic, Prefixed, Binary, IsMissing,
                          Negative, Convert, Field, CodeUnion, Events, Case, Elapsed, Call, Among, Filtered>;

// Trees are walked by recursion, so their height is bounded where they are made.
inline constexpr std::uint32_t height_max = 200;

struct Expression {
  Form form;
  Span span{};
  std::uint32_t height = 1;  // 1 + that of the highest part
};

Ptr make(Form form, Span span);
std::vector<Ptr> parts_of(const Form& form);  // direct parts, in the order of the text; none of them null

// -- statements
struct Param {
  std::string name;
  Ptr value;
};
struct Codes {
  std::string name;
  Ptr codes;
};
struct Let {
  std::string name;
  Ptr value;
};
struct Cohort {
  std::string name;
  Ptr per{};          // null: one row a patient
  std::string index;  // the name of the index date, where there is `per`
  Ptr until{};        // may be null
  Ptr predicate{};
};
struct Count {
  Ptr predicate;
  std::vector<Ptr> by;
};
struct Tally {
  Ptr events;
  std::vector<Ptr> by;
};
struct Column {
  Ptr value;
  std::string name;
};  // name "": as printed
struct Rows {
  Ptr predicate;
  Ptr per{};
  std::vector<Column> select;
};
struct EventsOf {
  Ptr events;
  std::string cohort;
};
struct Flow {
  std::vector<Ptr> steps;
  std::vector<std::string> names{};  // of the first steps, as far as one has any; "": as printed
  std::string name_of(std::size_t step) const { return step < names.size() ? names[step] : std::string(); }
};
struct Measure {
  Ptr numerator, denominator;
  std::vector<Ptr> by;
  Duration every;
  Ptr from, to;
};
enum class FollowUpWord : std::uint8_t { incidence, survival };
struct FollowUp {
  FollowUpWord word;
  Ptr events;
  std::string cohort;
  std::vector<Ptr> by;
};
struct Why {
  std::string patient;
  std::string cohort;
};
struct Statement;
using StatementPtr = std::shared_ptr<const Statement>;
struct Explain {
  bool analyze = false;
  StatementPtr of;
};
struct AsOf {
  Ptr instant;
  StatementPtr of;
};

struct Statement {
  std::variant<Param, Codes, Let, Cohort, Count, Tally, Rows, EventsOf, Flow, Measure, FollowUp, Why, Explain, AsOf> form;
  Span span{};
};

struct Query {
  std::vector<Statement> statements;
};

// The same but for spans.
bool same(const Expression& a, const Expression& b);
bool same(const Statement& a, const Statement& b);
bool same(const Query& a, const Query& b);

}  // namespace chartline::query::tree
