// Tokens: signed statements about a user (JWT), read into Claims.
//
// A token is admitted only where all of this holds: its algorithm is one of the configured list; the key that its `kid` names
// is of that algorithm's family (a public key never serves as an HMAC secret); the signature is the key's; issuer, audience and
// expiry are there and right; it is not used before its `nbf`; no object of it names a member twice; it has no critical header
// that we do not know. Whoever presents anything else hears `denied` and no more; the log hears the flaw.
//
// Not prevented: replay. Whoever holds a token is its user until it expires, so tokens live shortly and travel over TLS.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/trust/claims.h"

namespace chartline::server {

// What libjwt of Debian 12 can check; it has no EdDSA.
enum class Algorithm : std::uint8_t { hs256, rs256, rs384, rs512, es256, es384, es512 };
std::string_view name(Algorithm algorithm);                              // "RS256"
Result<std::vector<Algorithm>> parse_algorithms(std::string_view text);  // "RS256, ES256"; invalid_request

// One key. A public key is PEM; a secret is bytes that both sides know, and serves HS256 alone.
struct TokenKey {
  enum class Form : std::uint8_t { public_pem, secret };
  std::string id;  // what a token's `kid` says
  Form form = Form::public_pem;
  std::string bytes;
};

// NAME.pem and NAME.secret of a folder, or one such file; NAME is the id. Secrets must be their owner's alone (0600).
Result<std::vector<TokenKey>> read_token_keys(const std::string& path);

// Which claims say what. A name that begins with '/' is a JSON pointer: "/realm_access/roles".
struct ClaimNames {
  std::string roles = "roles";
  std::string organisation = "organisation";
  std::string teams = "teams";
  std::string patient = "patient";
};

struct TokenOptions {
  std::vector<Algorithm> algorithms = {Algorithm::rs256, Algorithm::es256};
  std::string issuer;
  std::string audience;
  std::vector<TokenKey> keys;
  ClaimNames names{};
  std::uint32_t leeway_seconds = 60;  // how far two clocks may differ; 300 at most
  std::size_t token_bytes_max = 8192;
};

enum class TokenFlaw : std::uint8_t {
  none,
  too_long,
  malformed,         // not three parts of base64url and JSON
  repeated_member,   // a name twice in one object
  algorithm,         // not one of the list
  critical_header,   // demands an extension
  unknown_key,       // no key of this kid, or no kid where several keys are known
  wrong_key_family,  // the key is not of the algorithm's family
  signature,
  issuer,
  audience,
  no_expiry,
  expired,
  not_yet,  // nbf or iat lies ahead
  claims,   // sub, roles or another claim is missing or not of its type
};
std::string_view name(TokenFlaw flaw);  // "signature": words of a closed list, fit for a log

struct TokenVerdict {
  Result<engine::Claims> claims;  // or the one error, `denied`, whatever the flaw
  TokenFlaw flaw = TokenFlaw::none;
};

// Immutable; safe to share between threads.
class Tokens {
 public:
  // invalid_request where the options would not protect: no issuer, no audience, no key, HS256 without a secret or a secret
  // without HS256, an RSA key under 2,048 bits, a private key where a public one belongs.
  static Result<Tokens> make(TokenOptions options);

  TokenVerdict verify(std::string_view token, Micros now) const;

 private:
  explicit Tokens(TokenOptions options) : options_(std::move(options)) {}
  TokenOptions options_;
};

// A key that signs: the private half as PEM, or a secret (HS256).
struct SigningKey {
  std::string id;
  Algorithm algorithm = Algorithm::es256;
  std::string bytes;
};

// PATH ending in .secret holds a secret, anything else a private key as PEM. The file must be its owner's alone; the id is the
// file's name without its ending. The algorithm follows from the key: RS256, ES256, ES384, ES512 or HS256.
Result<SigningKey> read_signing_key(const std::string& path);

struct IssueOptions {
  std::string issuer;
  std::string audience;
  ClaimNames names{};  // plain names only
  std::uint32_t lifetime_seconds = 3600;
};

// A token that `verify` with the key's other half takes back into the same claims, until it expires; claims.expires is not read.
Result<std::string> issue(const SigningKey& key, const engine::Claims& claims, const IssueOptions& options, Micros now);

}  // namespace chartline::server
