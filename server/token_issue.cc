#include <jwt.h>

#include <memory>

#include "base/utf8.h"
#include "server/token_keys.h"

namespace chartline::server {
namespace {

constexpr Micros second = 1'000'000;

jwt_alg_t number_of(Algorithm algorithm) { return jwt_str_alg(std::string(name(algorithm)).c_str()); }

// A JSON object, built member by member.
class Members {
 public:
  void add(std::string_view name, std::string_view text) {
    key(name);
    append_json_string(json_, text);
  }
  void add(std::string_view name, std::int64_t number) {
    key(name);
    json_ += std::to_string(number);
  }
  void add(std::string_view name, const std::vector<std::string>& words) {
    key(name);
    json_ += '[';
    for (const std::string& word : words) {
      if (&word != &words.front()) json_ += ',';
      append_json_string(json_, word);
    }
    json_ += ']';
  }
  std::string closed() && { return std::move(json_) + "}"; }

 private:
  void key(std::string_view name) {
    if (json_.size() > 1) json_ += ',';
    append_json_string(json_, name);
    json_ += ':';
  }
  std::string json_ = "{";
};

std::string payload_of(const engine::Claims& claims, const IssueOptions& options, Micros now) {
  Members members;
  members.add("iss", options.issuer);
  members.add("aud", options.audience);
  members.add("sub", claims.user);
  members.add("iat", now / second);
  members.add("nbf", now / second);
  members.add("exp", now / second + options.lifetime_seconds);
  members.add(options.names.roles, claims.roles);
  if (!claims.organisation.empty()) members.add(options.names.organisation, claims.organisation);
  if (!claims.teams.empty()) members.add(options.names.teams, claims.teams);
  if (!claims.patient.empty()) members.add(options.names.patient, claims.patient);
  return std::move(members).closed();
}

}  // namespace

Result<std::string> issue(const SigningKey& key, const engine::Claims& claims, const IssueOptions& options, Micros now) {
  if (options.issuer.empty() || options.audience.empty())
    return invalid_request("a token names its issuer and its audience");
  if (claims.user.empty()) return invalid_request("a token names its user");
  for (const std::string* claim :
       {&options.names.roles, &options.names.organisation, &options.names.teams, &options.names.patient})
    if (claim->starts_with('/')) return invalid_request("tokens are issued with plain names of claims");
  jwt_t* made = nullptr;
  const Error failed = unavailable("the token could not be signed");
  if (jwt_new(&made) != 0) return failed;
  const std::unique_ptr<jwt_t, decltype(&jwt_free)> token(made, jwt_free);
  if (jwt_add_grants_json(made, payload_of(claims, options, now).c_str()) != 0 ||
      jwt_add_header(made, "kid", key.id.c_str()) != 0 ||
      jwt_set_alg(made, number_of(key.algorithm), reinterpret_cast<const unsigned char*>(key.bytes.data()),
                  static_cast<int>(key.bytes.size())) != 0)
    return failed;
  const std::unique_ptr<char, decltype(&std::free)> text(jwt_encode_str(made), std::free);
  if (!text) return failed;
  return std::string(text.get());
}

}  // namespace chartline::server
