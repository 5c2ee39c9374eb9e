// Deidentification: how a project sees records without being told whose they are. Field by field, each by a technique that has
// a name (docs/security.md says them in the words of ISO/IEC 20889):
//
//   identifiers               one pseudonym in the place of all; it finds its patient, and nothing else finds anybody
//   dates                     shifted by whole days, the same for all of a person, or coarsened to months or years; times
//                             without their offset, by the clocks of the store's zone
//   birth                     its year; of whom more than 89 years are known, the year 90 before the last that is known
//   record, encounter, person keyed tokens, so that what belongs together still does
//   text, originals, versions left out; so are places (latitude, postcode), but for as much of them as is asked for
//   codes                     those that are asked for are left out
//   sources                   kept, or left out
//   moments of recording      left out; numbers of events say the order of arrival and no more
//
// All of it is keyed by the project: it is the same for the same person whenever they are seen, and nothing of two projects is
// equal but what the record itself says.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/dictionary.h"
#include "engine/trust/categories.h"
#include "engine/trust/patient_set.h"
#include "engine/trust/project_key.h"
#include "formats/record/time.h"
#include "formats/stored/row.h"

namespace chartline::engine {

// What the clocks of a zone show at an instant.
Micros local_of(Micros utc, const record::Zone& zone);

struct DeidentificationRules {
  enum class Dates : std::uint8_t { shifted, month, year };
  Dates dates = Dates::shifted;
  std::uint32_t shift_days_max = 365;  // either way, never by 0
  record::Day today = 0;               // by which the living are so old
  record::Zone zone{};                 // by whose clocks times are shown
  bool keeps_sources = true;
  std::set<std::pair<std::string, std::string>, CodeOrder> left_out_codes{};  // system and code
  std::map<std::string, std::size_t, std::less<>> cut_attributes{};  // of text: how many of its first bytes stay
};

// Rows as a project sees them, with what they borrow.
struct ChangedRows {
  std::vector<stored::Row> rows;
  record::Arena room;
};

class Deidentification {
 public:
  Deidentification(DeidentificationRules rules, ProjectKey key) : rules_(std::move(rules)), key_(std::move(key)) {}
  const DeidentificationRules& rules() const { return rules_; }

  // 32 hexadecimal digits: the patient's number, enciphered, so that it can be found again by whoever has the key.
  std::string pseudonym(PatientRef patient) const;
  std::optional<PatientRef> patient_of(std::string_view pseudonym) const;

  std::int32_t shift_days(PatientRef person) const;  // 0 where dates are coarsened
  record::Time changed(record::Time time, PatientRef person) const;

  // `person`: the least of the patients that are one person, which keys what all of them share.
  std::unique_ptr<ChangedRows> changed(std::vector<stored::Row> rows, PatientRef person, const Dictionary& names) const;

  // What stands for an id that a source gave, 16 hexadecimal digits.
  std::string token(std::string_view use, std::string_view value, const record::Source& source) const;

  void write(Writer& out) const;  // what makes two of them show the same

 private:
  std::uint64_t round(int number, std::uint64_t half) const;

  DeidentificationRules rules_;
  ProjectKey key_;
};

}  // namespace chartline::engine
