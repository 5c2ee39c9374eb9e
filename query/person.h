// Person: everything that a query can ask of one patient, or what some statements do ask, read from a View. Patients who are linked are one person, under
// the least of their references. Borrowed from the reader that filled it, until it is filled again.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/view.h"
#include "formats/record/event.h"
#include "query/wanted.h"

namespace chartline::query {

struct Person {
  engine::PatientRef patient;
  std::string_view name;                  // the value of the first identifier; of linked patients' the least
  std::span<const record::Event> events;  // in the store's total order; entered in error too; kind `patient` too
  record::Time birth, death;              // precision none: not known
  bool dead = false;
  std::string_view sex;  // "female", ...; "" not known
};

class PersonReader {
 public:
  explicit PersonReader(const engine::View& view, Wanted wanted = {});
  ~PersonReader();
  // Everyone of the store once: patients without any event or demographics left (erased, or given an id and nothing else) are passed
  // over, and so is who holds facts of no person. false: not a person of their own (linked under a lesser reference), or such.
  Result<bool> read(engine::PatientRef patient, Person& into);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The store's total order of events: instant, coarser precision, source, sequence, record, part, ordinal, number.
bool comes_before(const record::Event& a, const record::Event& b);

}  // namespace chartline::query
