// 1. List the keys, for those that are none of the log's.
// 2. Walk the entries in order: each must be there and whole, its leaf must be the stored one, and so must each node that
//    it completes.
// 3. On the way, compare the root with that of each head kept from earlier; at the end, with the log's own.
//
// What is once found wrong is taken as stored from there on, so that one damage is told once.
#include "engine/audit/verify.h"

#include <algorithm>
#include <map>

namespace chartline::engine {
namespace {

constexpr std::uint64_t entries_per_step = 1024;

class Walk {
 public:
  explicit Walk(const LogVerification& asked) : asked_(asked), place_(shard_place()) {
    for (const LogHead& head : asked_.kept) kept_.emplace(head.size, head.root);
  }

  Result<LogHead> run() {
    if (asked_.log.damage()) asked_.found(asked_.log.damage()->message);
    const LogHead head = TRY(look_at_keys());
    compare(0);
    for (std::uint64_t number = 1; number <= head.size; ++number) {
      take(number);
      compare(number);
      if (asked_.step && number % entries_per_step == 0) TRY(asked_.step(number));
    }
    for (auto later = kept_.upper_bound(head.size); later != kept_.end(); ++later)
      asked_.found(place_ + "the log ends at entry " + std::to_string(head.size) + ", but a kept head tells of " +
                   std::to_string(later->first) + ": its end is gone");
    const std::optional<AuditHash> root = this->root();
    if (root && *root != head.root) asked_.found(place_ + "the head has another root than the entries make");
    return LogHead{head.size, root.value_or(head.root)};
  }

 private:
  // A node whose leaves are all leaves so far; nullopt where what it stands on could not be read.
  using Peak = std::optional<AuditHash>;

  std::string shard_place() const { return "audit: shard " + std::to_string(asked_.shard) + ": "; }

  Result<LogHead> look_at_keys() {
    const SnapshotPtr now = asked_.tables.snapshot();
    LogHead head{0, empty_root()};
    Pinned bytes;
    if (TRY(asked_.tables.get(Table::audit, audit_head_key, now.get(), bytes))) {
      if (const auto decoded = decode_log_head(bytes.bytes())) head = *decoded;
      else head.size = last_entry(now.get());
    }
    TRY(asked_.tables.scan(Table::audit, {}, {}, now.get(), [&](BytesView key, BytesView) {
      if (key == audit_head_key) return true;
      Reader in(key);
      const std::uint64_t number = in.u64be();
      if (!in.done() || number == 0) asked_.found(place_ + "a key that is none of the log's");
      else if (number > head.size)
        asked_.found(asked_.log.place(number) + "it lies behind the end that the head tells of");
      return true;
    }));
    return head;
  }

  // Where the head does not say it.
  std::uint64_t last_entry(const Snapshot* now) {
    std::uint64_t last = 0;
    (void)asked_.tables.scan(Table::audit, {}, audit_head_key, now, [&](BytesView key, BytesView) {
      Reader in(key);
      const std::uint64_t number = in.u64be();
      if (in.done()) last = std::max(last, number);
      return true;
    });
    return last;
  }

  void take(std::uint64_t number) {
    Pinned bytes;
    const auto found = asked_.tables.get(Table::audit, audit_key(number), nullptr, bytes);
    std::optional<AuditRecord> record;
    if (!found) {
      asked_.found(asked_.log.place(number) + found.error().message);
    } else if (!*found) {
      asked_.found(asked_.log.place(number) + "it is absent");
    } else if (auto decoded = decode_audit_value(bytes.bytes(), number)) {
      record = std::move(decoded).value();
      if (record->leaf != record->nodes.front())
        asked_.found(asked_.log.place(number) + "its content is not what was hashed");
    } else {
      asked_.found(asked_.log.place(number) + decoded.error().message);
    }
    grow(number, record);
  }

  void grow(std::uint64_t number, const std::optional<AuditRecord>& record) {
    Peak made = record ? Peak(record->nodes.front()) : std::nullopt;
    for (unsigned level = 1; level < nodes_completed(number); ++level) {
      const Peak left = peaks_.back();
      peaks_.pop_back();
      made = left && made ? Peak(node_hash(*left, *made)) : std::nullopt;
      if (!record) continue;
      if (made && *made != record->nodes[level]) {
        const std::uint64_t first = number - (std::uint64_t{1} << level) + 1;
        asked_.found(place_ + "entries " + std::to_string(first) + " to " + std::to_string(number) +
                     ": they are not what was hashed together");
      }
      made = record->nodes[level];
    }
    peaks_.push_back(made);
  }

  std::optional<AuditHash> root() const {
    if (peaks_.empty()) return empty_root();
    Peak root = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i-- > 0 && root;)
      root = peaks_[i] ? Peak(node_hash(*peaks_[i], *root)) : std::nullopt;
    return root;
  }

  void compare(std::uint64_t size) {
    const auto [from, past] = kept_.equal_range(size);
    for (auto head = from; head != past; ++head)
      if (const auto now = root(); now && *now != head->second)
        asked_.found(place_ + "its first " + std::to_string(size) + " entries are not those of the kept head");
  }

  const LogVerification& asked_;
  const std::string place_;
  std::multimap<std::uint64_t, AuditHash> kept_;
  std::vector<Peak> peaks_;
};

}  // namespace

Result<LogHead> verify_log(const LogVerification& verification) { return Walk(verification).run(); }

}  // namespace chartline::engine
