#include "formats/exchange/event_extras.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "formats/exchange/cell.h"
#include "formats/exchange/draft.h"
#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

using record::Value;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool has_leading_zero(std::string_view cell) { return cell.size() > 1 && cell[0] == '0' && is_digit(cell[1]); }

// A word of a closed list, in any letter case.
template <typename Word, typename Parse>
std::optional<Refused> set_word(Word& word, std::string_view cell, Parse parse, const Refused& refused) {
  const auto known = parse(lower(cell));
  if (!known) return refused;
  word = *known;
  return std::nullopt;
}

std::optional<Refused> set_end(record::End& end, std::string_view cell, const record::Zone& zone) {
  using Form = record::End::Form;
  if (cell == "ongoing" || cell == "unknown") {
    end.form = cell == "ongoing" ? Form::ongoing : Form::unknown;
    return std::nullopt;
  }
  const auto at = parse_local(cell, zone);
  if (!at) return Refused{"end", "bad_time", "the end is neither ISO 8601 nor one of ongoing and unknown"};
  end = {Form::at, *at};
  return std::nullopt;
}

template <typename Number>
std::optional<Refused> set_whole(Number& number, std::string_view cell, const Refused& refused) {
  const auto [end, failed] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (failed == std::errc{} && end == cell.data() + cell.size()) return std::nullopt;
  return refused;
}

}  // namespace

namespace {

// "<=": what stands before the number of a cell.
std::size_t comparator_size(std::string_view cell) {
  if (cell.empty() || (cell.front() != '<' && cell.front() != '>')) return 0;
  return cell.size() > 1 && cell[1] == '=' ? 2 : 1;
}

}  // namespace

std::optional<Value> number_cell(std::string_view cell) {
  Value value;
  value.form = Value::Form::number;
  if (const std::size_t signs = comparator_size(cell); signs > 0) {
    const auto comparator = record::parse_comparator(cell.substr(0, signs));
    if (!comparator) return std::nullopt;
    value.comparator = *comparator;
    cell = trimmed(cell.substr(signs));
  }
  const auto number = plain_number_cell(cell);
  if (!number) return std::nullopt;
  value.number = *number;
  return value;
}

bool is_long_number(std::string_view cell) {
  cell = trimmed(cell.substr(comparator_size(cell)));
  return !cell.empty() && !plain_number_cell(cell) && record::parse_decimal(cell);
}

Value typed_cell(std::string_view cell, const record::Zone& zone) {
  if (cell == "true" || cell == "false") return bool_value(cell == "true");
  if (!has_leading_zero(cell)) {
    if (const auto number = plain_number_cell(cell)) return number_value(*number);
  }
  // A year alone is a number; what is told for a date has its month at least.
  if (const auto date = parse_local(cell, zone); date && cell.size() > 4) return date_value(*date);
  return text_value(cell);
}

std::optional<Refused> EventExtras::read(const Csv& csv, CodeCells& codes, EventRow& row) {
  system_ = unit_ = display_ = value_display_ = patient_system_ = {};
  comparator_.reset();
  translations_.clear();
  attributes_.clear();
  json_.clear();
  for (const ExtraColumn& column : columns_.extras) {
    const std::string_view cell = trimmed(csv[column.column]);
    if (cell.empty()) continue;
    if (const auto refused = read_cell(csv, column, cell, codes, row)) return refused;
  }
  if (!system_.empty()) row.event.code = codes.read(csv[columns_.code], system_);
  return settle(row);
}

std::optional<Refused> EventExtras::read_cell(const Csv& csv, const ExtraColumn& column, std::string_view cell,
                                              CodeCells& codes, EventRow& row) {
  record::Event& event = row.event;
  switch (column.field) {
    case EventField::system: system_ = cell; break;
    case EventField::unit: unit_ = cell; break;
    case EventField::display: display_ = cell; break;
    case EventField::source: event.source.organisation = cell; break;
    case EventField::source_system: event.source.system = cell; break;
    case EventField::source_person: event.source_person = cell; break;
    case EventField::record: event.record = cell; break;
    case EventField::version: event.version = cell; break;
    case EventField::encounter: event.encounter = cell; break;
    case EventField::patient_system: patient_system_ = cell; break;
    case EventField::value_display: value_display_ = cell; break;
    case EventField::text: return set_value(row, text_value(csv[column.column]));  // white space and all
    case EventField::value_code: return set_value(row, code_value(codes.read(cell)));
    case EventField::attribute: add_attribute(column.name, typed_cell(cell, zone_)); break;
    case EventField::attributes: return add_attributes(cell, codes);
    case EventField::end: return set_end(event.end, cell, zone_);
    case EventField::sequence:
      return set_whole(event.sequence, cell,
                       {"sequence", "bad_sequence", "the sequence is not a whole number of 0 to 18446744073709551615"});
    case EventField::part:
      return set_whole(event.part, cell, {"part", "bad_part", "the part is not a whole number of 0 to 4294967295"});
    case EventField::kind:
      row.kind_said = true;
      return set_word(event.kind, cell, record::parse_kind, {"kind", "bad_kind", "no kind of event has this name"});
    case EventField::status:
      return set_word(event.status, cell, record::parse_status, {"status", "bad_status", "no status has this name"});
    case EventField::certainty:
      return set_word(event.certainty, cell, record::parse_certainty,
                      {"certainty", "bad_certainty", "no certainty has this name"});
    case EventField::author:
      return set_word(event.author, cell, record::parse_author,
                      {"author", "bad_author", "no kind of author has this name"});
    case EventField::comparator:
      comparator_.emplace();
      return set_word(*comparator_, cell, record::parse_comparator,
                      {"comparator", "bad_comparator", "the comparator is not one of <, <=, =, >= and >"});
    case EventField::translations: return add_translations(cell, codes);
  }
  return std::nullopt;
}

std::optional<Refused> EventExtras::set_value(EventRow& row, const Value& value) {
  if (row.event.value.form != Value::Form::none)
    return Refused{"value", "two_values", "more than one of value, text and value_code is filled"};
  row.event.value = value;
  return std::nullopt;
}

void EventExtras::add_attribute(std::string_view name, const Value& value) {
  const auto after = std::upper_bound(attributes_.begin(), attributes_.end(), name,
                                      [](std::string_view n, const auto& a) { return n < a.name; });
  attributes_.insert(after, {name, value});
}

std::optional<Refused> EventExtras::add_translations(std::string_view cell, CodeCells& codes) {
  if (cell.starts_with('[')) {
    if (json_.codes(cell, codes, translations_)) return std::nullopt;
    return Refused{"translations", "bad_json", "the translations are not a JSON array of codes"};
  }
  while (!cell.empty()) {
    const std::string_view one = cell.substr(0, cell.find(';'));
    cell.remove_prefix(std::min(cell.size(), one.size() + 1));
    if (const record::Code code = codes.read(one); !code.empty()) translations_.push_back(code);
  }
  return std::nullopt;
}

std::optional<Refused> EventExtras::add_attributes(std::string_view cell, CodeCells& codes) {
  if (!json_.attributes(cell, codes, attributes_))
    return Refused{"attributes", "bad_json", "the attributes are not a JSON object of values"};
  std::ranges::stable_sort(attributes_, {}, &record::Attribute::name);
  return std::nullopt;
}

// Who the person is: `birth` and `death` are dates even where only a year is told, `sex` is one of FHIR's words.
std::optional<Refused> EventExtras::settle_person() {
  for (record::Attribute& attribute : attributes_) {
    Value& value = attribute.value;
    if (attribute.name == record::attribute::birth || attribute.name == record::attribute::death) {
      if (value.form == Value::Form::number) {
        if (const auto year = parse_local(record::print(value.number), zone_)) value = date_value(*year);
      }
      const bool birth = attribute.name == record::attribute::birth;
      if (value.form != Value::Form::date || (birth && !value.date.known())) {
        return Refused{birth ? "attr.birth" : "attr.death", "bad_time",
                       "the date is not ISO 8601, or there is no such day"};
      }
    } else if (attribute.name == record::attribute::sex) {
      sex_ = record::canonical_code("gender", value.form == Value::Form::code ? value.code.code : value.text);
      static constexpr std::array<std::string_view, 4> known = {"female", "male", "other", "unknown"};
      if (std::ranges::find(known, sex_) == known.end())
        return Refused{"attr.sex", "bad_sex", "the sex is not one of female, male, other and unknown"};
      value = code_value({.system = "gender", .code = sex_, .display = {}});
    }
  }
  return std::nullopt;
}

// What several cells decide together.
std::optional<Refused> EventExtras::settle(EventRow& row) {
  record::Event& event = row.event;
  if (event.kind == record::Kind::patient && row.kind_said) {
    if (const auto refused = settle_person()) return refused;
  }
  const bool is_number = event.value.form == Value::Form::number;
  event.code.display = display_;
  if (event.value.form == Value::Form::code) event.value.code.display = value_display_;
  row.person.system = patient_system_.empty() ? event.source.organisation : record::system_from_uri(patient_system_);
  if (comparator_) {
    if (!is_number)
      return Refused{"comparator", "bad_comparator", "a comparator stands beside a value that is no number"};
    if (event.value.comparator != record::Comparator::equal && event.value.comparator != *comparator_) {
      return Refused{"comparator", "bad_comparator", "the value has a comparator of its own, and it is another"};
    }
    event.value.comparator = *comparator_;
  }
  if (is_number) event.value.unit = unit_;
  else if (!unit_.empty()) add_attribute("unit", text_value(unit_));
  if (row.person.system == record::nhs_system) {
    auto number = record::parse_nhs_number(row.person.value);
    if (!number)
      return Refused{"patient", "bad_nhs_number",
                     "the NHS number does not have ten digits, or its check digit is wrong"};
    nhs_number_ = std::move(*number);
    row.person.value = nhs_number_;
  }
  event.translations = translations_;
  event.attributes = attributes_;
  return std::nullopt;
}

}  // namespace chartline::exchange
