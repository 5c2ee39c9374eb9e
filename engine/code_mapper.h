// CodeMapper: adds to events, on their way into the store, the standard codes that their codes map to, as further
// translations. Maps are those of the terminology that was loaded before the import began.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/terminology_reader.h"
#include "formats/record/event.h"

namespace chartline::engine {

class CodeMapper {
 public:
  explicit CodeMapper(TerminologyReader terminology) : terminology_(std::move(terminology)) {}

  // The same record, or one that borrows from it and from `room`.
  Result<record::Record> mapped(const record::Record& record, record::Arena& room);

 private:
  using Names = std::vector<TerminologyReader::CodeName>;
  Result<const Names*> targets(const record::Code& code);

  TerminologyReader terminology_;
  std::unordered_map<std::string, Names> known_;  // by system and code
};

}  // namespace chartline::engine
