#include <fcntl.h>

#include <algorithm>

#include "engine/erase_parts.h"
#include "engine/storage/disk.h"

namespace chartline::engine {
namespace {

constexpr std::size_t start_bytes = sizeof(std::uint32_t);
constexpr std::size_t piece_bytes = 4u << 20;

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

Result<std::vector<std::string>> files_holding(const std::vector<std::string>& files, const Needles& needles,
                                               std::uint64_t& bytes_read) {
  std::vector<std::string> holding;
  for (const std::string& path : files) {
    const Result<OpenFile> file = open_file(path, O_RDONLY);
    if (!file && file.error().fault == Fault::not_found) continue;  // deleted since it was listed
    if (!file) return file.error();
    for (std::uint64_t at = 0;;) {
      const Bytes bytes = TRY(read_at(*file, piece_bytes, at, path));
      if (needles.any_in(bytes)) {
        holding.push_back(path);
        break;
      }
      bytes_read += std::min<std::uint64_t>(bytes.size(), piece_bytes - Needles::length_max);
      if (bytes.size() < piece_bytes) break;
      at += piece_bytes - Needles::length_max;  // pieces overlap, so that nothing is cut in two
    }
  }
  return holding;
}

}  // namespace chartline::engine
