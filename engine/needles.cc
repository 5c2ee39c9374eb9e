#include <fcntl.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "engine/erase_parts.h"
#include "engine/storage/disk.h"

namespace chartline::engine {
namespace {

constexpr std::size_t piece_bytes = 4u << 20;
constexpr BytesView frame_start("\x28\xb5\x2f\xfd", 4);  // of ZSTD

std::uint32_t start_of(const char* bytes) {
  std::uint32_t start;
  std::memcpy(&start, bytes, sizeof start);
  return start;
}
std::size_t place_of(std::uint32_t start) { return (start * 2654435761u) >> 16; }

}  // namespace

void Needles::add(BytesView text) {
  if (text.size() < length_min) return;
  const BytesView kept = text.substr(0, length_max);
  const std::uint32_t start = start_of(kept.data());
  const auto [from, past] = by_start_.equal_range(start);
  if (std::any_of(from, past, [&](const auto& known) { return known.second == kept; })) return;
  by_start_.emplace(start, kept);
  starts_[place_of(start)] = true;
}

template <typename Found>
void Needles::search(BytesView bytes, const Found& found) const {
  if (bytes.size() < length_min) return;
  for (std::size_t at = 0; at + length_min <= bytes.size(); ++at) {
    const std::uint32_t start = start_of(bytes.data() + at);
    if (!starts_[place_of(start)]) continue;
    const auto [from, past] = by_start_.equal_range(start);
    for (auto needle = from; needle != past; ++needle)
      if (bytes.compare(at, needle->second.size(), needle->second) == 0 && !found(needle->second)) return;
  }
}

bool Needles::any_in(BytesView bytes) const {
  bool any = false;
  search(bytes, [&](const Bytes&) { return any = true, false; });
  return any;
}

void Needles::drop_those_in(BytesView bytes) {
  std::vector<Bytes> common;
  search(bytes, [&](const Bytes& needle) { return common.push_back(needle), true; });
  for (const Bytes& needle : common)
    std::erase_if(by_start_, [&](const auto& known) { return known.second == needle; });
}

namespace {

// Blocks of tables are frames of ZSTD. Whatever looks like the start of one is unpacked, wherever it stands and whatever else knows
// of the file; what is none, or is damaged, ends where it no longer can be. Tables put no frame into another, but what somebody wrote
// to be kept may: thousands that begin one after the other and end alike would be unpacked for days. So what begins within
// another is bounded, and of a file with more of it the rest is not searched.
class Frames {
 public:
  Frames(const OpenFile& file, const std::string& path, const Needles& needles)
      : file_(file),
        path_(path),
        needles_(needles),
        context_(ZSTD_createDCtx(), ZSTD_freeDCtx),
        room_(ZSTD_DStreamOutSize() + Needles::length_max, '\0') {
    chartline::check(context_ != nullptr, "there is memory to unpack a frame");
  }

  bool all_searched() const { return all_searched_; }

  // Whether any that begins in the piece, which stands at `at` in the file, holds one of the needles.
  Result<bool> any_holds(std::uint64_t at, BytesView piece) {
    for (std::size_t start = piece.find(frame_start); start != piece.npos; start = piece.find(frame_start, start + 1))
      if (TRY(holds(at + start, piece.substr(start)))) return true;
    return false;
  }

 private:
  static constexpr std::uint64_t within_least = 64u << 20,
                                 within_share = 32;  // bytes, and as many times those of the file so far

  // `bytes`: the first ones of the frame; the file has those after them.
  Result<bool> holds(std::uint64_t at, BytesView bytes) {
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    const bool within = at < past_;
    if (within && !all_searched_) return false;
    Bytes further;
    std::size_t kept = 0;  // of what was unpacked before, so that nothing is cut in two
    while (!bytes.empty()) {
      ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
      for (bool more = true; more;) {
        ZSTD_outBuffer out{room_.data(), room_.size(), kept};
        const std::size_t taken = in.pos;
        const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &in);
        past_ = std::max(past_, at + in.pos);
        if (within) within_ += in.pos - taken + out.pos - kept;
        if (needles_.any_in(BytesView(room_).substr(0, out.pos))) return true;
        all_searched_ = within_ <= within_least + within_share * past_;
        if (!all_searched_ || left == 0 || ZSTD_isError(left)) return false;
        more = in.pos < in.size || out.pos == out.size;
        kept = std::min(out.pos, Needles::length_max);
        std::copy_n(room_.data() + out.pos - kept, kept, room_.data());
      }
      at += bytes.size();
      bytes = further = TRY(read_at(file_, room_.size(), at, path_));
    }
    return false;
  }

  const OpenFile& file_;
  const std::string& path_;
  const Needles& needles_;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  Bytes room_;
  std::uint64_t past_ = 0;    // the furthest place in the file that a frame came to
  std::uint64_t within_ = 0;  // bytes taken and unpacked of those that began before it
  bool all_searched_ = true;
};

}  // namespace

Result<FilesSearched> search_files(const std::vector<std::string>& files, const Needles& needles) {
  FilesSearched searched;
  for (const std::string& path : files) {
    const Result<OpenFile> file = open_file(path, O_RDONLY);
    if (!file && file.error().fault == Fault::not_found) continue;  // deleted since it was listed
    if (!file) return file.error();
    Frames frames(*file, path, needles);
    bool holds = false;
    for (std::uint64_t at = 0;;) {
      const Bytes bytes = TRY(read_at(*file, piece_bytes, at, path));
      holds = needles.any_in(bytes) || TRY(frames.any_holds(at, bytes));
      if (holds) break;
      searched.bytes_read += std::min<std::uint64_t>(bytes.size(), piece_bytes - Needles::length_max);
      if (bytes.size() < piece_bytes) break;
      at += piece_bytes - Needles::length_max;  // pieces overlap, so that nothing is cut in two
    }
    if (holds) searched.holding.push_back(path);
    else if (!frames.all_searched()) searched.unsearched.push_back(path);
  }
  return searched;
}

}  // namespace chartline::engine
