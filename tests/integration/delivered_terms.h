// The terminology that a reader delivered, kept the obvious way: the last word on a code counts, and a link said twice
// is one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "engine/terminology.h"

namespace chartline::integration {

class DeliveredTerms {
 public:
  void add(const record::Concept& entry);
  void add(const record::ConceptLink& link);
  engine::TerminologyLoad::Counts distinct() const { return {concepts_.size(), links_.size()}; }

  // How many of them the store does not give back as they were said.
  std::uint64_t missing_in(engine::Store& store) const;

 private:
  using Key = std::pair<std::string, std::string>;  // system, code
  std::map<Key, std::string> concepts_;             // displays
  std::set<std::tuple<record::Relation, Key, Key>> links_;
};

}  // namespace chartline::integration
