#include "engine/packed_parts.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/check.h"

namespace chartline::engine {
namespace {

constexpr std::size_t buffer_bytes = 1u << 20;
static_assert(std::is_trivially_copyable_v<stored::PostingRun>, "it stands before its part as it is");

}  // namespace

PackedParts::~PackedParts() {
  if (file_.open()) ::unlink(path_.c_str());
}

Result<void> PackedParts::add(Name code, const EncodedPostings& part) {
  check(part.bytes.size() == part.ref.bytes && (open_.codes.empty() || open_.codes.back().code <= code),
        "parts come by code");
  if (open_.codes.empty() || open_.codes.back().code != code) open_.codes.push_back({code, open_.bytes});
  const std::size_t bytes = sizeof part.ref + part.bytes.size();
  if (bytes > std::numeric_limits<std::uint32_t>::max() - open_.bytes)
    return invalid_request("more postings are packed at once than can be");
  open_.bytes += static_cast<std::uint32_t>(bytes);
  unwritten_.append(reinterpret_cast<const char*>(&part.ref), sizeof part.ref);
  unwritten_ += part.bytes;
  return !path_.empty() && unwritten_.size() >= buffer_bytes ? flush() : Result<void>();
}

void PackedParts::end_packing() {
  open_.codes.shrink_to_fit();
  const std::uint64_t next = open_.offset + open_.bytes;
  packings_.push_back(std::move(open_));
  open_ = {.offset = next, .bytes = 0, .codes = {}};
}

Result<void> PackedParts::flush() {
  if (!file_.open()) file_ = TRY(open_file(path_, O_RDWR | O_CREAT | O_TRUNC));
  TRY(write_at(file_, unwritten_, written_, path_));
  written_ += unwritten_.size();
  unwritten_.clear();
  return {};
}

PackedParts::Stretch PackedParts::stretch_of(const Packing& packing, Name code) {
  const auto begin = std::ranges::lower_bound(packing.codes, code, {}, &Begin::code);
  if (begin == packing.codes.end() || begin->code != code) return {};
  const auto next = begin + 1;
  const std::uint32_t past = next == packing.codes.end() ? packing.bytes : next->offset;
  return {packing.offset + begin->offset, past - begin->offset};
}

std::vector<Name> PackedParts::names() const {
  std::vector<Name> all;
  for (const Packing& packing : packings_)
    for (const Begin& begin : packing.codes) all.push_back(begin.code);
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::uint64_t PackedParts::bytes(Name code) const {
  std::uint64_t bytes = 0;
  for (const Packing& packing : packings_) bytes += stretch_of(packing, code).bytes;
  return bytes;
}

// A stretch may have been written in part.
Result<Bytes> PackedParts::read(const Stretch& stretch) const {
  Bytes bytes;
  const std::uint64_t past = stretch.offset + stretch.bytes;
  if (stretch.offset < written_)
    bytes =
        TRY(read_at(file_, static_cast<std::size_t>(std::min(past, written_) - stretch.offset), stretch.offset, path_));
  if (past > written_) {
    const std::uint64_t from = std::max(stretch.offset, written_);
    bytes +=
        BytesView(unwritten_).substr(static_cast<std::size_t>(from - written_), static_cast<std::size_t>(past - from));
  }
  if (bytes.size() != stretch.bytes) return unavailable("scratch: packed postings ended early: " + path_);
  return bytes;
}

Result<void> PackedParts::read(Name code, const std::function<Result<void>(EncodedPostings part)>& each) const {
  for (const Packing& packing : packings_) {
    const Stretch stretch = stretch_of(packing, code);
    if (stretch.bytes == 0) continue;
    const Bytes bytes = TRY(read(stretch));
    for (std::size_t at = 0; at < bytes.size();) {
      EncodedPostings part;
      if (bytes.size() - at < sizeof part.ref) return unavailable("scratch: packed postings are cut off: " + path_);
      std::memcpy(&part.ref, bytes.data() + at, sizeof part.ref);
      at += sizeof part.ref;
      if (bytes.size() - at < part.ref.bytes) return unavailable("scratch: packed postings are cut off: " + path_);
      part.bytes = bytes.substr(at, part.ref.bytes);
      at += part.ref.bytes;
      TRY(each(std::move(part)));
    }
  }
  return {};
}

}  // namespace chartline::engine
