// PackedParts: what one thread of a bulk load has packed of the postings of one shard, in a scratch file; memory holds where
// each part is. Without a scratch folder the parts stay in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/fold.h"
#include "engine/storage/disk.h"

namespace chartline::engine {

class PackedParts {
 public:
  explicit PackedParts(std::string path) : path_(std::move(path)) {}  // "": in memory
  ~PackedParts();
  PackedParts(PackedParts&&) noexcept = default;
  PackedParts& operator=(PackedParts&&) = delete;

  // The parts of one code come by ascending blocks.
  Result<void> add(Name code, EncodedPostings part);
  // Codes below this have parts.
  Name codes() const { return static_cast<Name>(of_code_.size()); }
  std::size_t parts(Name code) const { return code < of_code_.size() ? of_code_[code].size() : 0; }
  const stored::PostingRun& ref(Name code, std::size_t part) const { return of_code_[code][part].ref; }
  std::uint64_t bytes(Name code) const;
  Result<EncodedPostings> read(Name code, std::size_t part) const;

 private:
  struct Part {
    stored::PostingRun ref;
    std::uint64_t offset = 0;  // in the file
    Bytes bytes;               // or here
  };
  std::string path_;
  OpenFile file_;
  std::uint64_t written_ = 0;
  Bytes unwritten_;
  std::vector<std::vector<Part>> of_code_;
};

}  // namespace chartline::engine
