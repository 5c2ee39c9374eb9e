#include "query/typed.h"

#include <array>
#include <type_traits>

#include "query/words.h"

namespace chartline::query::typed {
namespace {

// clang-format off
constexpr auto names = std::to_array<std::string_view>({
    "number", "text", "word", "moment", "duration", "truth",
    "row", "param-of", "let-of", "codes-of", "in-cohort", "interval", "patient", "sex", "birth", "death",
    "code", "list", "any-code", "union-codes", "both-codes", "without-codes", "mapped",
    "events", "union-events", "both-events", "without-events", "filter", "first", "last", "lowest", "highest", "nth", "eras", "episodes",
    "where", "in-range", "before", "after", "on-or-before", "on-or-after", "preceding", "following",
    "within-before", "within-after", "within-of", "within-on-or-before", "within-on-or-after",
    "between", "during", "overlapping", "same-encounter", "same-date", "lasting", "ending", "starting", "clipped", "with", "without", "named", "any-status", "contributions",
    "and", "or", "not", "exists", "is-missing", "at-least", "at-most", "exactly",
    "=", "!=", "<", "<=", ">", ">=", "date-in-range", "code-in-set", "same-event", "contains", "starts-with", "ends-with",
    "alive", "registered", "observed",
    "+", "-", "*", "/", "power", "floor", "negative", "otherwise", "convert", "least", "greatest", "case",
    "later", "earlier", "elapsed", "length-of", "range", "range-start", "range-end", "field", "attribute",
    "start-of", "date-of", "year-of", "month-of", "age", "band",
    "count", "distinct", "sum", "avg", "min", "max", "median", "slope", "covered",
    "param", "codes", "let", "cohort",
    "count-patients", "tally", "rows", "events-in", "flow", "measure", "incidence", "survival", "why", "explain", "explain-analyze", "as-of",
    "column", "by"});
// clang-format on
static_assert(names.size() == static_cast<std::size_t>(Op::groups) + 1);

std::string data_text(const Data& data) {
  return std::visit(
      [](const auto& value) -> std::string {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::monostate>) {
          return "";
        } else if constexpr (std::is_same_v<Value, record::Decimal> || std::is_same_v<Value, record::Time>) {
          return " " + record::print(value);
        } else if constexpr (std::is_same_v<Value, std::string>) {
          return " " + quoted(value);
        } else if constexpr (std::is_same_v<Value, Duration> || std::is_same_v<Value, CodeWord>) {
          return " " + query::print(value);
        } else if constexpr (std::is_same_v<Value, bool>) {
          return value ? " true" : " false";
        } else if constexpr (std::is_same_v<Value, std::optional<record::Kind>>) {
          return " " + std::string(value ? record::name(*value) : "any");
        } else if constexpr (std::is_same_v<Value, DurationUnit>) {
          return " " + std::string(plural(value));
        } else if constexpr (std::is_same_v<Value, Slot>) {
          return " $" + std::to_string(value.number);
        } else if constexpr (std::is_same_v<Value, Names>) {
          std::string text;
          for (const std::string& one : value) text += " " + quoted(one);
          return text;
        } else {
          return " " + value.name + (value.slot ? " $" + std::to_string(value.slot) : "");
        }
      },
      data);
}

void print_to(std::string& out, const Node& node) {
  out += '(';
  out += name(node.op);
  if (node.type.basic != Basic::failed) out += ":" + query::name(node.type);
  out += data_text(node.data);
  for (const Ptr& part : node.parts) {
    out += ' ';
    print_to(out, *part);
  }
  out += ')';
}

}  // namespace

std::string_view name(Op op) { return names[static_cast<std::size_t>(op)]; }

std::string print(const Node& node) {
  std::string out;
  print_to(out, node);
  return out;
}

std::string print(const Query& query) {
  std::string out;
  for (const Ptr& statement : query.statements) out += print(*statement) + "\n";
  return out;
}

}  // namespace chartline::query::typed
