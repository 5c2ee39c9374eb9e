#include "formats/exchange/event_columns.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "formats/exchange/cell.h"

namespace chartline::exchange {
namespace {

struct KnownColumn {
  std::string_view name;
  EventField field;
};
constexpr std::array known_columns = {
    KnownColumn{"system", EventField::system},
    KnownColumn{"kind", EventField::kind},
    KnownColumn{"end", EventField::end},
    KnownColumn{"unit", EventField::unit},
    KnownColumn{"comparator", EventField::comparator},
    KnownColumn{"status", EventField::status},
    KnownColumn{"certainty", EventField::certainty},
    KnownColumn{"source", EventField::source},
    KnownColumn{"organisation", EventField::source},
    KnownColumn{"source_system", EventField::source_system},
    KnownColumn{"source_person", EventField::source_person},
    KnownColumn{"record", EventField::record},
    KnownColumn{"version", EventField::version},
    KnownColumn{"sequence", EventField::sequence},
    KnownColumn{"encounter", EventField::encounter},
    KnownColumn{"author", EventField::author},
    KnownColumn{"display", EventField::display},
    KnownColumn{"text", EventField::text},
    KnownColumn{"value_code", EventField::value_code},
    KnownColumn{"value_display", EventField::value_display},
    KnownColumn{"translations", EventField::translations},
    KnownColumn{"patient_system", EventField::patient_system},
    KnownColumn{"part", EventField::part},
    KnownColumn{"attributes", EventField::attributes},
};
constexpr std::array<std::string_view, 3> store_columns = {"ordinal", "number", "recorded"};
constexpr std::string_view attribute_prefix = "attr.";

std::string all_names() {
  std::string names = "patient, time, code, value";
  for (const auto& column : known_columns) names.append(", ").append(column.name);
  return names + ", attr.NAME";
}

std::optional<ExtraColumn> extra(std::string_view name, std::size_t column) {
  if (name.starts_with(attribute_prefix)) {
    std::string attribute = attribute_name(name.substr(attribute_prefix.size()));
    if (attribute.empty()) return std::nullopt;
    return ExtraColumn{EventField::attribute, column, std::move(attribute)};
  }
  const auto known =
      std::find_if(known_columns.begin(), known_columns.end(), [&](const auto& k) { return k.name == name; });
  if (known == known_columns.end()) return std::nullopt;
  return ExtraColumn{known->field, column, std::string(name)};
}

}  // namespace

Result<EventColumns> EventColumns::of(const Csv& csv, const std::string& file) {
  EventColumns columns;
  std::optional<std::size_t> patient, time, code;
  std::map<std::pair<EventField, std::string>, std::string> names;  // by field, of attributes by name
  const auto wrong = [&](const std::string& what) { return invalid_request(file + ", line 1: " + what); };
  for (std::size_t i = 0; i < csv.header().size(); ++i) {
    const std::string name = lower(trimmed(csv.header()[i]));
    if (name == "patient") patient = i;
    else if (name == "time") time = i;
    else if (name == "code") code = i;
    else if (name == "value") columns.value = i;
    else if (std::ranges::find(store_columns, name) != store_columns.end())
      columns.given_by_store.append(columns.given_by_store.empty() ? "" : ",").append(name);
    else if (const auto found = extra(name, i)) {
      const std::string attribute = found->field == EventField::attribute ? found->name : std::string();
      const auto [first, is_new] = names.emplace(std::pair(found->field, attribute), found->name);
      if (!is_new)
        return wrong("two columns stand for the same field: \"" + first->second + "\" and \"" + found->name + "\"");
      columns.extras.push_back(*found);
      columns.has_parts = columns.has_parts || found->field == EventField::part;
    } else {
      return wrong("the column \"" + csv.header()[i] + "\" is not one of " + all_names());
    }
  }
  if (!patient || !time || !code)
    return wrong("the columns patient, time and code are needed; known are " + all_names());
  columns.patient = *patient, columns.time = *time, columns.code = *code;
  // Stable: value columns keep the header's order; attributes come last, sorted as an event wants them.
  std::stable_sort(columns.extras.begin(), columns.extras.end(), [](const ExtraColumn& a, const ExtraColumn& b) {
    const bool a_attribute = a.field == EventField::attribute, b_attribute = b.field == EventField::attribute;
    return a_attribute != b_attribute ? b_attribute : a_attribute && a.name < b.name;
  });
  return columns;
}

}  // namespace chartline::exchange
