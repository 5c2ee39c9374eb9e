// Every stored value starts with the version of its format and ends with a checksum of all before it, so that any of them
// can be verified alone: the low half of XXH3, or the whole of it for the log, which nothing else vouches for. Whoever names
// a value elsewhere holds the hash64 of all its bytes, so that it cannot be mistaken for another.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace chartline::stored {

inline constexpr std::uint8_t format_version = 1;

enum class Trailer : std::uint8_t { half = 4, whole = 8 };  // bytes of the checksum at the end

std::uint64_t seal(Bytes& bytes, Trailer trailer = Trailer::half);  // appends the checksum; gives hash64 of all
Bytes sealed_copy(BytesView content);  // version, content, checksum: for bytes that are not ours to lay out

// What stands between version and checksum. `what` names the place in errors: "run", "head". Where `checksum` is given it is
// what must match, else the bytes' own. corrupt, or unsupported for a newer version.
Result<BytesView> unseal(BytesView bytes, std::string_view what, std::optional<std::uint64_t> checksum = {},
                         Trailer trailer = Trailer::half);

BytesView sealed_content(BytesView sound);  // the same of bytes that are known to be sound

Error wrong_bytes(std::string_view what);  // corrupt: the checksum is right and the content is not

}  // namespace chartline::stored
