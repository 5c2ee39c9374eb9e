// Grant: what a policy decided that someone may see and do, as plain data. Immutable and shared; a View narrowed by it shows
// exactly that, and nothing in it can be widened afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/trust/categories.h"
#include "engine/trust/patient_set.h"
#include "engine/trust/words.h"
#include "formats/record/event.h"

namespace chartline::engine {

class Deidentification;  // how a record is shown without saying whose it is
class ProjectKey;        // what figures are blurred by

// Records of one organisation, of one of its systems, or of a system wherever it runs.
struct SourceScope {
  std::string organisation, system;  // "" for any
  bool covers(const record::Source& source) const {
    return (organisation.empty() || organisation == source.organisation) && (system.empty() || system == source.system);
  }
  friend bool operator==(const SourceScope&, const SourceScope&) = default;
};

struct Grant {
  // -- to whom, and what for
  std::string user, organisation;
  Role role{};
  Purpose purpose{};
  std::string project;
  bool break_glass = false;  // raises an alert
  std::string reason;        // of the break-glass

  // -- what may be done
  Rights rights = 0;
  bool may(Right right) const { return (rights & mask(right)) != 0; }
  Result<void> require(Right right) const;  // denied, in words that name the right
  Result<void> require_past() const;  // of rows: as of an instant they tell when it was recorded, and so how far dates are shifted

  // -- of whose records: those here, and of them no more than their rule shows
  PatientSet patients;
  std::vector<SourceScope> sources;              // empty: of every source
  std::shared_ptr<const Categories> categories;  // null: none are named
  CategoryRule of_everyone;
  std::vector<std::pair<PatientRef, CategoryRule>> of_patient;  // in the place of `of_everyone`; sorted by patient

  // -- in what form
  bool identifiable = true;  // false: no identifier, no original, and nobody is found by one
  std::shared_ptr<const Deidentification> deidentified;
  Disclosure disclosure = Disclosure::none;            // of figures
  std::uint32_t questions_max = 0, question_days = 1;  // different ones in so many days; 0: no bound (question_budget.h)
  std::shared_ptr<const ProjectKey> figures_key;  // of their noise: without one there are none under disclosure control

  // -- how long
  Micros decided = 0, until = INT64_MAX;  // from `until` on nothing may be read by it: decide anew
  std::string policy;                     // name and hash of the policy that decided
  std::string label;                      // for people who read the audit log; says nothing of patients

  // -- made by seal()
  PatientSet whole;        // those of `patients` who are shown in whole: postings tell of them, and of nobody else
  std::uint64_t mark = 0;  // of all that narrows a view: two grants with one mark show the same

  const CategoryRule& rule_of(PatientRef patient) const;
  // Whether events are left out, or changed, of every patient. Of such a view there are no postings.
  bool sifts_everyone() const { return !sources.empty() || !of_everyone.shows_everything() || deidentified != nullptr; }
  bool shows(PatientRef patient, const record::Event& event) const;  // the simple form
  // Otherwise nobody is told the place in the source of the events that are shown: it counts those that are not.
  bool shows_all_of(PatientRef patient) const { return sources.empty() && rule_of(patient).shows_everything(); }
};

std::shared_ptr<const Grant> seal(Grant grant);

}  // namespace chartline::engine
