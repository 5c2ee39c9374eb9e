#include "engine/shard.h"

#include <algorithm>

#include "engine/decoded_cache.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

constexpr std::uint8_t state_version = 1;

// The last acknowledged commit and the head of the audit log, beside the shard: a log that ends before it has lost what was
// acknowledged.
//
// note := commit:u64 [head of the audit log]       (the head sealed, as in the table; absent where there is no entry)
Bytes encode_note(std::uint64_t commit, const LogHead& audit) {
  Bytes note;
  Writer(note).u64(commit);
  if (audit.size > 0) note += encode(audit);
  return note;
}

}  // namespace

Bytes without_commits(BytesView note) {
  Bytes kept;
  Writer w(kept);
  w.u64(0), w.raw(note.substr(std::min(note.size(), sizeof(std::uint64_t))));
  return kept;
}

Bytes encode(const ShardState& state) {
  Bytes out;
  Writer w(out);
  w.u8(state_version);
  w.varint(state.watermark), w.varint(state.next_run), w.varint(state.log_first), w.varint(state.events),
      w.varint(state.past_events);
  for (const std::uint32_t count : state.names) w.varint(count);
  w.u64(static_cast<std::uint64_t>(state.last_recorded));
  w.u32(static_cast<std::uint32_t>(hash64(out)));
  return out;
}

Result<ShardState> decode_shard_state(BytesView bytes) {
  if (bytes.size() < 5) return corrupt("meta: the state of a shard is too short");
  const BytesView body = bytes.substr(0, bytes.size() - 4);
  if (Reader(bytes.substr(body.size())).u32() != static_cast<std::uint32_t>(hash64(body)))
    return corrupt("meta: the checksum of a shard's state differs");
  Reader in(body);
  if (in.u8() != state_version) return unsupported("meta: the state of a shard was written by a newer version");
  ShardState state;
  state.watermark = in.varint(), state.next_run = in.varint(), state.log_first = in.varint();
  state.events = in.varint(), state.past_events = in.varint();
  for (std::uint32_t& count : state.names) count = static_cast<std::uint32_t>(in.varint());
  state.last_recorded = static_cast<Micros>(in.u64());
  if (!in.done()) return corrupt("meta: the state of a shard is not well formed");
  return state;
}

Bytes names_page_key(stored::Dictionary which, std::uint32_t page) {
  Bytes key = "names/";
  Writer w(key);
  w.u8(static_cast<std::uint8_t>('0' + static_cast<int>(which))), w.u32be(page);
  return key;
}

Shard::Shard(Setup setup) : setup_(std::move(setup)), names_(std::make_shared<Dictionary>()) {
  segments_.push_back(std::make_shared<Segment>());
}

Shard::~Shard() {
  end_leader();
  if (opened_ && setup_.lease && writable())
    (void)write_position_note();  // best effort: a missing note only widens the window it guards
}

Result<std::unique_ptr<Shard>> Shard::open(Setup setup) {
  std::unique_ptr<Shard> shard(new Shard(std::move(setup)));
  TRY(shard->load());
  TRY(shard->open_audit());
  TRY(shard->replay());
  shard->opened_ = true;
  return shard;
}

Result<void> Shard::load() {
  Pinned value;
  Tables& tables = *setup_.tables;
  if (TRY(tables.get(Table::meta, shard_state_key, nullptr, value))) state_ = TRY(decode_shard_state(value.bytes()));
  for (int which = 0; which < stored::dictionary_count; ++which) {
    const auto dictionary = static_cast<stored::Dictionary>(which);
    const std::uint32_t count = state_.names[static_cast<std::size_t>(which)];
    for (std::uint32_t page = 0; page * Dictionary::page_names < count; ++page) {
      if (!TRY(tables.get(Table::meta, names_page_key(dictionary, page), nullptr, value)))
        return corrupt("meta: shard " + std::to_string(setup_.number) + ": a page of names is missing");
      TRY(names_->load_page(dictionary, page, value.bytes()));
    }
    if (names_->size(dictionary) < count)
      return corrupt("meta: shard " + std::to_string(setup_.number) + ": a page of names is short");
  }
  if (setup_.number == 0) TRY(setup_.identity->load());
  Base base{tables.snapshot(), state_.watermark};
  if (state_.watermark == 0) base.heads_below = 0;
  base_ = std::make_shared<const Base>(std::move(base));
  commit_ = state_.watermark;
  last_recorded_ = state_.last_recorded;
  return {};
}

// A damaged audit log closes the store to writes, which could not be audited; readers, who look for the damage, are let in.
Result<void> Shard::open_audit() {
  auto log = AuditLog::open(setup_.tables, setup_.number);
  Result<void> sound = log ? Result<void>() : log.error();
  if (sound) {
    if (setup_.note && setup_.note->size() > sizeof(std::uint64_t)) {
      const auto head = decode_log_head(BytesView(*setup_.note).substr(sizeof(std::uint64_t)));
      if (!head) return corrupt("the note of shard " + std::to_string(setup_.number) + ": " + head.error().message);
      sound = (*log)->must_begin_with(*head);
      noted_audit_ = head->size;
    }
  }
  if (!sound && (setup_.lease || sound.error().fault != Fault::corrupt)) return sound;
  audit_ = sound ? std::move(log).value() : AuditLog::damaged(setup_.tables, setup_.number, sound.error());
  return {};
}

// The log after the watermark, into the delta. Commits are numbered without a gap, so the first absent one is the end.
Result<void> Shard::replay() {
  struct ReplayMemory {
    Bytes bytes;
    record::Arena arena;
  };
  Pinned value;
  for (;;) {
    const std::uint64_t commit = commit_ + 1;
    if (!TRY(setup_.tables->get(Table::changes, stored::change_key(commit), nullptr, value))) break;
    auto memory = std::make_shared<ReplayMemory>();
    memory->bytes = value.bytes();
    auto decoded = stored::decode_record(memory->bytes, memory->arena);
    const std::string place =
        "changes: shard " + std::to_string(setup_.number) + ", commit " + std::to_string(commit) + ": ";
    if (!decoded) return Error{decoded.error().fault, place + decoded.error().message};
    if (decoded->commit != commit) return corrupt(place + "the record is of another commit");
    std::vector<DeltaPut> puts;
    for (const stored::Change& change : decoded->changes) {
      if (const auto* name = std::get_if<stored::NewName>(&change)) {
        TRY(names_->learn(*name));
      } else if (const auto* put = std::get_if<stored::Put>(&change)) {
        DeltaPut& delta = puts.emplace_back();
        delta.commit = commit, delta.recorded = decoded->recorded, delta.patient = put->patient;
        delta.added = memory->arena.array(put->added);
        for (stored::Row& row : delta.added) row.recorded = decoded->recorded;
        delta.removed = put->removed;
        delta.original = put->original;
      } else if (const auto* identify = std::get_if<stored::Identify>(&change)) {
        if (setup_.number != 0) return corrupt(place + "an identifier outside the first shard");
        TRY(setup_.identity->learn(*identify));
      } else if (const auto* link = std::get_if<stored::Link>(&change)) {
        if (setup_.number != 0) return corrupt(place + "a link outside the first shard");
        TRY(setup_.identity->learn(*link, decoded->recorded));
      } else if (const auto* meta = std::get_if<stored::SetMeta>(&change)) {
        metas_[std::string(meta->name)] = {commit, std::string(meta->value)};
      }
    }
    std::size_t bytes = memory->bytes.size();
    for (const DeltaPut& put : puts) bytes += put.added.size_bytes();
    if (!puts.empty()) delta_bytes_ += bytes, segments_.back()->publish(puts, memory, bytes);
    if (oldest_unfolded_ == 0) oldest_unfolded_ = setup_.options.clock->now();
    commit_ = commit;
    last_recorded_ = decoded->recorded;
    // A log longer than the delta may be is folded on the way, so that opening is bounded in memory too.
    if (setup_.lease && segments_.back()->bytes() >= setup_.options.delta_bytes_max / 2) TRY(fold_step());
  }
  if (setup_.note) {
    noted_commit_ = Reader(*setup_.note).u64();
    if (noted_commit_ > commit_)
      return corrupt("changes: shard " + std::to_string(setup_.number) + ": the log ends at commit " +
                     std::to_string(commit_) + ", but commit " + std::to_string(noted_commit_) +
                     " was acknowledged: restore from a backup");
  }
  return {};
}

ShardMoment Shard::moment() const {
  ShardMoment moment;
  moment.shard = setup_.number;
  moment.tables = setup_.tables;
  moment.dictionary = names_;
  moment.cache = setup_.cache;
  std::lock_guard present(present_mutex_);
  moment.base = base_;
  for (const auto& segment : segments_)
    if (!segment->empty()) moment.segments.push_back(segment);
  moment.commit = commit_;
  return moment;
}

std::optional<Bytes> Shard::unfolded_meta(const std::string& name) const {
  std::lock_guard present(present_mutex_);
  const auto at = metas_.find(name);
  return at == metas_.end() ? std::nullopt : std::optional(at->second.second);
}

Result<void> Shard::log_record(std::uint64_t commit, Pinned& record) const {
  if (!TRY(setup_.tables->get(Table::changes, stored::change_key(commit), nullptr, record)))
    return not_found("the feed no longer reaches back to commit " + std::to_string(commit) + " of shard " +
                     std::to_string(setup_.number));
  return {};
}

std::uint64_t Shard::log_first() const {
  std::lock_guard present(present_mutex_);
  return state_.log_first;
}

std::uint64_t Shard::last_commit() const {
  std::lock_guard present(present_mutex_);
  return commit_;
}

Micros Shard::last_recorded() const {
  std::lock_guard present(present_mutex_);
  return last_recorded_;
}

Result<void> Shard::write_position_note() {
  const std::uint64_t commit = last_commit();
  const LogHead audit = audit_->head();
  if (!setup_.lease || (commit == noted_commit_ && audit.size == noted_audit_)) return {};
  TRY(setup_.backend->write_note(setup_.number, position_note, encode_note(commit, audit)));
  noted_commit_ = commit, noted_audit_ = audit.size;
  return {};
}

std::uint64_t Shard::unfolded_commits() const {
  std::lock_guard present(present_mutex_);
  return commit_ - state_.watermark;
}

ShardState Shard::state() const {
  std::lock_guard present(present_mutex_);
  return state_;
}

bool Shard::writable() const {
  std::lock_guard queue(queue_mutex_);
  return setup_.lease && !failed_ && setup_.tables->writable();
}

// A fold rewrites what a patient has for one event as for ten, so where folds take long, because much is written, they wait for more:
// they take a tenth of one processor's time at most, until there is so much that readers would mind.
bool Shard::fold_due() const {
  constexpr Micros rest_after_each = 9;
  std::lock_guard present(present_mutex_);
  if (commit_ == state_.watermark) return false;
  if (delta_bytes() >= setup_.options.fold_bytes_max) return true;
  const Micros now = setup_.options.clock->now();
  const bool rested = now < fold_ended_ || now - fold_ended_ >= fold_took_ * rest_after_each;  // the clock may be set back
  return rested && now - oldest_unfolded_ >= static_cast<Micros>(setup_.options.fold_delay_ms) * 1000;
}

// Files that are taken in while a snapshot is held are given a number by RocksDB, and written anew once nobody reads at an older
// one. So no view begins meanwhile, and the shard lets go of its own.
Result<void> Shard::adopt(const ShardState& state, Batch batch, std::span<const SealedEntry> audit,
                          std::span<const std::unique_ptr<SortedFile>> files) {
  batch.put(Table::meta, Bytes(shard_state_key), encode(state));
  std::vector<const SealedEntry*> entries;
  for (const SealedEntry& entry : audit) entries.push_back(&entry);
  if (!entries.empty()) audit_->append(entries, batch);
  std::unique_lock present(present_mutex_, std::defer_lock);
  if (!files.empty()) present.lock(), base_.reset();
  Result<void> written = files.empty() ? Result<void>() : setup_.tables->ingest(files);
  if (written) written = setup_.tables->write(batch, true);
  auto adopted =
      std::make_shared<const Base>(Base{setup_.tables->snapshot(), written ? state.watermark : state_.watermark});
  setup_.cache->all_changed(adopted->serial);
  if (!present.owns_lock()) present.lock();
  if (written || !base_) base_ = std::move(adopted);
  TRY(written);
  if (!entries.empty()) audit_->committed();
  state_ = state;
  commit_ = state.watermark;
  last_recorded_ = state.last_recorded;
  return {};
}

}  // namespace chartline::engine
