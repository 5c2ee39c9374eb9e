// One step of folding: freeze the delta, fold it patient by patient and code by code into one batch, write it with the new
// watermark, and let readers see it. Old Views keep the base and the segments they began with.
#include "engine/fold.h"

#include <algorithm>
#include <map>

#include "engine/decoded_cache.h"
#include "engine/demographics.h"
#include "engine/head_cache.h"
#include "engine/shard.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::size_t trimmed_per_fold_max = 1000;  // bounded work; the log shrinks over several folds
// Of a patient with one event: head, details, identifier both ways, and a little more.
constexpr std::size_t operations_for_each_put = 5;

}  // namespace

Result<void> fold_demographics(const ShardMoment& base, const std::map<PatientId, Demographics>& changed, Batch& batch) {
  Pinned value;
  for (auto at = changed.begin(); at != changed.end();) {
    const std::uint32_t block = stored::block_of(at->first);
    DemographicsPage page;
    if (TRY(base.tables->get(Table::meta, demographics_key(block), base.base->snapshot.get(), value)))
      page = TRY(decode_demographics(value.bytes()));
    for (; at != changed.end() && stored::block_of(at->first) == block; ++at)
      page.set(at->first % stored::block_patients, at->second);
    // An absent page says the same as one that knows nobody; so what is there can be missed.
    if (page == DemographicsPage()) {
      batch.erase(Table::meta, demographics_key(block));
    } else {
      batch.put(Table::meta, demographics_key(block), encode(page));
    }
  }
  return {};
}

void fold_names(Dictionary& names, ShardState& state, Batch& batch) {
  for (int which = 0; which < stored::dictionary_count; ++which) {
    const auto dictionary = static_cast<stored::Dictionary>(which);
    std::uint32_t& folded = state.names[static_cast<std::size_t>(which)];
    const std::uint32_t size = names.size(dictionary);
    for (const std::uint32_t page : names.take_late_pages(dictionary, size))
      batch.put(Table::meta, names_page_key(dictionary, page), names.encode_page(dictionary, page, size));
    if (size == folded) continue;
    for (std::uint32_t page = folded / Dictionary::page_names; page * Dictionary::page_names < size; ++page)
      batch.put(Table::meta, names_page_key(dictionary, page), names.encode_page(dictionary, page, size));
    folded = size;
  }
}

// Log records older than they must be kept go, the oldest first.
Result<void> Shard::trim_log(Batch& batch, ShardState& state) {
  const Micros keep_from = setup_.options.clock->now() - static_cast<Micros>(setup_.options.changes_kept_ms) * 1000;
  Pinned value;
  for (std::size_t i = 0; i < trimmed_per_fold_max && state.log_first < state.watermark; ++i) {
    if (TRY(setup_.tables->get(Table::changes, stored::change_key(state.log_first), nullptr, value))) {
      record::Arena room;
      const stored::ChangeRecord record = TRY(stored::decode_record(value.bytes(), room));
      if (record.recorded >= keep_from) break;
      // A batch id is answered for as long as its commit is in the log.
      for (const stored::Change& change : record.changes)
        if (const auto* meta = std::get_if<stored::SetMeta>(&change); meta && meta->name.starts_with(batch_meta_prefix))
          batch.erase(Table::meta, Bytes(meta->name));
    }
    batch.erase(Table::changes, stored::change_key(state.log_first++));
  }
  return {};
}

// Holds fold_mutex_ (or runs alone, while the shard opens).
Result<void> Shard::fold_step() {
  const Micros began = setup_.options.clock->now();
  std::vector<std::shared_ptr<Segment>> frozen;
  std::map<std::string, std::string> metas;
  std::uint64_t upto = 0;
  std::uint64_t identity_position = 0;
  ShardMoment base;
  {
    std::lock_guard publishing(publish_mutex_);
    std::lock_guard present(present_mutex_);
    if (commit_ == state_.watermark) return {};
    frozen = segments_;
    segments_.push_back(std::make_shared<Segment>());
    upto = commit_;
    oldest_unfolded_ = 0;
    for (const auto& [name, meta] : metas_) metas[name] = meta.second;
    base.base = base_;
  }
  if (setup_.number == 0) identity_position = setup_.identity->committed_position();
  const PatientId patients = setup_.identity->patients(setup_.number);  // given so far
  base.shard = setup_.number, base.tables = setup_.tables, base.cache = setup_.cache, base.dictionary = names_,
  base.commit = upto;

  std::vector<const DeltaPut*> puts;
  for (const auto& segment : frozen) segment->all(puts);
  std::stable_sort(puts.begin(), puts.end(),
                   [](const DeltaPut* a, const DeltaPut* b) { return a->patient < b->patient; });

  ShardState state = this->state();
  const std::uint64_t serial = Base::next_serial();
  const auto changes_cached = [&](DecodedCache::Sort sort, std::uint64_t owner) {
    setup_.cache->changed({.sort = sort, .shard = setup_.number, .owner = owner, .run = serial});
  };
  Batch batch;
  batch.reserve(puts.size() * operations_for_each_put);
  PostingChanges postings;
  std::map<PatientId, Demographics> who;
  for (auto from = puts.begin(); from != puts.end();) {
    const auto past =
        std::find_if(from, puts.end(), [&](const DeltaPut* put) { return put->patient != (*from)->patient; });
    PatientChanges changes = net_changes((*from)->patient, {&*from, static_cast<std::size_t>(past - from)});
    TRY(fold_patient(base, changes, state, postings, batch));
    setup_.way->give();
    changes_cached(DecodedCache::Sort::head, changes.patient);
    if (past == puts.end() || stored::block_of((*past)->patient) != stored::block_of(changes.patient))
      changes_cached(DecodedCache::Sort::last_changes, stored::block_of(changes.patient));
    if (changes.head) keep_head(base, changes.patient, serial, std::move(changes.head));
    if (changes.demographics) who[changes.patient] = changes.who;
    from = past;
  }
  TRY(fold_postings(base, postings, state, batch));
  for (const auto& [code, changes] : postings) changes_cached(DecodedCache::Sort::directory, code);
  TRY(fold_demographics(base, who, batch));
  for (const auto& [patient, told] : who) changes_cached(DecodedCache::Sort::demographics, stored::block_of(patient));
  for (const auto& [name, value] : metas) {
    if (value.empty()) batch.erase(Table::meta, name);
    else batch.put(Table::meta, name, stored::sealed_copy(value));
  }
  if (setup_.number == 0)
    TRY(setup_.identity->fold(identity_position, [&](Bytes key, Bytes value) -> Result<void> {
      batch.put(Table::identity, std::move(key), std::move(value));
      return {};
    }));
  state.watermark = upto;
  state.last_recorded = last_recorded();
  TRY(trim_log(batch, state));
  fold_names(*names_, state, batch);  // last: what it takes from the dictionary is not given back if the fold fails
  batch.put(Table::meta, Bytes(shard_state_key), encode(state));
  TRY(setup_.tables->write(batch, false));  // not synced: until it is durable the log still says it all

  auto folded = std::make_shared<const Base>(Base{setup_.tables->snapshot(), upto, serial, patients});
  if (setup_.number == 0) setup_.identity->folded(identity_position);
  {
    std::lock_guard present(present_mutex_);
    base_ = std::move(folded);
    state_ = state;
    for (const auto& segment : frozen) delta_bytes_ -= segment->bytes();
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(frozen.size()));
    std::erase_if(metas_, [&](const auto& meta) { return meta.second.first <= upto; });
    fold_ended_ = setup_.options.clock->now();
    fold_took_ = std::max<Micros>(fold_ended_ - began, 0);
    if (commit_ > upto && oldest_unfolded_ == 0) oldest_unfolded_ = fold_ended_;
  }
  std::lock_guard queue(queue_mutex_);
  changed_.notify_all();
  return {};
}

Result<void> Shard::fold() {
  std::lock_guard one(fold_mutex_);
  return fold_paused();
}

Result<void> Shard::fold_paused() {
  const std::uint64_t upto = last_commit();
  while (state().watermark < upto) {
    const Result<void> step = fold_step();
    if (!step) {
      fail(step.error());  // a base that cannot be folded onto must not hide behind a growing delta
      return step;
    }
  }
  return {};
}

}  // namespace chartline::engine
