#include "formats/stored/seal.h"

#include <string>

#include "base/check.h"
#include "base/hash.h"

namespace chartline::stored {

std::uint64_t seal(Bytes& bytes, Trailer trailer) {
  const std::uint64_t hash = hash64(bytes);
  if (trailer == Trailer::half) Writer(bytes).u32(static_cast<std::uint32_t>(hash));
  else Writer(bytes).u64(hash);
  return hash64(bytes);
}

Bytes sealed_copy(BytesView content) {
  Bytes bytes;
  bytes.reserve(1 + content.size() + static_cast<std::size_t>(Trailer::half));
  Writer write(bytes);
  write.u8(format_version);
  write.raw(content);
  seal(bytes);
  return bytes;
}

namespace {

bool vouched_for(BytesView sealed, BytesView checksum) {
  const std::uint64_t hash = hash64(sealed);
  Reader in(checksum);
  return checksum.size() == sizeof hash ? in.u64() == hash : in.u32() == static_cast<std::uint32_t>(hash);
}

}  // namespace

Result<BytesView> unseal(BytesView bytes, std::string_view what, std::optional<std::uint64_t> checksum, Trailer trailer) {
  const auto trailer_bytes = static_cast<std::size_t>(trailer);
  if (bytes.size() < 1 + trailer_bytes)
    return corrupt(std::string(what) + ": " + std::to_string(bytes.size()) + " bytes are too few");
  const BytesView sealed = bytes.substr(0, bytes.size() - trailer_bytes);
  const bool same = checksum ? hash64(bytes) == *checksum : vouched_for(sealed, bytes.substr(sealed.size()));
  if (!same) return corrupt(std::string(what) + ": checksum differs");
  const auto version = static_cast<std::uint8_t>(sealed[0]);
  if (version != format_version) {
    const std::string text = std::string(what) + ": format version " + std::to_string(version);
    return version > format_version ? unsupported(text + " is newer than this program")
                                    : corrupt(text + " does not exist");
  }
  return sealed.substr(1);
}

BytesView sealed_content(BytesView sound) {
  constexpr std::size_t version_bytes = 1, trailer_bytes = static_cast<std::size_t>(Trailer::half);
  check(sound.size() >= version_bytes + trailer_bytes, "bytes that were sealed");
  return sound.substr(version_bytes, sound.size() - version_bytes - trailer_bytes);
}

Error wrong_bytes(std::string_view what) { return corrupt(std::string(what) + ": content is not what was written"); }

}  // namespace chartline::stored
