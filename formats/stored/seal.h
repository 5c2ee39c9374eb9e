// Every stored value starts with the version of its format and ends with four bytes of checksum (the low half of XXH3 of
// all before them), so that any of them can be verified alone. Whoever names it elsewhere holds the whole hash64 of all
// its bytes, so that it cannot be mistaken for another.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace chartline::stored {

inline constexpr std::uint8_t format_version = 1;

std::uint64_t seal(Bytes& bytes);  // appends the checksum; gives hash64 of all

// What stands between version and checksum. `what` names the place in errors: "run", "head". Where `checksum` is given it is
// what must match, else the bytes' own. corrupt, or unsupported for a newer version.
Result<BytesView> unseal(BytesView bytes, std::string_view what, std::optional<std::uint64_t> checksum = {});

Error wrong_bytes(std::string_view what);  // corrupt: the checksum is right and the content is not

}  // namespace chartline::stored
