#include "engine/audit/audit.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace chartline::engine {
namespace {

template <typename Value, std::size_t count>
using Words = std::array<std::pair<Value, std::string_view>, count>;

constexpr Words<Act, act_count> acts{{{Act::login, "login"},
                                      {Act::logout, "logout"},
                                      {Act::read_timeline, "read-timeline"},
                                      {Act::query, "query"},
                                      {Act::read_feed, "read-feed"},
                                      {Act::watch, "watch"},
                                      {Act::export_rows, "export"},
                                      {Act::write, "write"},
                                      {Act::import, "import"},
                                      {Act::link, "link"},
                                      {Act::unlink, "unlink"},
                                      {Act::erase, "erase"},
                                      {Act::set_value, "set-value"},
                                      {Act::backup, "backup"},
                                      {Act::restore, "restore"},
                                      {Act::policy, "policy"},
                                      {Act::release, "release"},
                                      {Act::link_projects, "link-projects"},
                                      {Act::read_audit, "read-audit"},
                                      {Act::find_patient, "find-patient"},
                                      {Act::original, "original"}}};
constexpr Words<AuditOutcome, 4> outcomes{{{AuditOutcome::done, "done"},
                                           {AuditOutcome::denied, "denied"},
                                           {AuditOutcome::failed, "failed"},
                                           {AuditOutcome::begun, "begun"}}};

template <typename Value>
std::string_view word_of(const auto& words, Value value) {
  for (const auto& [one, word] : words)
    if (one == value) return word;
  return "unknown";
}

template <typename Value>
std::optional<Value> value_of(const auto& words, std::string_view word) {
  for (const auto& [one, name] : words)
    if (name == word) return one;
  return std::nullopt;
}

constexpr std::string_view digits = "0123456789abcdef";

// The number that fills `text`, in decimal.
template <typename Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string_view name(Act act) { return word_of(acts, act); }
std::optional<Act> parse_act(std::string_view word) { return value_of<Act>(acts, word); }
std::string_view name(AuditOutcome outcome) { return word_of(outcomes, outcome); }
std::optional<AuditOutcome> parse_outcome(std::string_view word) { return value_of<AuditOutcome>(outcomes, word); }

std::string audit_hex(const AuditHash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) text.push_back(digits[byte >> 4]), text.push_back(digits[byte & 15]);
  return text;
}

std::optional<AuditHash> parse_audit_hash(std::string_view hex) {
  AuditHash hash;
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const std::size_t high = digits.find(hex[2 * i]), low = digits.find(hex[2 * i + 1]);
    if (high == digits.npos || low == digits.npos) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return hash;
}

std::string text(const AuditHead& head) {
  return head.store + ":" + std::to_string(head.shard) + ":" + std::to_string(head.size) + ":" + audit_hex(head.root);
}

Result<AuditHead> parse_audit_head(std::string_view text) {
  std::array<std::string_view, 4> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = std::min(i + 1 < fields.size() ? text.find(':') : text.size(), text.size());
    fields[i] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  AuditHead head;
  head.store = fields[0];
  const auto root = parse_audit_hash(fields[3]);
  if (head.store.empty() || !parse(fields[1], head.shard) || !parse(fields[2], head.size) || !root)
    return invalid_request("a head of an audit log is STORE:SHARD:SIZE:ROOT, as audit head prints it");
  head.root = *root;
  return head;
}

}  // namespace chartline::engine
