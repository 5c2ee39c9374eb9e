#include "engine/trust/opt_outs.h"

#include <sodium.h>

#include <utility>

#include "engine/trust/lists.h"

namespace chartline::engine {
namespace {

constexpr std::size_t key_bytes_min = 16;
constexpr std::size_t digits = 2 * crypto_auth_hmacsha256_BYTES;

bool is_hash(std::string_view text) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string OptOuts::hash(std::string_view value, std::string_view key) {
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> made{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes(value), value.size());
  crypto_auth_hmacsha256_final(&state, made.data());
  std::string text;
  for (const unsigned char byte : made) {
    constexpr char digit[] = "0123456789abcdef";
    text.push_back(digit[byte >> 4]), text.push_back(digit[byte & 15]);
  }
  return text;
}

Result<OptOuts> OptOuts::parse(std::string_view text, std::string_view origin, std::string system, std::string key,
                               record::Day days_valid) {
  if (key.size() < key_bytes_min)
    return invalid_request(std::string(origin) + ": the key of the opt-outs has fewer than 16 bytes");
  OptOuts set;
  set.system_ = std::move(system);
  set.key_ = std::move(key);
  set.days_valid_ = days_valid;
  bool dated = false;
  for (const Line& line : lines_of(text, origin)) {
    if (!dated) {
      constexpr std::string_view begin = "as_of,";
      if (!line.text.starts_with(begin)) return line.complaint("the set begins with as_of,DATE");
      const auto day = parse_day(line.text.substr(begin.size()));
      if (!day) return line.complaint("as_of is a date, as in 2026-11-20");
      set.as_of_ = *day;
      dated = true;
      continue;
    }
    if (!is_hash(line.text)) return line.complaint("64 hexadecimal digits are expected, in lower case");
    set.hashes_.emplace(line.text);
  }
  if (!dated) return invalid_request(std::string(origin) + ": the set is empty: it begins with as_of,DATE");
  return set;
}

}  // namespace chartline::engine
