// The tables of Synthea's CSV export (https://github.com/synthetichealth/synthea/wiki/CSV-File-Data-Dictionary), older and
// newer layouts, and what each of their columns becomes.
//
//   table                          kind          an event is coded in      without STOP
//   -----------------------------  ------------  ------------------------  ------------------------------------------------
//   patients                       patient       synthea_table             -
//   encounters                     encounter     snomed                    unknown
//   conditions                     condition     snomed                    ongoing: Synthea writes the end when there is one
//   allergies                      allergy       by SYSTEM, else snomed    ongoing
//   careplans                      care_plan     snomed                    ongoing
//   medications                    medication    rxnorm                    ongoing
//   devices                        device        snomed                    ongoing
//   procedures                     procedure     snomed                    a point
//   observations                   observation   loinc; QALY and other     a point
//                                                codes without a check
//                                                digit: synthea
//   immunizations                  immunization  cvx                       a point
//   imaging_studies                report        snomed (PROCEDURE_CODE)   a point
//   supplies                       service       snomed                    a point
//   claims, claims_transactions    service       synthea_table             a point; their diagnoses are attributes, so that a
//                                                                          claim is not counted as a condition
//   payer_transitions              other         synthea_table             unknown
//   organizations, providers,      other         synthea_table             facts of no person
//   payers
//
//   column                       becomes
//   ---------------------------  -----------------------------------------------------------------------------------------
//   Id, ID                       record "<table>/<id>", of an imaging study "<table>/<id>/<instance uid>"; rows without an
//                                id are known by their content
//   PATIENT, PATIENTID           identifier "synthea"; SSN, DRIVERS, PASSPORT of patients further ones: "us-ssn",
//                                "synthea:drivers", "synthea:passport"
//   ENCOUNTER, APPOINTMENTID     encounter "encounters/<id>"
//   CODE, SYSTEM, DESCRIPTION    primary code and its display
//   START, DATE and the like     start; STOP and the like: end
//   VALUE, UNITS, TYPE           value: a number where TYPE says numeric, or says nothing and it is one; else text
//   a code with its description  code attribute ("reason"), the description its display
//   PROVIDER and other ids       text attribute "<table>/<id>"
//   DEATHDATE of patients        attribute `death`, and a second event of the record, kind death
//   everything else              attribute of its name, in lower case: number, date or text; also columns not listed here
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "formats/record/kind.h"

namespace chartline::exchange {

// clang-format off
enum class SyntheaRole : std::uint8_t {
  // At most one column of each in a file.
  id, id_more, person, encounter, start, stop, code, system, description, value, units, value_type, birth, death, gender,
  // Any number of columns.
  identifier,  // detail: its system
  coded,       // an attribute; detail: the code system
  display,     // of the coded attribute that `attribute` names
  text, quantity, date,
  link,        // detail: the table it points to
};
// clang-format on
inline constexpr int synthea_single_roles = static_cast<int>(SyntheaRole::identifier);

struct SyntheaColumn {
  std::string_view name;
  SyntheaRole role;
  std::string_view attribute = {};
  std::string_view detail = {};
};

struct SyntheaTable {
  enum class End : std::uint8_t { point, unknown, ongoing };  // what a row without an end has
  enum class About : std::uint8_t { person, nobody };

  std::string_view name;
  record::Kind kind;
  std::string_view code_system;  // "" where rows have no code of their own
  End end;
  About about;
  std::span<const SyntheaColumn> columns;
};

std::span<const SyntheaTable> synthea_tables();
const SyntheaTable* find_synthea_table(std::string_view name);  // lower case; nullptr if there is none

}  // namespace chartline::exchange
