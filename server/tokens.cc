// Our own strict reading decides everything but the signature; libjwt checks that over the very bytes that were read, and must
// have understood the same algorithm.
//
//   1. three parts of base64url without padding; header and payload are JSON objects that name no member twice
//   2. algorithm of the list, no `crit`, the key by its id, of the algorithm's family
//   3. signature
//   4. issuer, audience, expiry, not before
//   5. the claims
#include "server/tokens.h"

#include <jwt.h>
#include <openssl/err.h>
#include <simdjson.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <set>

#include "server/token_keys.h"

namespace chartline::server {
namespace {

namespace dom = simdjson::dom;

constexpr std::uint32_t leeway_seconds_max = 300;
constexpr std::size_t token_bytes_limit = 64 << 10;
constexpr std::size_t depth_max = 16;
constexpr std::size_t word_bytes_max = 512;
constexpr std::size_t words_max = 256;
constexpr double seconds_max = 9'000'000'000.0;  // the year 2255; microseconds still fit
constexpr Micros second = 1'000'000;

struct Known {
  Algorithm algorithm;
  std::string_view name;
  jwt_alg_t number;
};
constexpr std::array<Known, 7> known = {{{Algorithm::hs256, "HS256", JWT_ALG_HS256},
                                         {Algorithm::rs256, "RS256", JWT_ALG_RS256},
                                         {Algorithm::rs384, "RS384", JWT_ALG_RS384},
                                         {Algorithm::rs512, "RS512", JWT_ALG_RS512},
                                         {Algorithm::es256, "ES256", JWT_ALG_ES256},
                                         {Algorithm::es384, "ES384", JWT_ALG_ES384},
                                         {Algorithm::es512, "ES512", JWT_ALG_ES512}}};

const Known* find(std::string_view name) {
  const auto found = std::ranges::find(known, name, &Known::name);
  return found == known.end() ? nullptr : &*found;
}

// Either what was read, or the flaw.
template <typename T>
struct Read {
  T value{};
  TokenFlaw flaw = TokenFlaw::none;
};

bool names_repeat(const dom::element& element) {
  dom::object object;
  dom::array array;
  if (element.get(object) == simdjson::SUCCESS) {
    std::set<std::string_view> names;
    for (const auto member : object)
      if (!names.insert(member.key).second || names_repeat(member.value)) return true;
  } else if (element.get(array) == simdjson::SUCCESS) {
    for (const dom::element item : array)
      if (names_repeat(item)) return true;
  }
  return false;
}

std::optional<std::string> decoded(std::string_view part) {
  std::string bytes(part.size(), '\0');
  std::size_t size = 0;
  // Refuses padding, letters of another alphabet, and bits behind the last byte.
  if (part.empty() ||
      sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), part.data(), part.size(), nullptr,
                        &size, nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

Read<dom::element> parse(std::string_view part, dom::parser& parser) {
  Read<dom::element> read;
  const auto json = decoded(part);
  if (!json || parser.allocate(std::max<std::size_t>(json->size(), 64), depth_max) != simdjson::SUCCESS ||
      parser.parse(json->data(), json->size()).get(read.value) != simdjson::SUCCESS || !read.value.is_object())
    read.flaw = TokenFlaw::malformed;
  else if (names_repeat(read.value)) read.flaw = TokenFlaw::repeated_member;
  return read;
}

template <typename Element>
std::optional<std::string_view> text_of(const Element& element) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

// Names end up in the audit log and on terminals.
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= word_bytes_max &&
         std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

simdjson::simdjson_result<dom::element> claim(const dom::element& payload, const std::string& name) {
  return name.starts_with('/') ? payload.at_pointer(name) : payload.at_key(name);
}

bool is_absent(const simdjson::simdjson_result<dom::element>& element) {
  return element.error() != simdjson::SUCCESS || element.is_null();
}

// A word that may be missing; false where it is something else.
bool take_word(const dom::element& payload, const std::string& name, std::string& word) {
  const auto found = claim(payload, name);
  if (is_absent(found)) return true;
  const auto text = text_of(found);
  if (!text || (!text->empty() && !is_word(*text))) return false;
  word = *text;
  return true;
}

// A list of words, or one; it may be missing.
bool take_words(const dom::element& payload, const std::string& name, std::vector<std::string>& words) {
  const auto found = claim(payload, name);
  if (is_absent(found)) return true;
  if (const auto text = text_of(found)) {
    words.emplace_back(*text);
    return is_word(*text);
  }
  dom::array list;
  if (found.get(list) != simdjson::SUCCESS || list.size() > words_max) return false;
  for (const dom::element item : list) {
    const auto text = text_of(item);
    if (!text || !is_word(*text)) return false;
    words.emplace_back(*text);
  }
  return true;
}

// Seconds since 1970; a fraction is allowed and dropped.
std::optional<std::int64_t> seconds_of(const dom::element& payload, const char* name) {
  double number = 0;
  const auto found = payload.at_key(name);
  if (found.error() || !found.is_number() || found.get(number) != simdjson::SUCCESS) return std::nullopt;
  if (!std::isfinite(number) || number < 0 || number > seconds_max) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

bool is_present(const dom::element& payload, const char* name) { return !payload.at_key(name).error(); }

bool is_for(const dom::element& payload, std::string_view audience) {
  const auto found = payload.at_key("aud");
  if (const auto text = text_of(found)) return *text == audience;
  dom::array list;
  if (found.get(list) != simdjson::SUCCESS) return false;
  for (const dom::element item : list)
    if (text_of(item) == audience) return true;
  return false;
}

bool is_signed(const std::string& token, const TokenKey& key, jwt_alg_t algorithm) {
  jwt_t* read = nullptr;
  const int failed = jwt_decode(&read, token.c_str(), reinterpret_cast<const unsigned char*>(key.bytes.data()),
                                static_cast<int>(key.bytes.size()));
  const std::unique_ptr<jwt_t, decltype(&jwt_free)> owned(read, jwt_free);
  // What OpenSSL remembers of a bad signature would be taken for a failure of the TLS connection that this thread reads next.
  ERR_clear_error();
  return failed == 0 && read != nullptr && jwt_get_alg(read) == algorithm;
}

// The key of this id; without an id, the only one.
const TokenKey* key_of(const std::vector<TokenKey>& keys, const dom::element& header) {
  const auto id = header.at_key("kid");
  if (id.error()) return keys.size() == 1 ? &keys.front() : nullptr;
  const auto text = text_of(id);
  const auto found = text ? std::ranges::find(keys, *text, &TokenKey::id) : keys.end();
  return found == keys.end() ? nullptr : &*found;
}

TokenFlaw check_header(const dom::element& header, const TokenOptions& options, const std::string& token) {
  const auto word = text_of(header.at_key("alg"));
  const Known* algorithm = word ? find(*word) : nullptr;
  if (algorithm == nullptr || std::ranges::find(options.algorithms, algorithm->algorithm) == options.algorithms.end())
    return TokenFlaw::algorithm;
  if (is_present(header, "crit")) return TokenFlaw::critical_header;
  const TokenKey* key = key_of(options.keys, header);
  if (key == nullptr) return TokenFlaw::unknown_key;
  const auto family = family_of(*key, "");
  if (!family || !is_of(algorithm->algorithm, *family)) return TokenFlaw::wrong_key_family;
  return is_signed(token, *key, algorithm->number) ? TokenFlaw::none : TokenFlaw::signature;
}

TokenFlaw check_times(const dom::element& payload, const TokenOptions& options, Micros now, engine::Claims& claims) {
  const Micros leeway = options.leeway_seconds * second;
  const auto expires = seconds_of(payload, "exp");
  if (!expires) return TokenFlaw::no_expiry;
  if (now >= *expires * second + leeway) return TokenFlaw::expired;
  for (const char* name : {"nbf", "iat"}) {
    if (!is_present(payload, name)) continue;
    const auto from = seconds_of(payload, name);
    if (!from || now < *from * second - leeway) return TokenFlaw::not_yet;
  }
  claims.expires = *expires * second + leeway;
  return TokenFlaw::none;
}

TokenFlaw check_payload(const dom::element& payload, const TokenOptions& options, Micros now, engine::Claims& claims) {
  if (text_of(payload.at_key("iss")) != options.issuer) return TokenFlaw::issuer;
  if (!is_for(payload, options.audience)) return TokenFlaw::audience;
  if (const TokenFlaw flaw = check_times(payload, options, now, claims); flaw != TokenFlaw::none) return flaw;
  const auto user = text_of(payload.at_key("sub"));
  if (!user || !is_word(*user)) return TokenFlaw::claims;
  claims.user = *user;
  const ClaimNames& names = options.names;
  const bool taken = take_words(payload, names.roles, claims.roles) &&
                     take_word(payload, names.organisation, claims.organisation) &&
                     take_words(payload, names.teams, claims.teams) && take_word(payload, names.patient, claims.patient);
  return taken ? TokenFlaw::none : TokenFlaw::claims;
}

TokenFlaw read_token(std::string_view text, const TokenOptions& options, Micros now, engine::Claims& claims) {
  if (text.size() > options.token_bytes_max) return TokenFlaw::too_long;
  const std::size_t first = text.find('.');
  const std::size_t second_dot = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second_dot == std::string_view::npos || text.find('.', second_dot + 1) != std::string_view::npos)
    return TokenFlaw::malformed;
  dom::parser header_parser, payload_parser;
  const auto header = parse(text.substr(0, first), header_parser);
  if (header.flaw != TokenFlaw::none) return header.flaw;
  const auto payload = parse(text.substr(first + 1, second_dot - first - 1), payload_parser);
  if (payload.flaw != TokenFlaw::none) return payload.flaw;
  // What is unsigned, as `alg: none` has it, is told as the algorithm's flaw.
  const std::string_view signature = text.substr(second_dot + 1);
  if (!signature.empty() && !decoded(signature)) return TokenFlaw::malformed;
  if (const TokenFlaw flaw = check_header(header.value, options, std::string(text)); flaw != TokenFlaw::none)
    return flaw;
  return check_payload(payload.value, options, now, claims);
}

Error wrong_options(const char* what) { return invalid_request(std::string("tokens: ") + what); }

}  // namespace

std::string_view name(Algorithm algorithm) { return std::ranges::find(known, algorithm, &Known::algorithm)->name; }

Result<std::vector<Algorithm>> parse_algorithms(std::string_view text) {
  std::vector<Algorithm> algorithms;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const Known* found = find(word);
    if (found == nullptr) return wrong_options("the algorithms are HS256, RS256, RS384, RS512, ES256, ES384 and ES512");
    if (std::ranges::find(algorithms, found->algorithm) == algorithms.end()) algorithms.push_back(found->algorithm);
  }
  if (algorithms.empty()) return wrong_options("no algorithm is named");
  return algorithms;
}

std::string_view name(TokenFlaw flaw) {
  switch (flaw) {
    case TokenFlaw::none: return "none";
    case TokenFlaw::too_long: return "too_long";
    case TokenFlaw::malformed: return "malformed";
    case TokenFlaw::repeated_member: return "repeated_member";
    case TokenFlaw::algorithm: return "algorithm";
    case TokenFlaw::critical_header: return "critical_header";
    case TokenFlaw::unknown_key: return "unknown_key";
    case TokenFlaw::wrong_key_family: return "wrong_key_family";
    case TokenFlaw::signature: return "signature";
    case TokenFlaw::issuer: return "issuer";
    case TokenFlaw::audience: return "audience";
    case TokenFlaw::no_expiry: return "no_expiry";
    case TokenFlaw::expired: return "expired";
    case TokenFlaw::not_yet: return "not_yet";
    case TokenFlaw::claims: return "claims";
  }
  return "";
}

Result<Tokens> Tokens::make(TokenOptions options) {
  if (options.issuer.empty()) return wrong_options("no issuer is named");
  if (options.audience.empty()) return wrong_options("no audience is named");
  if (options.keys.empty()) return wrong_options("there is no key");
  if (options.algorithms.empty()) return wrong_options("no algorithm is named");
  if (options.leeway_seconds > leeway_seconds_max) return wrong_options("the leeway is 300 seconds at most");
  if (options.token_bytes_max > token_bytes_limit) return wrong_options("a token has 64 KiB at most");
  std::set<std::string_view> ids;
  for (const TokenKey& key : options.keys) {
    const Family family = TRY(family_of(key, "the key " + key.id));
    if (!ids.insert(key.id).second) return wrong_options("two keys have one id");
    // Each key is for something: a secret that lies there while HS256 is not asked for is a mistake to be told.
    if (std::ranges::none_of(options.algorithms, [&](Algorithm one) { return is_of(one, family); }))
      return invalid_request("tokens: the key " + key.id + " is for none of the algorithms");
  }
  return Tokens(std::move(options));
}

TokenVerdict Tokens::verify(std::string_view token, Micros now) const {
  engine::Claims claims;
  const TokenFlaw flaw = read_token(token, options_, now, claims);
  if (flaw != TokenFlaw::none) return {denied("denied"), flaw};
  return {std::move(claims), flaw};
}

}  // namespace chartline::server
