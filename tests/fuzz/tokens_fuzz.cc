// Tokens from outside: no bytes are admitted but by the key, and nothing is told but `denied`. What the input signs itself, with
// the right secret, may be admitted, and then says who it is in plain words.
#include <sodium.h>

#include <cstdint>
#include <string>

#include "base/check.h"
#include "server/tokens.h"

namespace {

using namespace chartline;
using namespace chartline::server;

constexpr Micros noon = 1'800'000'000'000'000;
const std::string secret = "0123456789abcdef0123456789abcdef";

const Tokens& tokens() {
  static const auto all = Tokens::make({.algorithms = {Algorithm::hs256},
                                        .issuer = "i",
                                        .audience = "a",
                                        .keys = {{"k", TokenKey::Form::secret, secret}},
                                        .names = {.roles = "/r/roles"}});
  return *all;
}

std::string encoded(const unsigned char* bytes, std::size_t size) {
  std::string text(sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();
  return text;
}

std::string signed_token(std::string_view header, std::string_view payload) {
  const auto part = [](std::string_view text) {
    return encoded(reinterpret_cast<const unsigned char*>(text.data()), text.size());
  };
  const std::string text = part(header) + "." + part(payload);
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256(mac, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         reinterpret_cast<const unsigned char*>(secret.data()));
  return text + "." + encoded(mac, sizeof mac);
}

void check_verdict(const TokenVerdict& verdict) {
  check(verdict.claims.has_value() == (verdict.flaw == TokenFlaw::none));
  if (!verdict.claims) {
    check(verdict.claims.error().message == "denied");
    return;
  }
  check(!verdict.claims->user.empty() && verdict.claims->expires > noon);
  for (const char c : verdict.claims->user) check(static_cast<unsigned char>(c) >= 0x20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const TokenVerdict raw = tokens().verify(bytes, noon);
  check_verdict(raw);
  check(!raw.claims, "nobody guesses a MAC");
  // The input as a payload, and as header and payload, under a right signature.
  check_verdict(tokens().verify(signed_token(R"({"alg":"HS256"})", bytes), noon));
  const std::size_t line = bytes.find('\n');
  if (line != std::string_view::npos)
    check_verdict(tokens().verify(signed_token(bytes.substr(0, line), bytes.substr(line + 1)), noon));
  return 0;
}
