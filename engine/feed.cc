// The change feed: the log itself, read by position. Ordered and gap-free per shard, because commits are numbered without a
// gap and each is one log record.
#include "engine/content.h"
#include "engine/store_parts.h"

namespace chartline::engine {
namespace {

struct Feed {
  const Shard& shard;
  std::uint32_t number;
  const Dictionary& names;
  record::Arena& into;
  std::vector<FeedEntry>& entries;

  Result<void> read(std::uint64_t commit) {
    Pinned bytes;
    TRY(shard.log_record(commit, bytes));
    const std::string_view kept = into.text(bytes.bytes());
    const stored::ChangeRecord record = TRY(stored::decode_record(kept, into));
    if (record.commit != commit)
      return corrupt("changes: shard " + std::to_string(number) + ", commit " + std::to_string(commit) +
                     ": the record is of another commit");
    for (const stored::Change& change : record.changes) {
      FeedEntry entry;
      entry.shard = number, entry.commit = commit, entry.recorded = record.recorded;
      if (std::visit([&](const auto& one) { return fill(one, entry); }, change)) entries.push_back(entry);
    }
    return {};
  }

  bool fill(const stored::Put& put, FeedEntry& entry) {
    entry.what = FeedEntry::What::events;
    entry.patient = {number, put.patient};
    entry.removed = put.removed;
    std::vector<record::Event> events;
    for (const stored::Row& row : put.added) {
      events.push_back(to_event(row, names, into));
      events.back().recorded = entry.recorded;
    }
    entry.added = into.array(events);
    return true;
  }
  bool fill(const stored::Identify& identify, FeedEntry& entry) {
    entry.what = FeedEntry::What::identifier;
    entry.patient = identify.patient;
    entry.identifier = {identify.system, identify.value};
    return true;
  }
  bool fill(const stored::Link& link, FeedEntry& entry) {
    entry.what = link.linked ? FeedEntry::What::link : FeedEntry::What::unlink;
    entry.patient = link.a, entry.other = link.b;
    return true;
  }
  bool fill(const stored::Erase& erase, FeedEntry& entry) {
    entry.what = FeedEntry::What::erased;
    entry.patient = {number, erase.patient};
    return true;
  }
  bool fill(const stored::NewName&, FeedEntry&) { return false; }
  bool fill(const stored::SetMeta&, FeedEntry&) { return false; }
};

}  // namespace

Result<std::vector<FeedEntry>> Store::changes(std::span<const std::uint64_t> since, std::size_t limit,
                                              record::Arena& into) {
  if (!since.empty() && since.size() != parts_->shards.size())
    return invalid_request("a position has one commit number for each of the store's " +
                           std::to_string(parts_->shards.size()) + " shards");
  std::vector<FeedEntry> entries;
  for (const auto& shard : parts_->shards) {
    const auto number = shard->moment().shard;
    const std::uint64_t from = since.empty() ? shard->log_first() : since[number] + 1;
    const std::uint64_t last = shard->last_commit();
    if (from < shard->log_first() && from <= last)
      return not_found("the feed no longer reaches back to commit " + std::to_string(from) + " of shard " +
                       std::to_string(number));
    Feed feed{*shard, number, shard->names(), into, entries};
    // Commits that tell nothing (names, kept values, the audit) do not count: a reader would take them for the end.
    std::size_t told = 0;
    for (std::uint64_t commit = from; commit <= last && told < limit; ++commit) {
      const std::size_t before = entries.size();
      TRY(feed.read(commit));
      told += entries.size() > before ? 1 : 0;
    }
  }
  return entries;
}

}  // namespace chartline::engine
