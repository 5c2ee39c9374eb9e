#include "engine/audit/proof.h"

#include <charconv>

#include "engine/audit/merkle.h"
#include "engine/store_parts.h"

namespace chartline::engine {
namespace {

constexpr std::string_view first_line = "chartline-audit-proof 1";

Result<const AuditLog*> log_of(Store& store, std::uint32_t shard) {
  const auto& shards = store.parts().shards;
  if (shard >= shards.size()) return not_found("the store has no shard " + std::to_string(shard));
  const AuditLog& log = shards[shard]->audit_log();
  if (log.damage()) return *log.damage();
  return &log;
}

// The head asked for, which the log must have had; or the present one.
Result<AuditHead> head_of(Store& store, const AuditLog& log, std::uint32_t shard, const std::optional<AuditHead>& asked) {
  const std::string& id = store.parts().description.id;
  const LogHead now = log.head();
  if (!asked) return AuditHead{id, shard, now.size, now.root};
  if (asked->store != id || asked->shard != shard)
    return invalid_request("the head given is of another log than shard " + std::to_string(shard) + " of this store");
  if (asked->size > now.size || TRY(log.root_of(asked->size)) != asked->root)
    return conflict("the log of shard " + std::to_string(shard) + " never had the head given");
  return *asked;
}

Error wrong(std::size_t line) {
  return invalid_request("line " + std::to_string(line) + " is not one of a proof, as audit prove writes it");
}

std::string hex_of(BytesView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes)
    hex.push_back(digits[static_cast<unsigned char>(byte) >> 4]),
        hex.push_back(digits[static_cast<unsigned char>(byte) & 15]);
  return hex;
}

std::optional<Bytes> bytes_of(std::string_view hex) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (hex.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::size_t high = digits.find(hex[i]), low = digits.find(hex[i + 1]);
    if (high == digits.npos || low == digits.npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

// Cuts off what stands before `end`, and `end`.
std::string_view take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return taken;
}

}  // namespace

Result<AuditInclusion> prove_entry(Store& store, std::uint32_t shard, std::uint64_t number,
                                   const std::optional<AuditHead>& head) {
  const AuditLog& log = *TRY(log_of(store, shard));
  AuditInclusion proof;
  proof.head = TRY(head_of(store, log, shard, head));
  proof.number = number;
  if (number < 1 || number > proof.head.size)
    return not_found("there is no entry " + std::to_string(number) + ": the log has " + std::to_string(proof.head.size));
  proof.content = TRY(log.opened_content(number));
  proof.path = TRY(inclusion_path(number, proof.head.size, log.nodes()));
  return proof;
}

Result<AuditGrowth> prove_growth(Store& store, const AuditHead& older, const std::optional<AuditHead>& head) {
  const AuditLog& log = *TRY(log_of(store, older.shard));
  AuditGrowth proof;
  proof.older = TRY(head_of(store, log, older.shard, older));
  proof.head = TRY(head_of(store, log, older.shard, head));
  if (older.size < 1 || older.size > proof.head.size)
    return invalid_request("a log grows from a head with entries to one that has as many or more");
  proof.path = TRY(consistency_path(older.size, proof.head.size, log.nodes()));
  return proof;
}

std::string text(const AuditProof& proof) {
  std::string lines = std::string(first_line) + "\n";
  const auto path = [&](const std::vector<AuditHash>& hashes) {
    for (const AuditHash& hash : hashes) lines += "path " + audit_hex(hash) + "\n";
  };
  if (const auto* entry = std::get_if<AuditInclusion>(&proof)) {
    lines += "head " + text(entry->head) + "\n";
    lines += "entry " + std::to_string(entry->number) + " " + hex_of(entry->content) + "\n";
    path(entry->path);
  } else {
    const AuditGrowth& growth = std::get<AuditGrowth>(proof);
    lines += "head " + text(growth.head) + "\nolder " + text(growth.older) + "\n";
    path(growth.path);
  }
  return lines;
}

Result<AuditProof> parse_audit_proof(std::string_view text) {
  std::size_t line = 1;
  if (take(text, '\n') != first_line) return wrong(line);
  std::optional<AuditHead> head, older;
  std::optional<AuditInclusion> entry;
  std::vector<AuditHash> path;
  while (!text.empty()) {
    ++line;
    std::string_view rest = take(text, '\n');
    const std::string_view word = take(rest, ' ');
    if (word == "head" && !head) {
      head = TRY(parse_audit_head(rest));
    } else if (word == "older" && !older) {
      older = TRY(parse_audit_head(rest));
    } else if (word == "entry" && !entry) {
      const std::string_view number = take(rest, ' ');
      const auto content = bytes_of(rest);
      entry.emplace();
      const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), entry->number);
      if (failed != std::errc() || end != number.data() + number.size() || !content) return wrong(line);
      entry->content = *content;
    } else if (const auto hash = parse_audit_hash(rest); word == "path" && hash) {
      path.push_back(*hash);
    } else {
      return wrong(line);
    }
  }
  if (!head || entry.has_value() == older.has_value()) return wrong(line + 1);
  if (older) return AuditProof(AuditGrowth{*older, *head, std::move(path)});
  entry->head = *head, entry->path = std::move(path);
  return AuditProof(std::move(*entry));
}

Result<std::optional<AuditRecord>> verify_proof(const AuditProof& proof) {
  if (const auto* entry = std::get_if<AuditInclusion>(&proof)) {
    AuditRecord record = TRY(decode_audit_content(entry->content));
    if (!includes(entry->head.root, entry->head.size, record.leaf, entry->number, entry->path))
      return conflict("the proof does not hold: the entry is not in the log of this head");
    record.shard = entry->head.shard, record.number = entry->number;
    return std::optional(std::move(record));
  }
  const AuditGrowth& growth = std::get<AuditGrowth>(proof);
  const bool one_log = growth.older.store == growth.head.store && growth.older.shard == growth.head.shard;
  if (!one_log || !is_consistent(growth.older.root, growth.older.size, growth.head.root, growth.head.size, growth.path))
    return conflict("the proof does not hold: the newer log does not begin with the older one");
  return std::optional<AuditRecord>();
}

}  // namespace chartline::engine
