// Who someone is, in the words of the record: what stands at the head of a page about them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/view.h"

namespace chartline::engine {

// Of all linked patients. Where they differ, the earliest birth and death that are known, and of sexes the first by the
// alphabet, `unknown` last: by what is told, never by the numbers that a store gave them.
struct PersonDemographics {
  record::Time birth, death;  // precision none: not known
  bool dead = false;
  std::string_view sex;  // "female", ...; "" not known
};
Result<PersonDemographics> person_demographics(const View& view, std::span<const PatientRef> linked);

struct PersonAbout {
  std::vector<record::Identifier> identifiers;  // of all linked patients
  record::Time birth, death;
  bool dead = false;
  std::string sex;   // FHIR's word; "" unknown
  std::string name;  // as told last; "" where no source tells one
};

// Identifiers borrow from `room`.
Result<PersonAbout> person_about(const View& view, PatientRef patient, record::Arena& room);

}  // namespace chartline::engine
