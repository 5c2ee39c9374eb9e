#include "formats/stored/seal.h"

#include <string>

#include "base/hash.h"

namespace chartline::stored {

namespace {
constexpr std::size_t trailer_bytes = 4;
}

std::uint64_t seal(Bytes& bytes) {
  Writer(bytes).u32(static_cast<std::uint32_t>(hash64(bytes)));
  return hash64(bytes);
}

Result<BytesView> unseal(BytesView bytes, std::string_view what, std::optional<std::uint64_t> checksum) {
  if (bytes.size() < 1 + trailer_bytes) return corrupt(std::string(what) + ": " + std::to_string(bytes.size()) + " bytes are too few");
  const BytesView sealed = bytes.substr(0, bytes.size() - trailer_bytes);
  const bool same = checksum ? hash64(bytes) == *checksum
                             : static_cast<std::uint32_t>(hash64(sealed)) == Reader(bytes.substr(sealed.size())).u32();
  if (!same) return corrupt(std::string(what) + ": checksum differs");
  const auto version = static_cast<std::uint8_t>(sealed[0]);
  if (version != format_version) {
    const std::string text = std::string(what) + ": format version " + std::to_string(version);
    return version > format_version ? unsupported(text + " is newer than this program") : corrupt(text + " does not exist");
  }
  return sealed.substr(1);
}

Error wrong_bytes(std::string_view what) { return corrupt(std::string(what) + ": content is not what was written"); }

}  // namespace chartline::stored
