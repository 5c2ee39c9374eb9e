// ProjectKey: the secret behind whatever a project is shown in the place of the truth: pseudonyms, shifts of dates, the noise
// of figures. One key file, kept outside the store, holds a secret of 32 bytes; every project has a key of its own, derived
// from it, so that nothing of two projects is equal but by chance. All hashes are BLAKE2b, keyed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace chartline::engine {

class ProjectKey {
 public:
  static constexpr std::size_t secret_bytes = 32;
  using Secret = std::array<unsigned char, secret_bytes>;

  ProjectKey(const Secret& secret, std::string_view project);

  // The 64 hexadecimal digits of a file: `openssl rand -hex 32`. denied where others than its owner have any right to it or
  // it belongs to somebody else, not_found where there is none, invalid_request where it holds anything else.
  static Result<Secret> read_secret(const std::string& path);
  static Result<Secret> parse_secret(std::string_view text, const std::string& path);  // of what such a file holds

  // `use` parts what the key is used for, so that no hash of one use is one of another.
  std::uint64_t hash(std::string_view use, BytesView bytes) const;

 private:
  Secret key_{};
};

}  // namespace chartline::engine
