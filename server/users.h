// The local users file: who may log in where there is no identity provider. TOML, one table for each user, so that a person can
// read and compare it:
//
//   [users.mary]
//   roles = ["clinician"]
//   organisation = "RYJ"
//   teams = ["ward 7"]
//   hash = "$argon2id$v=19$m=262144,t=3,p=1$..."
//
// `chartline user` writes it, as a whole and in one step; comments of others are not kept. The file holds hashes, so it is its
// owner's alone (0600) or it is not read. Passwords are kept as Argon2id hashes that carry their own parameters.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/trust/claims.h"

namespace chartline::server {

struct User {
  std::vector<std::string> roles;
  std::string organisation;
  std::vector<std::string> teams;
  std::string patient;  // SYSTEM|VALUE
  std::string hash;     // "" where the user has no password, and gets in by tokens alone
};

// By name. A name is 1 to 64 letters, digits, dots, hyphens, underscores and @.
using UserTable = std::map<std::string, User, std::less<>>;

bool is_user_name(std::string_view name);

// not_found where there is no file; denied where others have rights to it; invalid_request, with its line, for what is not
// as above.
Result<UserTable> read_users(const std::string& path);
Result<void> write_users(const std::string& path, const UserTable& users);

// How dear a hash is. Each check takes as much memory and time as the hash was made with.
enum class HashCost : std::uint8_t {
  interactive,  // 64 MiB; for tests
  moderate,     // 256 MiB, about half a second
};

inline constexpr std::size_t password_bytes_min = 12;
inline constexpr std::size_t password_bytes_max = 1024;

// invalid_request for a password out of these bounds.
Result<std::string> hash_password(std::string_view password, HashCost cost = HashCost::moderate);

// Checks passwords. Safe to share between threads; a check blocks for as long as its hash takes, so it belongs on a worker.
// One check runs at a time, which bounds the memory, and few wait.
class Users {
 public:
  static Result<Users> open(const std::string& path);
  explicit Users(UserTable users);

  // The user's claims, expiring `lifetime` after now. Whatever is wrong, name or password, the answer is `denied` after the same
  // time: for a name that is not there, another user's hash is checked and the outcome dropped. busy where too many wait.
  Result<engine::Claims> verify(std::string_view name, std::string_view password, Micros now, Micros lifetime) const;

  const UserTable& table() const { return users_; }

 private:
  struct Turn;
  UserTable users_;
  std::string decoy_;
  std::shared_ptr<Turn> turn_;  // apart, so that Users can be moved
};

engine::Claims claims_of(const std::string& name, const User& user, Micros expires);

}  // namespace chartline::server
