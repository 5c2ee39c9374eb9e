// Families of keys: which algorithm a key may serve. Part of tokens.h, for its sources alone.
#pragma once

#include "server/tokens.h"

namespace chartline::server {

enum class Family : std::uint8_t { secret, rsa, p256, p384, p521 };

bool is_of(Algorithm algorithm, Family family);

// invalid_request, naming `place`, where the key is none, is too weak, or is the private half.
Result<Family> family_of(const TokenKey& key, const std::string& place);

}  // namespace chartline::server
