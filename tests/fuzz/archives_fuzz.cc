// Any bytes as a file that may be compressed, an archive, or both: its members come in pieces of bounded size, and they end.
#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "formats/exchange/input.h"
#include "tests/fuzz/parts.h"

namespace {

using namespace chartline;
using namespace chartline::exchange;

constexpr std::uint64_t bytes_looked_at = 8 << 20;  // a few bytes may stand for terabytes
constexpr int members_looked_at = 64;

Result<void> read_all(const std::string& path) {
  Inputs inputs = TRY(Inputs::open(std::span(&path, 1)));
  std::uint64_t bytes = 0, sum = 0;
  for (int i = 0; i < members_looked_at; ++i) {
    Input* input = TRY(inputs.next());
    if (input == nullptr) break;
    check(input->name().starts_with(path), "a member is named after its file");
    for (;;) {
      const std::string_view piece = TRY(input->next());
      if (piece.empty()) break;
      check(piece.size() <= 2 * chunk_bytes, "memory is bounded by the piece");
      sum += hash64(piece);
      bytes += piece.size();
      if (bytes > bytes_looked_at) return {};
    }
    check(TRY(input->next()).empty(), "an end is an end");
  }
  static_cast<void>(sum);
  check(inputs.consumed_bytes() <= inputs.total_bytes(), "no more is read than there is");
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  const std::string path = folder.put("input", std::string_view(reinterpret_cast<const char*>(data), size));
  static_cast<void>(read_all(path));  // what is damaged gives an error, which is as good an end as any
  return 0;
}
