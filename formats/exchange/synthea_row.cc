#include "formats/exchange/synthea_row.h"

#include <algorithm>

#include "formats/exchange/cell.h"
#include "formats/record/systems.h"
#include "formats/record/validate.h"

namespace chartline::exchange {
namespace {

using record::Code;
using record::End;
using record::Event;
using record::Kind;
using record::Time;
using Role = SyntheaRole;

constexpr std::string_view synthea = "synthea";

// Attributes and values that rows get besides those that their columns name.
constexpr std::string_view derived_names[] = {"table", "birth", "sex", "death", "units", "value"};

// "SNOMED-CT", "http://snomed.info/sct", "RxNorm"; what Synthea does not know it calls "Unknown".
std::string_view system_of(std::string_view written) {
  const std::string small = lower(written);
  if (small == "snomed-ct" || small == "snomed") return "snomed";
  if (small == "rxnorm") return "rxnorm";
  if (small == "unknown") return synthea;
  return record::system_from_uri(written);
}

// LOINC codes end in a dash and a check digit; Synthea puts codes of its own beside them ("QALY").
bool is_loinc(std::string_view code) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return code.size() > 2 && code[code.size() - 2] == '-' && is_digit(code.back()) && is_digit(code.front());
}

std::string_view sex_of(std::string_view gender) {
  if (gender == "M") return "male";
  if (gender == "F") return "female";
  return {};
}

// Midnight of 1970-01-01 is how Synthea's claims write that there is no time.
bool is_epoch(const Time& time) { return time.instant() == 0 && time.precision >= record::Precision::second; }

}  // namespace

void learn_life(const Csv& csv, const record::Zone& zone, SyntheaLives& into) {
  const auto cell = [&](std::string_view column) {
    const auto index = csv.column(column);
    return index ? trimmed(csv[*index]) : std::string_view{};
  };
  if (csv.fault() != RowFault::none || cell("Id").empty()) return;
  into[std::string(cell("Id"))] = {parse_local(cell("BIRTHDATE"), zone).value_or(Time{}),
                                   parse_local(cell("DEATHDATE"), zone).value_or(Time{})};
}

std::unique_ptr<SyntheaRows> SyntheaRows::bind(const SyntheaTable& table, Csv& csv, const ReadOptions& options,
                                               const SyntheaLives& lives, RowReport& report) {
  std::unique_ptr<SyntheaRows> rows(new SyntheaRows(table, csv, options, lives, report));
  rows->bind_columns();
  if (table.about == SyntheaTable::About::person && rows->field(Role::person).empty()) return nullptr;
  return rows;
}

SyntheaRows::SyntheaRows(const SyntheaTable& table, Csv& csv, const ReadOptions& options, const SyntheaLives& lives,
                         RowReport& report)
    : table_(table), csv_(csv), options_(options), lives_(lives), report_(report) {}

void SyntheaRows::bind_columns() {
  std::vector<bool> is_bound(csv_.header().size(), false);
  for (const SyntheaColumn& column : table_.columns) {
    const auto index = csv_.column(column.name);
    if (!index || is_bound[*index]) continue;
    const auto role = static_cast<std::size_t>(column.role);
    if (role < columns_.size()) {
      // Of two columns for one thing, as of two layouts, the second stays an attribute.
      if (columns_[role]) continue;
      columns_[role] = index;
    } else if (column.role == Role::display) {
      const auto coded = std::find_if(attributes_.begin(), attributes_.end(),
                                      [&](const Attribute& a) { return a.name == column.attribute; });
      if (coded == attributes_.end()) continue;
      coded->display = index;
    } else if (column.role == Role::identifier || names_.take(column.attribute)) {
      attributes_.push_back({*index, column.role, column.attribute, column.detail, {}});
    } else {
      continue;
    }
    is_bound[*index] = true;
  }
  for (const std::string_view name : derived_names) names_.take(name);
  for (std::size_t index = 0; index < is_bound.size(); ++index)
    if (!is_bound[index])
      attributes_.push_back({index, Role::text, names_.take_column(csv_.header()[index], index), {}, {}});
}

std::string_view SyntheaRows::cell(Role role) const {
  const auto& column = columns_[static_cast<std::size_t>(role)];
  return column ? trimmed(csv_[*column]) : std::string_view{};
}

std::string_view SyntheaRows::field(Role role) const {
  const auto& column = columns_[static_cast<std::size_t>(role)];
  return column ? std::string_view(csv_.header()[*column]) : std::string_view{};
}

Result<void> SyntheaRows::tell(RecordSink& sink) {
  report_.at(csv_.line());
  report_.quality().row();
  if (csv_.fault() != RowFault::none) return report_.rejected("", rule(csv_.fault()), reason(csv_.fault()));
  const bool is_about_a_person = table_.about == SyntheaTable::About::person;
  if (is_about_a_person && cell(Role::person).empty())
    return report_.rejected(field(Role::person), "no_person", "the row does not say whom it is about");
  const auto start = parse_local(cell(Role::start), options_.zone);
  if (!start && !cell(Role::start).empty())
    return report_.rejected(field(Role::start), "bad_date", "the start is no date of the calendar");

  draft_.begin({options_.source.empty() ? synthea : std::string_view(options_.source), synthea});
  draft_.identifier(synthea, is_about_a_person ? cell(Role::person) : record::nobody);
  Event& event = draft_.open(table_.kind);
  if (start) event.start = *start;
  draft_.text_attribute("table", table_.name);
  set_record();
  set_code();
  TRY(set_end(event.start));
  TRY(set_value());
  for (const Attribute& attribute : attributes_) TRY(add_attribute(attribute));
  TRY(check_patient());
  if (table_.kind == Kind::patient) TRY(set_life());

  const record::Record record = draft_.record(options_.keep_originals ? csv_.raw() : std::string_view{});
  if (const Result<void> valid = record::validate(record); !valid)
    return report_.rejected("", not_kept, valid.error().message);
  TRY(sink.record(record));
  report_.quality().accepted(record);
  return {};
}

void SyntheaRows::set_record() {
  Event& event = draft_.event();
  const std::string_view id = cell(table_.kind == Kind::patient ? Role::person : Role::id);
  if (!id.empty()) event.record = draft_.joined(table_.name, '/', id);
  if (!id.empty() && !cell(Role::id_more).empty()) event.record = draft_.joined(event.record, '/', cell(Role::id_more));
  if (!cell(Role::encounter).empty()) event.encounter = draft_.joined("encounters", '/', cell(Role::encounter));
}

void SyntheaRows::set_code() {
  Event& event = draft_.event();
  const std::string_view written = cell(Role::code);
  if (written.empty()) {
    event.code = {"synthea_table", table_.name, {}};
    return;
  }
  std::string_view system = cell(Role::system).empty() ? table_.code_system : system_of(cell(Role::system));
  if (system == "loinc" && !is_loinc(written)) system = synthea;
  event.code = {draft_.keep(system), draft_.keep(record::canonical_code(system, written)), cell(Role::description)};
}

Result<void> SyntheaRows::set_end(const Time& start) {
  Event& event = draft_.event();
  const std::string_view written = cell(Role::stop);
  switch (table_.end) {
    case SyntheaTable::End::point: break;
    case SyntheaTable::End::unknown: event.end.form = End::Form::unknown; break;
    case SyntheaTable::End::ongoing: event.end.form = End::Form::ongoing; break;
  }
  if (written.empty()) return {};
  event.end = {End::Form::unknown, {}};
  const auto stop = parse_local(written, options_.zone);
  if (!stop) return report_.repaired(field(Role::stop), "bad_date", "the end is no date of the calendar; left unknown");
  if (is_epoch(*stop) && start.known() && start.instant() > 0)
    return report_.repaired(field(Role::stop), "epoch_date",
                            "the start of 1970 stands for no date; the end is left unknown");
  event.end = {End::Form::at, *stop};
  return {};
}

Result<void> SyntheaRows::set_value() {
  const std::string_view written = cell(Role::value), type = cell(Role::value_type);
  const std::string_view unit = cell(Role::units) == "null" ? std::string_view{} : cell(Role::units);  // Java's null
  record::Value& value = draft_.event().value;
  const auto number = type == "text" ? std::nullopt : plain_number_cell(written);
  if (number) {
    value = number_value(*number);
    value.unit = unit;
    return {};
  }
  draft_.text_attribute("units", unit);
  if (written.empty()) return {};
  value = text_value(written);
  if (type != "numeric") return {};
  return report_.repaired(field(Role::value), number_fault(written).rule, number_fault(written).reason);
}

Result<void> SyntheaRows::add_attribute(const Attribute& attribute) {
  const std::string_view text = trimmed(csv_[attribute.column]);
  const std::string_view display = attribute.display ? trimmed(csv_[*attribute.display]) : std::string_view{};
  if (text.empty())
    return draft_.text_attribute(attribute.name, display), Result<void>{};  // a description without its code
  const std::string_view column = csv_.header()[attribute.column];
  switch (attribute.role) {
    case Role::identifier: return draft_.identifier(attribute.detail, text), Result<void>{};
    case Role::coded:
      return draft_.attribute(attribute.name, code_value({attribute.detail, text, display})), Result<void>{};
    case Role::link:
      if (text == "0") return {};  // claims: no payer
      return draft_.text_attribute(attribute.name, draft_.joined(attribute.detail, '/', text)), Result<void>{};
    case Role::quantity:
      if (const auto number = plain_number_cell(text))
        return draft_.attribute(attribute.name, number_value(*number)), Result<void>{};
      TRY(report_.repaired(column, number_fault(text).rule, number_fault(text).reason));
      break;
    case Role::date:
      if (const auto time = parse_local(text, options_.zone))
        return draft_.attribute(attribute.name, date_value(*time)), Result<void>{};
      TRY(report_.repaired(column, "bad_date", "it is no date of the calendar; kept as text"));
      break;
    default: break;
  }
  draft_.text_attribute(attribute.name, text);
  return {};
}

Result<void> SyntheaRows::check_patient() {
  if (lives_.empty() || table_.about != SyntheaTable::About::person) return {};
  const auto life = lives_.find(cell(Role::person));
  if (life == lives_.end())
    return report_.repaired(field(Role::person), "unknown_patient",
                            "patients.csv has no row of this patient; the row is kept");
  check_against(life->second, draft_.event(), report_.quality());
  return {};
}

Result<void> SyntheaRows::set_life() {
  const std::string_view gender = cell(Role::gender);
  draft_.text_attribute("gender", gender);
  if (!sex_of(gender).empty()) draft_.attribute(record::attribute::sex, code_value({"gender", sex_of(gender), {}}));

  const auto birth = parse_local(cell(Role::birth), options_.zone);
  if (birth) draft_.attribute(record::attribute::birth, date_value(*birth));
  if (!birth && !cell(Role::birth).empty())
    TRY(report_.repaired(field(Role::birth), "bad_date", "the birth is no date of the calendar; left out"));

  if (cell(Role::death).empty()) return {};
  const auto death = parse_local(cell(Role::death), options_.zone);
  if (!death)
    TRY(report_.repaired(field(Role::death), "bad_date", "the death is no date of the calendar; its date is unknown"));
  const Time when = death.value_or(Time{});
  draft_.attribute(record::attribute::death, date_value(when));
  Event& event = draft_.open(Kind::death);
  event.code = {"synthea_table", table_.name, {}};
  event.start = when;
  draft_.text_attribute("table", table_.name);
  return {};
}

}  // namespace chartline::exchange
