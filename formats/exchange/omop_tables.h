// The tables of the OMOP Common Data Model, versions 5.3 and 5.4 (https://ohdsi.github.io/CommonDataModel/), and what each
// of their columns becomes. Names are in lower case; files and headers may use any case.
//
//   table                                        kind           one event per row, told apart by attribute `table`
//   -------------------------------------------  -------------  -----------------------------------------------------------
//   person                                       patient        attributes birth, sex, death; ids as identifiers
//   observation_period                           registration   its period
//   visit_occurrence, visit_detail               encounter
//   condition_occurrence                         condition      without an end date the end is unknown: OMOP does not
//   drug_exposure                                medication     say whether it goes on
//   procedure_occurrence                         procedure      a point, unless 5.4 gives an end
//   device_exposure                              device
//   measurement, observation                     observation    a point
//   note                                         document       the text is the value
//   death                                        death          coded by its cause
//   condition_era, drug_era, dose_era, specimen, other          so that an era, which sums up conditions or exposures, is
//   episode, payer_plan_period, cohort                          never counted as one; questions for eras name the table
//   provider, care_site, location, episode_event, other         facts of no person, kept under the identifier "(no patient)"
//   fact_relationship
//   cost                                         service        likewise: its rows name an event and no person
//   concept, concept_ancestor,                   -              terminology
//   concept_relationship, vocabulary
//   cdm_source                                   -              names the database
//
//   column                          becomes
//   ------------------------------  -------------------------------------------------------------------------------------
//   <table>_id                      record "<table>/<id>"; the second row with the id becomes "<table>/<id>#2"
//                                   ids above 0 are the sequence: the order of what is of one time
//   person_id                       identifier "omop:<database>"; person_source_value one more, "...:person_source"
//   X_concept_id of the table       primary code: its code in its vocabulary if CONCEPT has it ("snomed:195662009", and the
//                                   translation "omop:4112343"), else "omop:4112343". If it is 0: the source concept, else
//                                   the source value as "local:...", else "omop_table:<table>"; and attribute `unmapped`
//   X_source_concept_id             translation, and attribute `source_concept`
//   X_source_value                  translation "local:..." unless it is the same code; of visits an attribute
//   dates and datetimes             start and end: the datetime where it falls on the date and is not midnight, else the day
//   visit_occurrence_id             encounter "visit_occurrence/<id>"
//   value_as_number, dose_value     value, with operator_concept_id as comparator; the unit is the UCUM code of
//                                   unit_concept_id, else unit_source_value. All three stay as attributes: `operator`,
//                                   `unit`, `unit_source_value`
//   value_as_concept_id, _string    value if there is no number (the concept first); beside one, an attribute of that name
//   value_source_value              value if there is none other; an attribute where it says more than the number
//   other *_concept_id              code attribute, without "_concept_id" and the table's own prefix ("type", "route")
//   range_low, range_high           number attribute in the unit of the value
//   ids of other tables             text attribute "<table>/<id>" ("provider"); a provider brings its `specialty`, a care
//                                   site its `place_of_service`, as code attributes
//   everything else                 attribute of its name: number, date or text
//   columns that the model has not  text attribute of the column's name
//
// A concept or a reference of 0 says "none" in OMOP and becomes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "formats/record/kind.h"

namespace chartline::exchange {

// clang-format off
enum class OmopRole : std::uint8_t {
  // At most one column of each in a file.
  id, person, person_source, main_concept, source_concept, source_value, start_date, start_datetime, end_date, end_datetime,
  visit, number, comparator, value_concept, value_text, value_source, unit, unit_source,
  birth_year, birth_month, birth_day, birth_datetime,
  // Attributes, any number of columns.
  code, text, time_text, quantity, limit, date, link,  // time_text: left out where it repeats the start date
};
// clang-format on
inline constexpr int omop_single_roles = static_cast<int>(OmopRole::code);

struct OmopColumn {
  std::string_view name;
  OmopRole role;
  std::string_view attribute = {};  // of attribute roles, and of units and values where they stay as attributes too
  std::string_view target = {};     // of links: the table they point to
};

struct OmopTable {
  enum class End : std::uint8_t { point, unknown };  // what a row without an end date has
  enum class About : std::uint8_t { person, nobody };

  std::string_view name;
  record::Kind kind;
  End end;
  About about;
  std::span<const OmopColumn> columns;
};

std::span<const OmopTable> omop_tables();
const OmopTable* find_omop_table(std::string_view name);  // nullptr if there is none

}  // namespace chartline::exchange
