// One node after another, in the order of the graph, which has what a node refers to before it.
//
//   frame of many rows     a `let` of events: let f5 = f0 where attr.b1
//   frame of one row       a `let` of one event: let f8 = first f5
//   series of many rows    an expression on `it`, written where it is used: attr.i1 + 1
//   series of one row      a `let` of a value: let v7 = sum(attr.i1 over f5)
//
// Sorts are kept until a row is picked: from the last sort to the first, the rows with the least (greatest) key stay. As ehrQL has
// it, nulls come first, and rows that tie go by the columns that are read of the one picked.
#include <algorithm>
#include <map>
#include <vector>

#include "formats/record/decimal.h"
#include "tests/suites/ehrql_case.h"

namespace chartline::suites {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

struct Series {
  std::string text;  // in brackets unless it needs none
  std::string type;  // ehrQL's: "int", "bool", ...
  bool of_row = false;
  std::string rows{};  // of_row: the frame whose rows it is about
};

struct Frame {
  std::string name;             // of the `let`
  bool of_patient = false;      // one row
  std::vector<Series> sorts{};  // the last one counts most
};

class Translator {
 public:
  explicit Translator(Json query) : query_(query) {}

  Result<std::string> text() {
    for (const Json node : simdjson::dom::array(query_["nodes"])) TRY(add(node));
    std::string list = "list " + series_.at(int64_t(query_["population"])).text + " select patient";
    for (const auto [name, variable] : simdjson::dom::object(query_["variables"]))
      list += ", " + series_.at(int64_t(variable)).text + " as " + std::string(name);
    return text_ + list;
  }

 private:
  // -- what a node refers to
  static std::int64_t id(Json reference) { return int64_t(reference["ref"]); }
  const Series& series(Json node, const char* key) const { return series_.at(id(node[key])); }
  const Frame& frame(Json node, const char* key = "source") const { return frames_.at(id(node[key])); }
  static bool has(std::string_view op, std::string_view beginning) { return op.starts_with(beginning); }

  // Columns of a row are written with a mark before them, which says whose they are.
  static constexpr char row = '\1';
  // The same within another set of rows, where `it` is a row of that one.
  static constexpr char outer_row = '\2';
  static std::string about(std::string_view whose, std::string_view text, char mark = row) {
    std::string out;
    for (const char c : text) c == mark ? out += whose : out += c;
    return out;
  }
  static Result<void> no_outer_row(const Series& one) {
    if (one.text.find(outer_row) == one.text.npos) return {};
    return unsupported("the row of a fold, asked about within another set of rows");
  }

  std::string let(char what, std::int64_t number, std::string_view value, std::string_view suffix = "") {
    std::string name = what + std::to_string(number) + std::string(suffix);
    text_.append("let ").append(name).append(" = ").append(about("", value)).append("\n");
    return name;
  }

  Result<void> add(Json node) {
    const std::int64_t number = node["id"];
    const std::string_view op = node["op"];
    if (op == "SelectTable" || op == "SelectPatientTable" || op == "InlinePatientTable") {
      const bool of_patient = op != "SelectTable";
      const std::string table =
          op == "InlinePatientTable" ? inline_table(number) : std::string(std::string_view(node["name"]));
      const std::string events = "other[local:" + in_quotes(table) + "]";
      frames_[number] = {let('f', number, (of_patient ? "first " : "") + events), of_patient};
      return {};
    }
    if (op == "Filter") {
      Frame made = frame(node);
      const std::string& condition = series(node, "condition").text;
      const bool named = condition.find(outer_row) != condition.npos;
      const std::string name = "o" + std::to_string(number);
      made.name = let('f', number,
                      made.name + (named ? " as " + name : "") + " where " + about(name + ".", condition, outer_row));
      frames_[number] = std::move(made);
      return {};
    }
    if (op == "Sort") {
      Frame made = frame(node);
      TRY(no_outer_row(series(node, "sort_by")));
      made.sorts.push_back(as_number_if_truth(series(node, "sort_by")));
      frames_[number] = std::move(made);
      return {};
    }
    if (op == "PickOneRowPerPatient") {
      frames_[number] = {pick(frame(node), number, std::string_view(node["position"]) == "LAST"), true};
      return {};
    }
    Series made = TRY(expression(node, op));
    Json type;
    made.type = node["result_type"].get(type) == simdjson::SUCCESS ? std::string(std::string_view(type)) : "";
    if (!made.of_row && op != "Value" && made.type != "Set") made.text = let('v', number, made.text);
    series_[number] = std::move(made);
    return {};
  }

  static std::string column_of(Json node) { return "attr." + std::string(std::string_view(node["name"])); }

  std::string pick(const Frame& frame, std::int64_t number, bool last) {
    std::string rows = frame.name;
    std::vector<Series> keys(frame.sorts.rbegin(), frame.sorts.rend());
    // Rows that tie are told apart by the columns that are read of the one picked.
    for (const Json node : simdjson::dom::array(query_["nodes"])) {
      if (std::string_view(node["op"]) != "SelectColumn" || id(node["source"]) != number) continue;
      Series column{.text = row + column_of(node), .type = std::string(std::string_view(node["result_type"]))};
      keys.push_back(as_number_if_truth(std::move(column)));
    }
    int step = 0;
    for (const Series& key : keys) {
      const std::string suffix = "_" + std::to_string(++step);
      const std::string missing = key.text + " is missing";
      const std::string end = let('k', number, (last ? "max(" : "min(") + key.text + " over " + rows + ")", suffix);
      const std::string none =
          let('n', number, last ? end + " is missing" : "exists " + rows + " where " + missing, suffix);
      rows = let(
          'r', number,
          rows + " where (" + none + " and " + missing + ") or (not " + none + " and " + key.text + " = " + end + ")",
          suffix);
    }
    return let('f', number, (last ? "last " : "first ") + rows);
  }

  static Series as_number_if_truth(Series one) {
    if (one.type != "bool") return one;
    one.text = "(case when " + one.text + " then 1 when not " + one.text + " then 0 end)";
    one.type = "int";
    return one;
  }

  // -- series
  static Series made(std::string text, std::initializer_list<const Series*> of) {
    Series out{.text = std::move(text), .type = ""};
    for (const Series* one : of) {
      if (!one->of_row) continue;
      out.of_row = true;
      out.rows = one->rows;
    }
    return out;
  }

  Result<std::string> literal(Json value) const {
    if (value.is_bool()) return bool(value) ? std::string("true") : std::string("false");
    if (value.is_string()) {
      const std::string_view text = value;
      return in_quotes(text.empty() ? in_place_of_empty : text);
    }
    if (!value.is_number()) return unsupported("a value of another form");
    const double number = value.is_int64() ? static_cast<double>(int64_t(value)) : double(value);
    const std::string text = record::print(record::decimal(number));
    return number < 0 ? "(" + text + ")" : text;
  }
  static std::string date(Json value) { return std::string(std::string_view(value)); }

  Result<Series> expression(Json node, std::string_view op) {
    if (op == "Value") return value(node);
    if (op == "SelectColumn") {
      const Frame& of = frame(node);
      const std::string column = column_of(node);
      if (of.of_patient) return made(of.name + "." + column, {});
      return Series{.text = row + column, .type = "", .of_row = true, .rows = of.name};
    }
    if (has(op, "AggregateByPatient.")) return aggregate(node, op.substr(op.find('.') + 1));
    if (op == "Case") return cases(node);
    if (has(op, "Function.")) return function(node, op.substr(op.find('.') + 1));
    return unsupported(std::string(op));
  }

  Result<Series> value(Json node) const {
    const std::string_view type = node["type"];
    if (type == "set") return Series{.text = "", .type = "set"};  // its user writes it
    if (type == "date") return Series{.text = date(node["value"]), .type = "date"};
    return Series{.text = TRY(literal(node["value"])), .type = std::string(type)};
  }

  Result<Series> aggregate(Json node, std::string_view op) const {
    if (op == "Exists") return made("(exists " + frame(node).name + ")", {});
    if (op == "Count") return made("count(" + frame(node).name + ")", {});
    const Series& of = series(node, "source");
    if (!of.of_row) return unsupported("an aggregate of a single row");
    TRY(no_outer_row(of));
    const std::string over = of.text + " over " + of.rows + ")";
    if (op == "Sum") return made("sum(" + over, {});
    if (op == "Mean") return made("avg(" + over, {});
    if (op == "Min") return made("min(" + over, {});
    if (op == "Max") return made("max(" + over, {});
    if (op == "CountDistinct") return made("distinct(" + over, {});
    if (op == "CombineAsSet") return Series{.text = of.text, .type = "Set", .of_row = false, .rows = of.rows};
    if (op == "CountEpisodes") {
      // Dates that have no earlier one within the gap.
      const std::string name = "e" + std::to_string(int64_t(node["id"])), late = about(name + ".", of.text);
      const std::string gap = std::to_string(int64_t(node["maximum_gap_days"]));
      return made("distinct(" + of.text + " over " + of.rows + " as " + name + " without (" + of.rows + " where " +
                      of.text + " < " + late + " and days from " + of.text + " to " + late + " <= " + gap + "))",
                  {});
    }
    return unsupported(std::string(op));
  }

  Result<Series> cases(Json node) const {
    std::string text = "(case";
    Series out = made("", {});
    const auto take = [&](const Series& one) {
      if (one.of_row) out.of_row = true, out.rows = one.rows;
      return one.text;
    };
    // A null is what a case without a branch gives.
    const std::string null = "(case when false then " + sample(node) + " end)";
    for (const simdjson::dom::array branch : simdjson::dom::array(node["cases"])) {
      text += " when " + take(series_.at(id(branch.at(0)))) + " then ";
      text += Json(branch.at(1)).is_null() ? null : take(series_.at(id(branch.at(1))));
    }
    const Json otherwise = node["default"];
    if (!otherwise.is_null()) text += " else " + take(series_.at(id(otherwise)));
    out.text = text + " end)";
    return out;
  }
  // Any value of the node's type.
  static std::string sample(Json node) {
    const std::string_view type = node["result_type"];
    return type == "str" ? "''" : type == "date" ? "2000-01-01" : type == "bool" ? "false" : "0";
  }

  Result<Series> function(Json node, std::string_view op) const {
    if (op == "MinimumOf" || op == "MaximumOf") {
      Series out = made(op == "MinimumOf" ? "least(" : "greatest(", {});
      for (const Json one : simdjson::dom::array(node["sources"])) {
        const Series& part = series_.at(id(one));
        if (part.of_row) out.of_row = true, out.rows = part.rows;
        out.text += (out.text.ends_with('(') ? "" : ", ") + part.text;
      }
      out.text += ")";
      return out;
    }
    Json left;
    if (node["lhs"].get(left) != simdjson::SUCCESS) return of_one(op, series(node, "source"));
    const Series& a = series(node, "lhs");
    if (op == "In") return contained(node, a);
    return of_two(op, a, series(node, "rhs"));
  }

  static Result<Series> of_one(std::string_view op, const Series& x) {
    const auto with = [&](const std::string& text) { return made("(" + text + ")", {&x}); };
    const std::string months = "months from 0001-01-01 to " + x.text;
    if (op == "Not") return with("not " + x.text);
    if (op == "IsNull") return with(x.text + " is missing");
    if (op == "Negate") return with("-" + x.text);
    if (op == "Absolute") return with("greatest(" + x.text + ", -" + x.text + ")");
    if (op == "CastToFloat") return as_number_if_truth(x);
    if (op == "CastToInt") {
      const std::string number = as_number_if_truth(x).text;
      return with("case when " + number + " < 0 then -floor(-" + number + ") else floor(" + number + ") end");
    }
    if (op == "YearFromDate") return made("year(" + x.text + ")", {&x});
    if (op == "MonthFromDate") return with("(" + months + ") - 12 * floor((" + months + ") / 12) + 1");
    if (op == "ToFirstOfMonth") return with("0001-01-01 + months(" + months + ")");
    if (op == "ToFirstOfYear") return with("0001-01-01 + years(years from 0001-01-01 to " + x.text + ")");
    if (op == "DayFromDate") return with("(days from (0001-01-01 + months(" + months + ")) to " + x.text + ") + 1");
    return unsupported(std::string(op));
  }

  static Result<Series> of_two(std::string_view op, const Series& a, const Series& b) {
    static const std::map<std::string_view, std::string_view> infix = {
        {"And", "and"}, {"Or", "or"}, {"EQ", "="},  {"NE", "!="},      {"LT", "<"},       {"LE", "<="},
        {"GT", ">"},    {"GE", ">="}, {"Add", "+"}, {"Subtract", "-"}, {"Multiply", "*"}, {"TrueDivide", "/"}};
    const auto with = [&](const std::string& text) { return made("(" + text + ")", {&a, &b}); };
    // Texts are not compared by `<`; which of them is the least is known.
    const bool orders = op == "LT" || op == "LE" || op == "GT" || op == "GE";
    if (orders && a.type == "str") {
      const bool strict = op == "LT" || op == "GT", turned = op == "GT" || op == "LE";
      const std::string low = turned ? b.text : a.text, high = turned ? a.text : b.text;
      const std::string less = "(" + low + " != " + high + " and least(" + low + ", " + high + ") = " + low + ")";
      return with(strict ? less : "not " + less);
    }
    if (const auto found = infix.find(op); found != infix.end())
      return with(a.text + " " + std::string(found->second) + " " + b.text);
    if (op == "FloorDivide") return made("floor(" + a.text + " / " + b.text + ")", {&a, &b});
    if (op == "Power") return made("power(" + a.text + ", " + b.text + ")", {&a, &b});
    if (op == "StringContains") {
      // The empty text is within every text that there is.
      const std::string empty = a.text + " = " + a.text + " and " + b.text + " = " + in_quotes(in_place_of_empty);
      return with(empty + " or contains(" + a.text + ", " + b.text + ")");
    }
    if (op == "DateAddDays") return with(a.text + " + days(" + b.text + ")");
    if (op == "DateAddMonths") return with(a.text + " + months(" + b.text + ")");
    if (op == "DateAddYears") return with(a.text + " + years(" + b.text + ")");
    if (op == "DateDifferenceInDays") return with("days from " + b.text + " to " + a.text);
    // Back in time ehrQL counts a year or month that has begun, the language those that are full.
    if (op == "DateDifferenceInMonths" || op == "DateDifferenceInYears") {
      const std::string unit = op == "DateDifferenceInMonths" ? "months" : "years";
      const std::string back = "(" + unit + " from " + a.text + " to " + b.text + ")";
      return with("case when " + b.text + " <= " + a.text + " then " + unit + " from " + b.text + " to " + a.text +
                  " when " + a.text + " + " + unit + back + " = " + b.text + " then -" + back + " else -" + back +
                  " - 1 end");
    }
    return unsupported(std::string(op));
  }

  // x in a set: of values, or of what a patient's rows hold. Without x it is unknown, unless the set is empty.
  Result<Series> contained(Json node, const Series& x) const {
    const Series& set = series(node, "rhs");
    if (set.type == "Set") {
      const std::string same =
          "exists " + set.rows + " where " + set.text + " = " + about(std::string(1, outer_row), x.text);
      return made("(exists " + set.rows + " where " + set.text + " is not missing) and (case when " + x.text +
                      " is not missing then " + same + " end)",
                  {&x});
    }
    Json nodes = query_["nodes"], values;
    for (const Json one : simdjson::dom::array(nodes))
      if (int64_t(one["id"]) == id(node["rhs"])) values = one["value"]["set"];
    const bool codes = x.type.ends_with("Code");
    std::string text;
    for (const Json one : simdjson::dom::array(values)) {
      if (codes) {
        text += (text.empty() ? "" : ", ") + ("snomed:" + in_quotes(one));
      } else {
        const std::string other = x.type == "date" ? date(one) : TRY(literal(one));
        text += (text.empty() ? "" : " or ") + x.text + " = " + other;
      }
    }
    if (text.empty()) return made("false", {&x});
    return made(codes ? "(" + x.text + " in { " + text + " })" : "(" + text + ")", {&x});
  }

  Json query_;
  std::string text_;
  std::map<std::int64_t, Frame> frames_;
  std::map<std::int64_t, Series> series_;
};

}  // namespace

Result<std::string> text_of(Json query) { return Translator(query).text(); }

}  // namespace chartline::suites
