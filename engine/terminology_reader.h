// TerminologyReader: what the terminology of a store says, at one moment or under one pin. Looking again under the same
// pin gives the same answers, whatever is loaded in between: a load is never changed, and a pin names the loads it sees.
//
// Hierarchies of a code system come from one version only, the one loaded last that has a hierarchy of that system, so that
// two releases of a terminology do not mix. Mappings come from all versions: each maps codes of its own. Not thread safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/store.h"
#include "formats/record/terminology.h"

namespace chartline::engine {

class TerminologyReader {
 public:
  using CodeName = std::pair<std::string, std::string>;  // system and code

  // `pin`: names of versions joined by "; ", each as it stands now ("omop") or up to one of its loads ("omop@7"); "" sees
  // every version. What finished loading after `as_of` is not seen. not_found where a version was never loaded.
  static Result<TerminologyReader> open(Store& store, std::string_view pin, Micros as_of = INT64_MAX);

  const std::string& pin() const { return pin_; }  // exact: "local map@2; omop@7"; "" where nothing is loaded
  bool empty() const { return versions_.empty(); }

  Result<bool> has_hierarchy(std::string_view system) const;
  // Codes below this one, at any distance, without itself; sorted. Links of parents are followed, and cycles end; a load that
  // lists ancestors at all distances is taken at its word, as OMOP's is meant.
  Result<std::vector<CodeName>> descendants(std::string_view system, std::string_view code) const;
  // Codes that map to this one, and codes of other systems that are kinds of it (maps say so of what is narrower); sorted.
  Result<std::vector<CodeName>> mapping_to(std::string_view system, std::string_view code) const;
  // Codes that it maps to; sorted.
  Result<std::vector<CodeName>> mapped_from(std::string_view system, std::string_view code) const;
  // The code that an OMOP concept id stands for in its vocabulary; more than one only where versions differ.
  Result<std::vector<CodeName>> codes_of_concept(std::string_view omop_id) const;

 private:
  struct Load {
    std::uint32_t part = 0;
    bool lists_all = false;  // its links reach all ancestors: they are not followed
  };
  struct Version {
    std::vector<Load> loads;  // the newest last
  };
  TerminologyReader(Store& store, std::string pin, std::vector<Version> versions)
      : store_(&store), pin_(std::move(pin)), versions_(std::move(versions)) {}

  Result<std::vector<CodeName>> linked(record::Relation relation, const record::Code& code, bool inverse) const;
  Result<std::optional<std::size_t>> hierarchy_of(std::string_view system) const;  // place in versions_, if one has it

  Store* store_;
  std::string pin_;
  std::vector<Version> versions_;                                                       // the one loaded last first
  mutable std::map<std::string, std::optional<std::size_t>, std::less<>> hierarchies_;  // found so far
};

}  // namespace chartline::engine
