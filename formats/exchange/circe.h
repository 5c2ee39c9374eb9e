// circe: OHDSI cohort definitions (the JSON of ATLAS and of the PhenotypeLibrary), written as a cohort of Chartline's query
// language. The text stands by itself; its comments name the parts of the original.
//
//   codes cs_2 = { omop:<<256451 }                     # concept sets
//   let entries = condition[cs_2] ...                  # primary criteria, observation window, limit
//   let rule_1 = entries as ix where (...)             # inclusion rules, one after the other
//   let stays = rule_1 as ix ending least(...)         # exits and censoring
//   cohort NAME per eras(stays, gap 0d) as stay until date(stay.end) = true
//
// docs/ohdsi.md says element by element what is covered. A definition with an element that is not is refused as a whole, with
// the path of that element.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace chartline::exchange {

struct CirceOptions {
  std::string cohort;  // the name that it gets
  // As circe's SQL has it: ages go by the year alone.
  bool as_circe = false;
};

Result<std::string> cohort_from_circe(std::string_view json, const CirceOptions& options);

}  // namespace chartline::exchange
