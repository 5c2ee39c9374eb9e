// Who someone is, in the words of the record: what stands at the head of a page about them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/view.h"

namespace chartline::engine {

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
