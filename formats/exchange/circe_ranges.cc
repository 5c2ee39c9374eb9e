// Ranges of numbers and dates, and dates moved by days.
#include "formats/exchange/circe_criteria.h"
#include "formats/record/time.h"

namespace chartline::exchange {

Result<std::string> date_literal(const CirceNode& node) {
  const std::string text = TRY(node.text());
  const std::optional<record::Time> day = record::parse_time(text);
  const bool is_date =
      text.size() == std::string_view("2001-12-31").size() && day && day->precision == record::Precision::day;
  return is_date ? Result<std::string>(text) : node.refusal("it is no date");
}

namespace {

Result<std::string> operator_of(const CirceNode& op) {
  const std::string word = TRY(op.text());
  if (word == "lt") return std::string("<");
  if (word == "lte") return std::string("<=");
  if (word == "eq") return std::string("=");
  if (word == "!eq") return std::string("!=");
  if (word == "gt") return std::string(">");
  if (word == "gte") return std::string(">=");
  return op.refusal("it is no operator that is known");
}

template <typename Literal>
Result<std::string> in_range(const CirceNode& range, const std::string& what, Literal literal) {
  TRY(range.only({"Value", "Op", "Extent"}));
  const std::string op = TRY(range["Op"].text()), value = TRY(literal(range["Value"]));
  if (op != "bt" && op != "!bt") return what + " " + TRY(operator_of(range["Op"])) + " " + value;
  const std::string extent = TRY(literal(range["Extent"]));
  if (op == "bt") return what + " >= " + value + " and " + what + " <= " + extent;
  return "(" + what + " < " + value + " or " + what + " > " + extent + ")";
}

}  // namespace

std::string date_moved(const std::string& time, std::int64_t days) {
  const std::string date = "date(" + time + ")";
  if (days == 0) return date;
  return date + (days < 0 ? " - " : " + ") + std::to_string(days < 0 ? -days : days) + "d";
}

Result<std::string> number_in(const CirceNode& range, const std::string& what) {
  return in_range(range, what, [](const CirceNode& node) { return node.number(); });
}

Result<std::string> date_in(const CirceNode& range, const std::string& what) {
  return in_range(range, what, date_literal);
}

std::string holds(const std::string& event) {
  return "date <= date(" + event + ") and date(" + event + ") <= date(end)";
}

}  // namespace chartline::exchange
