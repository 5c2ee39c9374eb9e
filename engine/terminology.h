// Terminology in the store: concepts and links of code systems, loaded beside events and found by code. Kept under a
// version, so that a query can pin the one it was expanded with; loading again under the same version adds to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/store.h"
#include "formats/record/terminology.h"

namespace chartline::engine {

class TerminologyLoad {
 public:
  // `version` names what is loaded ("omop v5.0 2023-01"); "" takes "default".
  static Result<std::unique_ptr<TerminologyLoad>> begin(Store& store, std::string_view version);
  virtual ~TerminologyLoad() = default;  // before the store; without finish() nothing of it stays visible
  virtual Result<void> add(const record::Concept& entry) = 0;  // the last word on a code counts
  virtual Result<void> add(const record::ConceptLink& link) = 0;
  struct Counts {
    std::uint64_t concepts = 0, links = 0;
  };
  virtual Result<Counts> finish() = 0;
};

struct TerminologyVersion {
  std::string name;
  std::string pin;  // as it stands now, for TerminologyReader: "omop@7"
  std::uint64_t concepts = 0, links = 0;
};
Result<std::vector<TerminologyVersion>> terminology_versions(Store& store);

// Of one version ("" = the one loaded last). Text borrows from `room`.
Result<std::optional<record::Concept>> find_concept(Store& store, std::string_view version, const record::Code& code,
                                                    record::Arena& room);
// Links from (`inverse` false) or to (true) a code.
Result<std::vector<record::ConceptLink>> concept_links(Store& store, std::string_view version, record::Relation relation,
                                                       const record::Code& code, bool inverse, record::Arena& room);

}  // namespace chartline::engine
