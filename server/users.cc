#include "server/users.h"

#include <sodium.h>

namespace chartline::server {
namespace {

constexpr int waiting_max = 16;

struct Price {
  unsigned long long operations;
  std::size_t memory;
};

Price price_of(HashCost cost) {
  if (cost == HashCost::interactive) return {crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE};
  return {crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE};
}

// What is checked for a name that is not there: the hash of a user who is, so that it costs the same. Where nobody has a
// password, a hash of nothing at the usual cost.
std::string decoy_of(const UserTable& users) {
  for (const auto& [name, user] : users)
    if (!user.hash.empty()) return user.hash;
  return "$argon2id$v=19$m=262144,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
}

bool matches(const std::string& hash, std::string_view password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace

struct Users::Turn {
  std::mutex mutex;
  std::atomic<int> waiting = 0;
};

Result<std::string> hash_password(std::string_view password, HashCost cost) {
  if (password.size() < password_bytes_min) return invalid_request("a password has 12 characters or more");
  if (password.size() > password_bytes_max) return invalid_request("a password has 1,024 bytes at most");
  char hash[crypto_pwhash_STRBYTES] = {};
  const Price price = price_of(cost);
  if (sodium_init() < 0 || crypto_pwhash_str_alg(hash, password.data(), password.size(), price.operations, price.memory,
                                                 crypto_pwhash_ALG_ARGON2ID13) != 0)
    return unavailable("the password could not be hashed: there is too little memory");
  return std::string(hash);
}

Users::Users(UserTable users) : users_(std::move(users)), decoy_(decoy_of(users_)), turn_(std::make_shared<Turn>()) {}

Result<Users> Users::open(const std::string& path) { return Users(TRY(read_users(path))); }

Result<engine::Claims> Users::verify(std::string_view name, std::string_view password, Micros now, Micros lifetime) const {
  if (turn_->waiting.fetch_add(1) >= waiting_max) {
    turn_->waiting.fetch_sub(1);
    return busy("too many are logging in at once");
  }
  const std::lock_guard turn(turn_->mutex);
  const auto found = users_.find(name);
  const bool known = found != users_.end() && !found->second.hash.empty();
  const bool right = sodium_init() >= 0 && password.size() <= password_bytes_max &&
                     matches(known ? found->second.hash : decoy_, password);
  turn_->waiting.fetch_sub(1);
  if (!known || !right) return denied("denied");
  return claims_of(found->first, found->second, now + lifetime);
}

engine::Claims claims_of(const std::string& name, const User& user, Micros expires) {
  return {.user = name,
          .roles = user.roles,
          .organisation = user.organisation,
          .teams = user.teams,
          .patient = user.patient,
          .expires = expires};
}

}  // namespace chartline::server
