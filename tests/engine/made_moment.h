// A moment made by hand, without a store: rows that came and went at known commits, laid down as runs, history runs,
// directories and delta in some random way that means the same. The rows themselves are the oracle.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/content.h"
#include "engine/decoded_cache.h"
#include "engine/demographics.h"
#include "engine/identity.h"
#include "engine/moment.h"
#include "engine/posting_reader.h"
#include "engine/storage/memory.h"
#include "engine/view.h"
#include "formats/stored/keys.h"

namespace chartline::engine {

class MadeMoment {
 public:
  struct Version {
    PatientRef patient;
    stored::Row row;  // recorded and removed are commit numbers; removed 0: never
  };

  MadeMoment(std::uint64_t seed, std::uint32_t shards, std::uint32_t patients, std::uint32_t rows_max) : random_(seed) {
    backend_ = memory_backend(std::make_shared<MemoryDisk>());
    cache_ = std::make_shared<DecodedCache>(one_in(2) ? 1 << 20 : 0);
    watermark_ = below(last_commit + 1);
    commit_ = watermark_ + below(last_commit + 1 - watermark_);
    for (std::uint32_t s = 0; s < shards; ++s) {
      leases_.push_back(backend_->acquire(s, 0).value());
      tables_.push_back(backend_->open(s, leases_.back().get(), {}).value());
      dictionaries_.push_back(std::make_shared<Dictionary>());
      for (std::uint64_t skipped = below(5); skipped > 0; --skipped)
        event(*dictionaries_.back());  // other numbers in each shard
      Batch batch;
      for (PatientId patient = 0; patient < patients; ++patient) lay_down({s, patient}, rows_max, batch);
      lay_down_postings(s, batch);
      tables_.back()->write(batch, false).value();
    }
    identity_ = std::make_shared<Identity>(tables_[0], cache_, 1, shards);
    identity_->load().value();
  }

  View view(Micros as_of = INT64_MAX) {
    auto parts = std::make_shared<ViewParts>();
    parts->as_of = parts->links_as_of = as_of;
    parts->identity = identity_;
    for (std::uint32_t s = 0; s < tables_.size(); ++s) parts->shards.push_back(shard(s));
    return View(parts);
  }

  ShardMoment shard(std::uint32_t s) {
    ShardMoment moment;
    moment.shard = s;
    moment.tables = tables_[s];
    moment.dictionary = dictionaries_[s];
    moment.cache = cache_;
    moment.base = std::make_shared<Base>(Base{tables_[s]->snapshot(), watermark_});
    moment.segments = segments(s);
    moment.commit = commit_;
    moment.patients = patients_in_shard;
    return moment;
  }

  void link(PatientRef a, PatientRef b) {
    identity_->link(a, b, true).value();
    identity_->committed(identity_->position(), 1);
  }

  bool is_current(const stored::Row& row, Micros as_of = INT64_MAX) const {
    const Micros now = std::min(as_of, static_cast<Micros>(commit_));
    return row.recorded <= now && (row.removed == 0 || row.removed > now);
  }

  const std::vector<Version>& versions() const { return versions_; }
  const Dictionary& names(std::uint32_t s) const { return *dictionaries_[s]; }
  Tables& tables(std::uint32_t s) { return *tables_[s]; }
  std::uint64_t commit() const { return commit_; }
  std::uint64_t watermark() const { return watermark_; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  static constexpr std::uint64_t last_commit = 100;
  static constexpr PatientId patients_in_shard = 3 * stored::block_patients;

  std::string text(std::string_view stem, std::uint64_t n) { return std::string(stem) + std::to_string(below(n)); }

 private:
  stored::Row event(Dictionary& names) {
    record::Event event;
    const record::Kind kinds[] = {record::Kind::condition, record::Kind::observation, record::Kind::patient,
                                  record::Kind::death};
    event.kind = kinds[below(4)];
    event.status = one_in(8) ? record::Status::entered_in_error : record::Status::final;
    const std::string code = text("c1", 12), translation = text("c1", 12), unit = text("u", 3), record = text("r", 9),
                      words = text("text ", 99);
    if (!one_in(10)) event.code = {.system = one_in(2) ? "snomed" : "local", .code = code, .display = ""};
    const record::Code translations[] = {{.system = "local", .code = translation, .display = ""}};
    if (one_in(3)) event.translations = translations;
    event.start = time();
    if (one_in(4)) event.end = {.form = record::End::Form::at, .at = time()};
    const record::Value values[] = {
        {},
        {.form = record::Value::Form::number,
         .number = record::decimal(static_cast<std::int64_t>(below(2000)), 1),
         .unit = unit,
         .code = {},
         .text = {},
         .date = {}},
        {.form = record::Value::Form::text, .number = {}, .unit = {}, .code = {}, .text = words, .date = {}}};
    event.value = values[below(3)];
    event.source = {.organisation = one_in(2) ? "north" : "south", .system = one_in(2) ? "fhir" : ""};
    if (one_in(2)) event.record = record;
    event.sequence = below(2);
    event.ordinal = static_cast<std::uint32_t>(versions_.size());  // so that no two are the same event
    const record::Attribute attributes[] = {
        {.name = record::attribute::birth,
         .value = {.form = record::Value::Form::date, .number = {}, .unit = {}, .code = {}, .text = {}, .date = time()}},
        {.name = record::attribute::sex,
         .value = {.form = record::Value::Form::code,
                   .number = {},
                   .unit = {},
                   .code = {.system = "gender", .code = words, .display = ""},
                   .text = {},
                   .date = {}}}};
    if (event.kind == record::Kind::patient) event.attributes = std::span(attributes).first(below(3));
    return copy(to_row(event, names, room_), room_);
  }

  record::Time time() {
    if (one_in(10)) return {};
    record::Time time;
    time.local = (static_cast<Micros>(below(12)) - 6) * record::micros_per_day;
    time.precision = one_in(3) ? record::Precision::second : record::Precision::day;
    if (time.precision == record::Precision::second)
      time.local += static_cast<Micros>(below(3)) * 3600 * record::micros_per_second;
    if (one_in(3)) time.offset_minutes = static_cast<std::int16_t>(static_cast<int>(below(3)) * 720 - 720);
    return time;
  }

  // Every version of one patient, where the watermark says that it lies.
  void lay_down(PatientRef patient, std::uint32_t rows_max, Batch& batch) {
    const std::uint64_t count = below(rows_max + 1);
    std::vector<stored::Row> current, past;
    std::map<std::uint64_t, std::pair<std::vector<stored::Row>, std::vector<std::uint32_t>>> puts;  // by commit
    std::vector<std::uint64_t> recorded;
    for (std::uint64_t i = 0; i < count; ++i) recorded.push_back(1 + below(last_commit));
    std::ranges::sort(recorded);
    for (std::uint64_t i = 0; i < count; ++i) {
      stored::Row row = event(*dictionaries_[patient.shard]);
      row.number = static_cast<std::uint32_t>(i + 1);
      row.recorded = static_cast<Micros>(recorded[i]);
      const std::uint64_t removed =
          one_in(3) && recorded[i] < last_commit ? recorded[i] + 1 + below(last_commit - recorded[i]) : 0;
      puts[recorded[i]].first.push_back(row);
      if (removed != 0) puts[removed].second.push_back(row.number);
      if (recorded[i] <= watermark_) {
        const bool is_past = removed != 0 && removed <= watermark_;
        (is_past ? past : current).push_back(row);
        if (is_past) past.back().removed = static_cast<Micros>(removed);
      }
      row.removed = static_cast<Micros>(removed);
      versions_.push_back({patient, row});
    }
    stored::Head head;
    lay_down_runs(patient, current, false, head.runs, batch);
    lay_down_runs(patient, past, true, head.history, batch);
    if (!head.runs.empty() || !head.history.empty())
      batch.put(Table::timeline, stored::head_key(patient.id), stored::encode(head));
    for (auto& [commit, change] : puts)
      delta_[patient.shard][commit].push_back({patient, std::move(change.first), std::move(change.second)});
  }

  void lay_down_runs(PatientRef patient, const std::vector<stored::Row>& rows, bool past,
                     std::vector<stored::RunRef>& refs, Batch& batch) {
    std::vector<std::vector<stored::Row>> runs(1 + below(4));
    const bool apart = one_in(2);  // runs that follow each other, or that overlap
    std::vector<stored::Row> sorted = rows;
    sort(sorted, patient.shard);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      runs[apart ? i * runs.size() / sorted.size() : below(runs.size())].push_back(sorted[i]);
    }
    for (const std::vector<stored::Row>& run : runs) {
      if (run.empty()) continue;
      const stored::RunBytes bytes = stored::encode_run(run);
      const stored::RunRef ref{run.front().start.instant(),
                               run.back().start.instant(),
                               next_run_++,
                               static_cast<std::uint32_t>(run.size()),
                               false,
                               bytes.hot_checksum,
                               bytes.details_checksum};
      const PatientId id = patient.id;
      batch.put(past ? Table::history : Table::timeline,
                past ? stored::history_key(id, ref.run, false) : stored::run_key(id, ref.first, ref.run), bytes.hot);
      if (!bytes.details.empty()) {
        batch.put(past ? Table::history : Table::details,
                  past ? stored::history_key(id, ref.run, true) : stored::details_key(id, ref.run), bytes.details);
      }
      refs.push_back(ref);
    }
    std::ranges::sort(refs, {}, [](const stored::RunRef& ref) { return std::pair(ref.first, ref.run); });
  }

  // Rows that came up to the watermark, in a few runs of postings; those that went in runs of removals after them.
  void lay_down_postings(std::uint32_t s, Batch& batch) {
    for (const Name code : posting_names(*dictionaries_[s])) {
      std::vector<stored::Posting> early, late;
      std::vector<stored::Removal> removals;
      for (const Version& version : versions_) {
        const stored::Row& row = version.row;
        const bool translated = std::ranges::count(row.translations, code) > 0;
        const auto attribute =
            std::ranges::find(row.attributes, code & ~stored::attribute_postings, &stored::RowAttribute::name);
        const bool has =
            stored::is_of_attribute(code) ? attribute != row.attributes.end() : row.code == code || translated;
        if (version.patient.shard != s || row.recorded > static_cast<Micros>(watermark_) || !has) continue;
        stored::Posting posting = stored::is_of_attribute(code)
                                      ? stored::posting_of(version.patient.id, row.number, *attribute)
                                      : stored::posting_of(version.patient.id, row);
        if (row.code != code && !stored::is_of_attribute(code)) posting.flags |= stored::posting_translation;
        const bool gone = row.removed != 0 && row.removed <= static_cast<Micros>(watermark_);
        if (!gone) {
          (one_in(2) ? early : late).push_back(posting);
        } else if (one_in(2)) {
          early.push_back(posting);
          removals.push_back({version.patient.id, row.number});
        }
      }
      stored::Directory directory;
      const auto put = [&](const stored::PostingBytes& bytes, std::size_t count, bool is_removals) {
        if (count == 0) return;
        const stored::PostingRun run{0,
                                     patients_in_shard / stored::block_patients - 1,
                                     next_run_++,
                                     static_cast<std::uint32_t>(count),
                                     is_removals,
                                     bytes.checksum,
                                     static_cast<std::uint32_t>(bytes.bytes.size())};
        batch.put(Table::postings, stored::postings_key(code, run.run, run.first_block), bytes.bytes);
        directory.runs.push_back(run);
      };
      const auto by_patient = [](const stored::Posting& posting) { return posting.patient; };
      std::ranges::stable_sort(early, {}, by_patient);
      std::ranges::stable_sort(late, {}, by_patient);
      std::ranges::sort(removals);
      put(stored::encode_postings(early), early.size(), false);
      put(stored::encode_removals(removals), removals.size(), true);
      put(stored::encode_postings(late), late.size(), false);
      directory.events = early.size() + late.size() - removals.size();
      if (!directory.runs.empty()) batch.put(Table::postings, stored::directory_key(code), stored::encode(directory));
    }
  }

  // The delta from a little before the watermark on, in two segments; it reaches beyond the moment.
  std::vector<std::shared_ptr<const Segment>> segments(std::uint32_t s) {
    const auto frozen_segment = std::make_shared<Segment>(), active_segment = std::make_shared<Segment>();
    const std::uint64_t from = watermark_ - std::min<std::uint64_t>(watermark_, 5),
                        frozen = watermark_ + (last_commit - watermark_) / 2;
    for (auto& [commit, changes] : delta_[s]) {
      if (commit < from) continue;
      for (Change& change : changes) {
        const DeltaPut put{.commit = commit,
                           .recorded = static_cast<Micros>(commit),
                           .patient = change.patient.id,
                           .added = change.added,
                           .removed = change.removed};
        (commit <= frozen ? frozen_segment : active_segment)->publish(std::span(&put, 1), nullptr, 1);
      }
    }
    return {frozen_segment, active_segment};
  }

  void sort(std::vector<stored::Row>& rows, std::uint32_t s) const {
    std::ranges::sort(rows, [&](const stored::Row& a, const stored::Row& b) { return before(a, b, *dictionaries_[s]); });
  }

  struct Change {
    PatientRef patient;
    std::vector<stored::Row> added;
    std::vector<std::uint32_t> removed;
  };

  std::mt19937_64 random_;
  std::unique_ptr<Backend> backend_;
  std::vector<std::unique_ptr<Lease>> leases_;
  std::vector<std::shared_ptr<Tables>> tables_;
  std::vector<std::shared_ptr<Dictionary>> dictionaries_;
  std::shared_ptr<DecodedCache> cache_;
  std::shared_ptr<Identity> identity_;
  record::Arena room_;
  std::vector<Version> versions_;
  std::map<std::uint32_t, std::map<std::uint64_t, std::vector<Change>>> delta_;
  std::uint64_t watermark_ = 0, commit_ = 0, next_run_ = 1;
};

}  // namespace chartline::engine
