// PackedParts: what one thread of a bulk load has packed of the postings of one shard, in a scratch file. Every packing is
// one stretch of it, code by code; memory holds where in each packing a code begins, eight bytes. Without a scratch folder
// the bytes stay in memory.
#pragma once

#include <cstdint>
#include <functional>
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

  // Codes ascend within a packing, and the parts of one code by blocks, from packing to packing too.
  Result<void> add(Name code, const EncodedPostings& part);
  void end_packing();

  std::vector<Name> names() const;  // of which there are parts, ascending
  std::uint64_t bytes(Name code) const;
  // The parts of one code, by ascending blocks. Several threads may read.
  Result<void> read(Name code, const std::function<Result<void>(EncodedPostings part)>& each) const;

 private:
  struct Begin {
    Name code;
    std::uint32_t offset;  // in the packing
  };
  struct Packing {
    std::uint64_t offset = 0;  // in the file
    std::uint32_t bytes = 0;
    std::vector<Begin> codes;  // ascending
  };
  struct Stretch {
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
  };
  static Stretch stretch_of(const Packing& packing, Name code);
  Result<Bytes> read(const Stretch& stretch) const;
  Result<void> flush();

  std::string path_;
  OpenFile file_;
  std::uint64_t written_ = 0;
  Bytes unwritten_;
  Packing open_;
  std::vector<Packing> packings_;
};

}  // namespace chartline::engine
