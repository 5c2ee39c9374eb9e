#include "formats/exchange/omop_row.h"

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
using Role = OmopRole;

// Concepts of OMOP's own that readers have to know; https://athena.ohdsi.org.
constexpr std::int64_t male_concept = 8507, female_concept = 8532, unknown_gender_concept = 8551,
                       other_gender_concept = 8521;

std::string_view sex_of(std::int64_t gender_concept) {
  switch (gender_concept) {
    case male_concept: return "male";
    case female_concept: return "female";
    case other_gender_concept: return "other";
    case unknown_gender_concept: return "unknown";
    default: return {};
  }
}

// Attributes that rows get besides those that their columns name.
constexpr std::string_view derived_names[] = {"table", "unmapped", "source_concept", "specialty", "place_of_service",
                                              "birth", "sex",      "death"};

// The source wrote the code: as it stands, or with the .0 of a column that was once made a float.
bool is_spelling_of(std::string_view source_value, const Code& code) {
  if (code.empty()) return false;
  if (record::canonical_code(code.system, source_value) == code.code) return true;
  return source_value.ends_with(".0") && source_value.substr(0, source_value.size() - 2) == code.code;
}

}  // namespace

std::unique_ptr<OmopRows> OmopRows::bind(const OmopTable& table, Csv& csv, OmopContext& context, RowReport& report) {
  std::unique_ptr<OmopRows> rows(new OmopRows(table, csv, context, report));
  rows->bind_columns();
  if (table.about == OmopTable::About::person && !rows->has(Role::person)) return nullptr;
  return rows;
}

OmopRows::OmopRows(const OmopTable& table, Csv& csv, OmopContext& context, RowReport& report)
    : table_(table),
      csv_(csv),
      context_(context),
      report_(report),
      zone_(context.options().zone),
      organisation_(context.organisation()),
      database_(context.database()),
      person_system_(context.person_system()),
      person_source_system_(person_system_ + ":person_source") {
  source_ = {organisation_, database_};
}

void OmopRows::bind_columns() {
  std::vector<bool> is_bound(csv_.header().size(), false);
  for (const OmopColumn& column : table_.columns) {
    const auto index = csv_.column(column.name);
    if (!index) continue;
    is_bound[*index] = true;
    const auto role = static_cast<std::size_t>(column.role);
    if (role < columns_.size()) {
      columns_[role] = index;
      names_[role] = column.attribute;
      names_of_attributes_.take(column.attribute);
      continue;
    }
    // A file may have the names of two versions of the model at once; then the second keeps its own.
    const bool is_free = names_of_attributes_.take(column.attribute);
    attributes_.push_back({*index, column.role,
                           is_free ? column.attribute : names_of_attributes_.take_column(column.name, *index),
                           column.target});
  }
  for (const std::string_view name : derived_names) names_of_attributes_.take(name);
  for (std::size_t index = 0; index < is_bound.size(); ++index)
    if (!is_bound[index])
      attributes_.push_back({index, Role::text, names_of_attributes_.take_column(csv_.header()[index], index), {}});
}

std::string_view OmopRows::cell(OmopRole role) const {
  const auto& column = columns_[static_cast<std::size_t>(role)];
  return column ? trimmed(csv_[*column]) : std::string_view{};
}

std::string_view OmopRows::field(OmopRole role) const {
  const auto& column = columns_[static_cast<std::size_t>(role)];
  return column ? std::string_view(csv_.header()[*column]) : std::string_view{};
}

Result<void> OmopRows::tell(RecordSink& sink) {
  report_.at(csv_.line());
  report_.quality().row();
  if (csv_.fault() != RowFault::none) return report_.rejected("", rule(csv_.fault()), reason(csv_.fault()));
  if (table_.about == OmopTable::About::person && cell(Role::person).empty())
    return report_.rejected(field(Role::person), "no_person", "the row does not say whom it is about");
  const Moment start = moment(cell(Role::start_date), cell(Role::start_datetime), zone_);
  if (start.state == Moment::State::bad)
    return report_.rejected(field(Role::start_date), "bad_date", "the start is no date of the calendar");
  if (start.state == Moment::State::differs)
    TRY(report_.repaired(field(Role::start_datetime), "datetime_differs",
                         "it is not a time of the start date; the date was taken"));

  draft_.begin(source_);
  Event& event = draft_.open(table_.kind);
  event.start = start.time;
  draft_.text_attribute("table", table_.name);
  TRY(set_person());
  TRY(set_record());
  TRY(set_code());
  TRY(set_end());
  TRY(set_value());
  for (const Attribute& attribute : attributes_) TRY(add_attribute(attribute));
  if (table_.kind == Kind::patient) TRY(set_birth());
  if (person_ != nullptr) check_against(person_->life, event, report_.quality());

  const record::Record record = draft_.record(context_.options().keep_originals ? csv_.raw() : std::string_view{});
  if (const Result<void> valid = record::validate(record); !valid)
    return report_.rejected("", not_kept, valid.error().message);
  TRY(sink.record(record));
  report_.quality().accepted(record);
  return {};
}

Result<void> OmopRows::set_person() {
  const std::string_view id = cell(Role::person);
  person_ = id.empty() ? nullptr : context_.person(id);
  draft_.identifier(person_system_, id.empty() ? record::nobody : id);
  draft_.identifier(person_source_system_, cell(Role::person_source));
  if (id.empty() || !context_.has_persons() || (person_ != nullptr && person_->has_row)) return {};
  return report_.repaired(field(Role::person), "person_not_in_person_table",
                          "PERSON has no row of this person; the row is kept");
}

Result<void> OmopRows::set_record() {
  // PERSON and DEATH have one row per person, whose id is theirs.
  const bool is_one_per_person = table_.kind == Kind::patient || table_.kind == Kind::death;
  const std::string_view id = cell(is_one_per_person ? Role::person : Role::id);
  Event& event = draft_.event();
  if (const std::string_view visit = cell(Role::visit); !visit.empty() && visit != "0")
    event.encounter = draft_.joined("visit_occurrence", '/', visit);
  if (id.empty()) return {};
  event.record = draft_.joined(table_.name, '/', id);
  // Rows of one time come in the order of their ids, as numbers: OHDSI's own queries take it as the order of a table.
  if (const auto number = parse_whole(id); number && *number > 0) event.sequence = static_cast<std::uint64_t>(*number);
  const std::uint32_t times = context_.row_ids(table_).seen(id);
  if (times == 1) return {};
  event.record = draft_.joined(event.record, '#', std::to_string(times));
  return report_.repaired(field(is_one_per_person ? Role::person : Role::id), "repeated_id",
                          "an earlier row of the table has the same id; this one is kept beside it");
}

Result<std::int64_t> OmopRows::concept_id(std::string_view cell, std::string_view field, std::string_view kept_as) {
  if (cell.empty()) return std::int64_t{0};
  if (const auto id = parse_whole(cell)) return *id;
  TRY(report_.repaired(field, "bad_concept_id", "it is no number; kept as text"));
  draft_.text_attribute(kept_as, cell);
  return std::int64_t{0};
}

Result<void> OmopRows::set_code() {
  Event& event = draft_.event();
  const std::int64_t main = TRY(concept_id(cell(Role::main_concept), field(Role::main_concept), "concept"));
  const std::int64_t source = TRY(concept_id(cell(Role::source_concept), field(Role::source_concept), "source_concept"));
  const std::string_view text = cell(Role::source_value);

  Code of_source;
  if (source != 0) {
    of_source = code(source);
    draft_.attribute("source_concept", code_value(of_source));
  }
  const Code local = text.empty() ? Code{} : Code{"local", text, {}};
  if (main != 0) event.code = code(main);
  else if (source != 0) event.code = of_source;
  else if (!local.empty()) event.code = local;
  else event.code = {"omop_table", table_.name, {}};
  if (main == 0 && has(Role::main_concept)) draft_.attribute("unmapped", bool_value(true));

  if (main != 0) draft_.translation({"omop", draft_.keep(std::to_string(main)), {}});
  draft_.translation(of_source);
  if (!is_spelling_of(text, event.code) && !is_spelling_of(text, of_source)) draft_.translation(local);
  return {};
}

Result<void> OmopRows::set_end() {
  const Moment end = moment(cell(Role::end_date), cell(Role::end_datetime), zone_);
  Event& event = draft_.event();
  const bool is_open = table_.end == OmopTable::End::unknown || end.state == Moment::State::bad;
  event.end = end.time.known() ? End{End::Form::at, end.time} : End{is_open ? End::Form::unknown : End::Form::point, {}};
  if (end.state == Moment::State::bad)
    return report_.repaired(field(Role::end_date), "bad_date", "the end is no date of the calendar; left unknown");
  if (end.state == Moment::State::differs)
    return report_.repaired(field(Role::end_datetime), "datetime_differs",
                            "it is not a time of the end date; the date was taken");
  return {};
}

Result<void> OmopRows::set_birth() {
  const OmopBirth birth = omop_birth(cell(Role::birth_year), cell(Role::birth_month), cell(Role::birth_day),
                                     cell(Role::birth_datetime), zone_);
  if (birth.time.known()) draft_.attribute(record::attribute::birth, date_value(birth.time));
  if (person_ != nullptr && person_->life.death.known())
    draft_.attribute(record::attribute::death, date_value(person_->life.death));
  if (birth.state == OmopBirth::State::bad)
    return report_.repaired("year_of_birth", "bad_date",
                            "the birth is no date of the calendar; taken as far as it is one");
  if (birth.state == OmopBirth::State::differs)
    return report_.repaired("birth_datetime", "datetime_differs", "it is not on the date of birth; the date was taken");
  return {};
}

Result<void> OmopRows::add_attribute(const Attribute& attribute) {
  const std::string_view text = trimmed(csv_[attribute.column]);
  if (text.empty()) return {};
  const std::string_view column = csv_.header()[attribute.column];
  switch (attribute.role) {
    case Role::code: {
      const std::int64_t id = TRY(concept_id(text, column, attribute.name));
      if (id != 0) draft_.attribute(attribute.name, code_value(code(id)));
      if (table_.kind == Kind::patient && attribute.name == "gender" && !sex_of(id).empty())
        draft_.attribute(record::attribute::sex, code_value({"gender", sex_of(id), {}}));
      return {};
    }
    case Role::quantity:
    case Role::limit:
      if (const auto number = plain_number_cell(text)) {
        record::Value value = number_value(*number);
        if (attribute.role == Role::limit) value.unit = draft_.event().value.unit;
        return draft_.attribute(attribute.name, value), Result<void>{};
      }
      TRY(report_.repaired(column, number_fault(text).rule, number_fault(text).reason));
      break;
    case Role::date:
      if (const Moment when = moment(text, {}, zone_); when.time.known())
        return draft_.attribute(attribute.name, date_value(when.time)), Result<void>{};
      TRY(report_.repaired(column, "bad_date", "it is no date of the calendar; kept as text"));
      break;
    case Role::link: {
      if (text == "0") return {};
      draft_.text_attribute(attribute.name, draft_.joined(attribute.target, '/', text));
      const std::int64_t specialty = attribute.target == "provider" ? context_.specialty(text) : 0;
      const std::int64_t place = attribute.target == "care_site" ? context_.place_of_service(text) : 0;
      if (specialty != 0) draft_.attribute("specialty", code_value(code(specialty)));
      if (place != 0) draft_.attribute("place_of_service", code_value(code(place)));
      return {};
    }
    case Role::time_text:
      if (text == cell(Role::start_date)) return {};
      break;
    default: break;
  }
  draft_.text_attribute(attribute.name, text);
  return {};
}

}  // namespace chartline::exchange
