#include "engine/audit/audit_log.h"

#include <sodium.h>

#include <algorithm>

#include "base/check.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::size_t erasure_batch_bytes_max = 8u << 20;

}  // namespace

Bytes audit_key(std::uint64_t number) {
  Bytes key;
  Writer(key).u64be(number);
  return key;
}

Bytes encode(const LogHead& head) {
  Bytes bytes;
  Writer w(bytes);
  w.u8(stored::format_version), w.varint(head.size);
  w.raw({reinterpret_cast<const char*>(head.root.data()), head.root.size()});
  stored::seal(bytes);
  return bytes;
}

Result<LogHead> decode_log_head(BytesView bytes) {
  Reader in(TRY(stored::unseal(bytes, "head")));
  LogHead head;
  head.size = in.varint();
  const BytesView root = in.raw(head.root.size());
  if (!in.done()) return stored::wrong_bytes("head");
  std::copy(root.begin(), root.end(), head.root.begin());
  return head;
}

std::string AuditLog::place(std::uint64_t number) const {
  return "audit: shard " + std::to_string(shard_) + ", entry " + std::to_string(number) + ": ";
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(std::shared_ptr<Tables> tables, std::uint32_t shard) {
  if (sodium_init() < 0) return unavailable("audit: no random numbers are to be had for salts");
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(tables), shard));
  TRY(log->load());
  return log;
}

std::unique_ptr<AuditLog> AuditLog::damaged(std::shared_ptr<Tables> tables, std::uint32_t shard, Error why) {
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(tables), shard));
  log->damage_ = std::move(why);
  Pinned bytes;  // its head, where that is whole: so far it is read
  if (const auto found = log->tables_->get(Table::audit, audit_head_key, nullptr, bytes); found && *found)
    log->head_ = decode_log_head(bytes.bytes()).value_or(LogHead());
  return log;
}

Result<void> AuditLog::load() {
  const std::string where = "audit: shard " + std::to_string(shard_) + ": ";
  Pinned bytes;
  head_ = {0, empty_root()};
  if (TRY(tables_->get(Table::audit, audit_head_key, nullptr, bytes))) {
    const auto head = decode_log_head(bytes.bytes());
    if (!head) return Error{head.error().fault, where + head.error().message};
    head_ = *head;
  }
  if (TRY(tables_->get(Table::audit, audit_key(head_.size + 1), nullptr, bytes)))
    return corrupt(place(head_.size + 1) + "it lies behind the end that the head tells of");
  frontier_ = TRY(frontier_of(head_.size, nodes()));
  if (frontier_.root() != head_.root)
    return corrupt(where + "the tree over its entries has another root than its head");
  return {};
}

std::uint64_t AuditLog::append(std::span<const SealedEntry* const> entries, Batch& batch) {
  check(!damage_, "a damaged log is not appended to");
  pending_ = frontier_;
  for (const SealedEntry* entry : entries) {
    const std::vector<AuditHash> nodes = pending_.append(entry->leaf);
    batch.put(Table::audit, audit_key(pending_.size()), audit_value(pending_.size(), nodes, entry->content));
  }
  batch.put(Table::audit, Bytes(audit_head_key), encode(LogHead{pending_.size(), pending_.root()}));
  return frontier_.size() + 1;
}

void AuditLog::committed() {
  frontier_ = pending_;
  const LogHead head{frontier_.size(), frontier_.root()};
  std::lock_guard lock(mutex_);
  head_ = head;
}

LogHead AuditLog::head() const {
  std::lock_guard lock(mutex_);
  return head_;
}

Result<void> AuditLog::value(std::uint64_t number, Pinned& bytes) const {
  if (!TRY(tables_->get(Table::audit, audit_key(number), nullptr, bytes)))
    return corrupt(place(number) + "it is absent");
  return {};
}

Result<AuditRecord> AuditLog::entry(std::uint64_t number) const {
  Pinned bytes;
  TRY(value(number, bytes));
  auto record = decode_audit_value(bytes.bytes(), number);
  if (!record) return Error{record.error().fault, place(number) + record.error().message};
  if (record->leaf != record->nodes.front()) return corrupt(place(number) + "its content is not what was hashed");
  record->shard = shard_;
  return record;
}

Result<Bytes> AuditLog::opened_content(std::uint64_t number) const {
  Pinned bytes;
  TRY(value(number, bytes));
  auto content = engine::opened_content(bytes.bytes(), number);
  if (!content) return Error{content.error().fault, place(number) + content.error().message};
  return content;
}

Result<bool> AuditLog::erase(const AuditErasure& erasure) const {
  Batch batch;
  Pinned bytes;
  bool found = false;
  for (std::uint64_t number = 1; number <= frontier_.size(); ++number) {
    TRY(value(number, bytes));
    auto changed = without_patient(bytes.bytes(), number, erasure);
    if (!changed) return Error{changed.error().fault, place(number) + changed.error().message};
    if (!*changed) continue;
    found = true;
    batch.put(Table::audit, audit_key(number), std::move(**changed));
    if (batch.bytes() < erasure_batch_bytes_max) continue;
    TRY(tables_->write(batch, true));
    batch.clear();
  }
  if (!batch.empty()) TRY(tables_->write(batch, true));
  return found;
}

Result<AuditHash> AuditLog::node(unsigned level, std::uint64_t last) const {
  Pinned bytes;
  TRY(value(last, bytes));
  auto hash = audit_node(bytes.bytes(), last, level);
  if (!hash) return Error{hash.error().fault, place(last) + hash.error().message};
  return hash;
}

NodeOf AuditLog::nodes() const {
  return [this](unsigned level, std::uint64_t last) { return node(level, last); };
}

Result<AuditHash> AuditLog::root_of(std::uint64_t size) const { return TRY(frontier_of(size, nodes())).root(); }

Result<void> AuditLog::must_begin_with(const LogHead& older) const {
  const std::uint64_t size = head().size;
  const std::string where = "audit: shard " + std::to_string(shard_) + ": ";
  if (older.size > size)
    return corrupt(where + "the log ends at entry " + std::to_string(size) + ", but there was an entry " +
                   std::to_string(older.size));
  if (TRY(root_of(older.size)) != older.root)
    return corrupt(where + "its first " + std::to_string(older.size) + " entries are not those that were");
  return {};
}

}  // namespace chartline::engine
