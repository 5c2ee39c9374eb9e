#include "formats/exchange/omop_context.h"

#include "formats/exchange/cell.h"

namespace chartline::exchange {
namespace {

using record::Precision;
using record::Time;

std::string_view cell(const Csv& csv, std::optional<std::size_t> column) {
  return column ? trimmed(csv[*column]) : std::string_view{};
}

Time date(int year, unsigned month, unsigned day, Precision precision, const record::Zone& zone) {
  Time time = record::day_time(record::days_from_civil(year, month, day));
  time.offset_minutes = zone.offset_minutes(time.local);
  time.precision = precision;
  return time;
}

bool is_new_year(const Time& time) {
  const record::CivilDay day = record::civil(time.day());
  return day.month == 1 && day.day == 1;
}

}  // namespace

bool OmopContext::is_reference(std::string_view table) {
  return table == "cdm_source" || table == "concept" || table == "provider" || table == "care_site" ||
         table == "person" || table == "death";
}

OmopContext::Learn OmopContext::learner(std::string_view table, const Csv& csv) {
  if (table == "cdm_source") return database_learner(csv);
  if (table == "concept") return concept_learner(csv);
  if (table == "person") return person_learner(csv);
  if (table == "death") return death_learner(csv);
  if (table == "provider") return concept_of_learner(csv, "provider_id", "specialty_concept_id", specialties_);
  if (table == "care_site") return concept_of_learner(csv, "care_site_id", "place_of_service_concept_id", places_);
  return {};
}

OmopContext::Learn OmopContext::database_learner(const Csv& csv) {
  return [this, &csv, abbreviation = csv.column("cdm_source_abbreviation"), name = csv.column("cdm_source_name")] {
    if (!database_.empty()) return;
    database_ = cell(csv, abbreviation);
    if (database_.empty()) database_ = cell(csv, name);
  };
}

OmopContext::Learn OmopContext::concept_learner(const Csv& csv) {
  return [this, &csv, id = csv.column("concept_id"), vocabulary = csv.column("vocabulary_id"),
          code = csv.column("concept_code"), name = csv.column("concept_name")] {
    const auto number = parse_whole(cell(csv, id));
    if (number && *number != 0) concepts_.add(*number, cell(csv, vocabulary), cell(csv, code), cell(csv, name));
  };
}

OmopContext::Learn OmopContext::person_learner(const Csv& csv) {
  has_persons_ = true;
  return [this, &csv, id = csv.column("person_id"), year = csv.column("year_of_birth"),
          month = csv.column("month_of_birth"), day = csv.column("day_of_birth"),
          datetime = csv.column("birth_datetime")] {
    if (cell(csv, id).empty()) return;
    OmopPerson& person = persons_[std::string(cell(csv, id))];
    person.has_row = true;
    person.life.birth =
        omop_birth(cell(csv, year), cell(csv, month), cell(csv, day), cell(csv, datetime), options_.zone).time;
  };
}

OmopContext::Learn OmopContext::death_learner(const Csv& csv) {
  return [this, &csv, id = csv.column("person_id"), date = csv.column("death_date"),
          datetime = csv.column("death_datetime")] {
    const Moment when = moment(cell(csv, date), cell(csv, datetime), options_.zone);
    if (!cell(csv, id).empty() && when.time.known()) persons_[std::string(cell(csv, id))].life.death = when.time;
  };
}

OmopContext::Learn OmopContext::concept_of_learner(const Csv& csv, std::string_view id_column,
                                                   std::string_view concept_column, ConceptById& into) {
  return [&csv, &into, id = csv.column(id_column), concept_id = csv.column(concept_column)] {
    const auto number = parse_whole(cell(csv, concept_id));
    if (number && *number != 0) into.emplace(cell(csv, id), *number);
  };
}

std::string OmopContext::person_system() const {
  const std::string& name = options_.source.empty() ? database_ : options_.source;
  return name.empty() ? "omop" : "omop:" + name;
}

const OmopPerson* OmopContext::person(std::string_view id) const {
  const auto found = persons_.find(id);
  return found == persons_.end() ? nullptr : &found->second;
}

std::int64_t OmopContext::find(const ConceptById& ids, std::string_view id) {
  const auto found = ids.find(id);
  return found == ids.end() ? 0 : found->second;
}

OmopBirth omop_birth(std::string_view year, std::string_view month, std::string_view day, std::string_view datetime,
                     const record::Zone& zone) {
  using State = OmopBirth::State;
  const Moment stated = moment({}, datetime, zone);
  const bool is_stated = stated.time.known();
  const State datetime_state = stated.state == Moment::State::bad ? State::bad : State::known;
  if (year.empty()) return {datetime_state, stated.time};

  const auto y = parse_whole(year);
  if (!y || *y < 1 || *y > 9999) return {State::bad, stated.time};
  const auto the_year = static_cast<int>(*y);
  const Time year_only = date(the_year, 1, 1, Precision::year, zone);
  if (month.empty()) {
    if (!is_stated) return {datetime_state, year_only};
    if (record::civil(stated.time.day()).year != the_year) return {State::differs, year_only};
    // 1 January is what databases make up where they know the year only.
    return {State::known, is_new_year(stated.time) ? year_only : stated.time};
  }

  const auto m = parse_whole(month);
  if (!m || *m < 1 || *m > 12) return {State::bad, year_only};
  const auto the_month = static_cast<unsigned>(*m);
  const Time month_only = date(the_year, the_month, 1, Precision::month, zone);
  if (day.empty()) return {datetime_state, month_only};

  const auto d = parse_whole(day);
  if (!d || *d < 1 || *d > 31 || !record::is_civil(the_year, the_month, static_cast<unsigned>(*d)))
    return {State::bad, month_only};
  const Time whole = date(the_year, the_month, static_cast<unsigned>(*d), Precision::day, zone);
  if (!is_stated) return {datetime_state, whole};
  if (stated.time.day() != whole.day()) return {State::differs, whole};
  return {State::known, stated.time};
}

}  // namespace chartline::exchange
