#include "engine/packed_parts.h"

#include <fcntl.h>
#include <unistd.h>

namespace chartline::engine {
namespace {

constexpr std::size_t buffer_bytes = 1u << 20;

}  // namespace

PackedParts::~PackedParts() {
  if (file_.open()) ::unlink(path_.c_str());
}

Result<void> PackedParts::add(Name code, EncodedPostings part) {
  if (code >= of_code_.size()) of_code_.resize(code + 1);
  if (path_.empty()) {
    of_code_[code].push_back({part.ref, 0, std::move(part.bytes)});
    return {};
  }
  if (!file_.open()) file_ = TRY(open_file(path_, O_RDWR | O_CREAT | O_TRUNC));
  of_code_[code].push_back({part.ref, written_ + unwritten_.size(), {}});
  unwritten_ += part.bytes;
  if (unwritten_.size() < buffer_bytes) return {};
  TRY(write_at(file_, unwritten_, written_, path_));
  written_ += unwritten_.size();
  unwritten_.clear();
  return {};
}

std::uint64_t PackedParts::bytes(Name code) const {
  std::uint64_t bytes = 0;
  for (std::size_t part = 0; part < parts(code); ++part) bytes += of_code_[code][part].ref.bytes;
  return bytes;
}

Result<EncodedPostings> PackedParts::read(Name code, std::size_t place) const {
  const Part& part = of_code_[code][place];
  if (path_.empty()) return EncodedPostings{part.ref, part.bytes};
  if (part.offset >= written_)
    return EncodedPostings{part.ref, Bytes(BytesView(unwritten_).substr(part.offset - written_, part.ref.bytes))};
  return EncodedPostings{part.ref, TRY(read_at(file_, part.ref.bytes, part.offset, path_))};
}

}  // namespace chartline::engine
