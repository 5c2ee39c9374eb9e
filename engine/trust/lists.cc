#include "engine/trust/lists.h"

#include <algorithm>

namespace chartline::engine {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

// One field from the front of the rest; nullopt for a quote that does not end, or ends before its field does.
std::optional<std::string> take_field(std::string_view& rest, bool& more) {
  std::string field;
  rest = trimmed(rest);
  if (rest.starts_with('"')) {
    std::size_t at = 1;
    for (; at < rest.size(); ++at) {
      if (rest[at] != '"') {
        field.push_back(rest[at]);
      } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
        field.push_back(rest[at++]);
      } else {
        break;
      }
    }
    if (at == rest.size()) return std::nullopt;
    rest = trimmed(rest.substr(at + 1));
    if (!rest.empty() && !rest.starts_with(',')) return std::nullopt;
  } else {
    const std::size_t end = std::min(rest.find(','), rest.size());
    field = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  more = rest.starts_with(',');
  if (more) rest.remove_prefix(1);
  return field;
}

std::optional<std::vector<std::string>> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  for (bool more = true; more;) {
    std::optional<std::string> field = take_field(line, more);
    if (!field) return std::nullopt;
    fields.push_back(std::move(*field));
  }
  return fields;
}

}  // namespace

Error Line::complaint(std::string_view what) const {
  return invalid_request(std::string(origin) + ": line " + std::to_string(number) + ": " + std::string(what));
}

std::vector<Line> lines_of(std::string_view text, std::string_view origin) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<Line> lines;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && !line.starts_with('#')) lines.push_back({.text = line, .number = number, .origin = origin});
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::optional<record::Day> parse_day(std::string_view text) {
  const auto time = record::parse_time(text);
  if (!time || time->precision != record::Precision::day) return std::nullopt;
  return time->day();
}

Result<std::vector<ListRow>> rows_of(std::string_view text, std::string_view origin, const std::vector<Column>& columns) {
  const std::vector<Line> lines = lines_of(text, origin);
  if (lines.empty()) return invalid_request(std::string(origin) + ": the list has no line of column names");
  const auto heads = fields_of(lines.front().text);
  if (!heads) return lines.front().complaint("a quote has no end");
  std::vector<std::optional<std::size_t>> places;
  for (const Column& column : columns) {
    const auto at = std::ranges::find(*heads, column.name);
    places.push_back(at == heads->end() ? std::nullopt : std::optional<std::size_t>(at - heads->begin()));
    if (!places.back() && column.required)
      return lines.front().complaint("the column " + std::string(column.name) + " is missing");
  }
  for (const std::string& head : *heads) {
    if (std::ranges::find(columns, head, &Column::name) == columns.end())
      return lines.front().complaint("a column is none that this list has");
    if (std::ranges::count(*heads, head) > 1) return lines.front().complaint("a column stands there twice");
  }
  std::vector<ListRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto fields = fields_of(lines[i].text);
    if (!fields) return lines[i].complaint("a quote has no end, or something follows it");
    if (fields->size() != heads->size())
      return lines[i].complaint(std::to_string(fields->size()) + " fields, and " + std::to_string(heads->size()) +
                                " columns");
    ListRow& row = rows.emplace_back(ListRow{.line = lines[i], .fields = {}});
    for (const auto& place : places) row.fields.push_back(place ? (*fields)[*place] : std::string());
  }
  return rows;
}

}  // namespace chartline::engine
