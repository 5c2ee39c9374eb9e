#include "engine/timeline_reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/content.h"
#include "engine/identity.h"
#include "engine/patient_rows.h"
#include "engine/timeline_merge.h"
#include "engine/trust/deidentify.h"
#include "engine/trust/sight.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

// Patients whose heads and runs are read together; of one with more runs, each is read when the merge comes to it.
constexpr std::size_t batch_patients = 64;
constexpr std::size_t fetched_runs_max = 8;
constexpr std::size_t short_timeline_events = 2048;

// Keys of one table, asked for at once in the order of the table; `use` is told what was found for each.
template <typename Use>
Result<void> get_sorted(const ShardMoment& shard, Table table, std::vector<std::pair<Bytes, std::size_t>>& keys,
                        const Use& use) {
  std::ranges::sort(keys);
  std::vector<Bytes> sorted;
  for (const auto& [key, whose] : keys) sorted.push_back(key);
  std::vector<std::optional<Bytes>> values;
  TRY(shard.tables->get_many(table, sorted, shard.base->snapshot.get(), values));
  for (std::size_t i = 0; i < keys.size(); ++i) TRY(use(keys[i].second, std::move(values[i])));
  return {};
}

}  // namespace

TimelineReader::TimelineReader(std::shared_ptr<const ViewParts> moment, const TimelineFilter& filter, std::uint32_t fields)
    : moment_(std::move(moment)), filter_(filter), compiled_(filter, *moment_), fields_(fields | compiled_.fields()) {
  if (in_the_past()) fields_ = stored::field_all;
  // Ends are stored as distances from the start; sequences may count the rows of an instant.
  if (fields_ & (stored::field_end | stored::field_told)) fields_ |= stored::field_time;
  if (fields_ & stored::field_text) fields_ |= stored::field_value;
}

Result<TimelineReader> TimelineReader::make(std::shared_ptr<const ViewParts> moment, const TimelineFilter& filter,
                                            std::uint32_t fields) {
  if (filter.limit == 0) return invalid_request("a limit of 0 events: at least 1 must be asked for");
  TimelineReader reader(std::move(moment), filter, fields);
  if (filter.cursor.empty()) return reader;
  reader.cursor_ = TRY(parse_cursor(filter.cursor));
  if (reader.cursor_->moment != moment_hash(*reader.moment_))
    return not_found("expired cursor: it is of another moment, start over");
  return reader;
}

Result<const ShardMoment*> TimelineReader::shard_of(PatientRef patient) const {
  if (patient.shard >= moment_->shards.size())
    return invalid_request("a patient of a shard that the store does not have");
  const ShardMoment& shard = moment_->shards[patient.shard];
  if (patient.id >= shard.patients || (moment_->grant && !moment_->grant->patients.contains(patient)))
    return not_found("no such patient");
  return &shard;
}

const Deidentification* TimelineReader::deidentified() const {
  return moment_->grant ? moment_->grant->deidentified.get() : nullptr;
}

namespace {

void put_in_order(Piece& piece) {
  std::ranges::sort(piece.rows, [&](const stored::Row* a, const stored::Row* b) {
    if (before(*a, *b, piece.names())) return true;
    return !before(*b, *a, piece.names()) && a->number < b->number;
  });
  piece.place.ref.first = piece.rows.front()->start.instant();
  piece.place.ref.last = piece.rows.back()->start.instant();
}

}  // namespace

// What the grant shows is told by the rows as they are; what the filter asks for, by the rows as they are shown.
Result<void> TimelineReader::gather_changed(const ShardMoment& shard, PatientRef patient, Timeline::Parts& into) const {
  into.taken.emplace_back();
  const PatientRows current = TRY(read_rows(shard, patient.id));
  const PastRows past = in_the_past() ? TRY(read_past_rows(shard, patient.id)) : PastRows();
  const Sight sight(moment_->grant.get(), patient, *shard.dictionary);
  std::vector<stored::Row> rows;
  for (const auto* some : {&current.rows, &past.rows}) {
    for (const stored::Row& row : *some) {
      const bool replaced = row.removed != 0 && row.removed <= moment_->as_of;
      if (row.recorded <= moment_->as_of && !replaced && sight.shows(row)) rows.push_back(row);
    }
  }
  if (rows.empty()) return {};
  const PatientRef person = moment_->identity->linked(patient, INT64_MAX).front();
  into.changed.push_back(deidentified()->changed(std::move(rows), person, *shard.dictionary));
  Piece& piece = into.add(patient, shard);
  piece.whose = into.taken.size() - 1;
  for (const stored::Row& row : into.changed.back()->rows) piece.rows.push_back(&row);
  put_in_order(piece);
  return {};
}

// Rows that the delta adds, as one piece, and in parts.taken the numbers of all rows that it takes away.
void TimelineReader::gather_delta(const ShardMoment& shard, PatientRef patient, Timeline::Parts& into) const {
  std::vector<std::uint32_t>& taken = into.taken.emplace_back();
  into.puts.clear();
  for (const auto& segment : shard.segments) segment->of_patient(patient.id, shard.commit, into.puts);
  std::erase_if(into.puts, [&](const DeltaPut* put) {
    return put->commit <= shard.base->watermark || put->recorded > moment_->as_of;
  });
  if (into.puts.empty()) return;
  for (const DeltaPut* put : into.puts) taken.insert(taken.end(), put->removed.begin(), put->removed.end());
  std::ranges::sort(taken);

  Piece& piece = into.add(patient, shard);
  piece.whose = into.taken.size() - 1;
  for (const DeltaPut* put : into.puts) {
    for (const stored::Row& row : put->added) {
      if (!std::ranges::binary_search(taken, row.number)) piece.rows.push_back(&row);
    }
  }
  if (piece.rows.empty()) return void(--into.used);
  put_in_order(piece);
}

void TimelineReader::gather_runs(const ShardMoment& shard, PatientRef patient, const stored::Head& head,
                                 Timeline::Parts& into) const {
  if (!compiled_.reaches_shard(patient.shard)) return;
  const auto gather = [&](const std::vector<stored::RunRef>& runs, bool past) {
    for (const stored::RunRef& run : runs) {
      if (!compiled_.reaches(run)) continue;
      Piece& piece = into.add(patient, shard);
      piece.whose = into.taken.size() - 1;
      piece.is_run = true;
      piece.place.past = past;
      piece.place.ref = run;
      piece.place.in_head = head.hot;
    }
  };
  gather(head.runs, false);
  if (in_the_past()) gather(head.history, true);
}

Result<void> TimelineReader::read(std::span<const PatientRef> person, Timeline::Parts& into) const {
  into.clear();
  into.taken.clear();
  into.moment = moment_;
  for (const PatientRef patient : person) {
    const ShardMoment* shard = TRY(shard_of(patient));
    if (deidentified()) {
      TRY(gather_changed(*shard, patient, into));
      continue;
    }
    gather_delta(*shard, patient, into);
    gather_runs(*shard, patient, *into.heads.emplace_back(TRY(cached_head(*shard, patient.id))), into);
  }
  return merge(person, into);
}

Result<bool> TimelineReader::read_if_short(std::span<const PatientRef> person, Timeline::Parts& into) const {
  into.clear();
  into.taken.clear();
  into.moment = moment_;
  if (in_the_past() || compiled_.has_codes()) return false;
  std::size_t events = 0;
  for (const PatientRef patient : person) {
    const ShardMoment* shard = TRY(shard_of(patient));
    if (Sight(moment_->grant.get(), patient, *shard->dictionary).needs_details()) return false;
    gather_delta(*shard, patient, into);
    gather_runs(*shard, patient, *into.heads.emplace_back(TRY(cached_head(*shard, patient.id))), into);
  }
  for (std::size_t i = 0; i < into.used; ++i) {
    const Piece& piece = *into.pieces[i];
    events += piece.is_run ? piece.place.ref.count : piece.rows.size();
  }
  if (events > short_timeline_events) {
    into.clear();
    return false;
  }
  TRY(merge(person, into));
  return true;
}

// What the merge looks at, besides what was asked for.
std::uint32_t TimelineReader::fields_of(std::span<const PatientRef> person, const Timeline::Parts& into) const {
  std::uint32_t fields = fields_;
  if (into.used > 1 || cursor_ || filter_.limit != SIZE_MAX) fields |= stored::field_time;
  if (std::ranges::any_of(into.taken, [](const auto& taken) { return !taken.empty(); })) fields |= stored::field_number;
  for (const PatientRef patient : person)
    fields |= Sight(moment_->grant.get(), patient, *moment_->shards[patient.shard].dictionary).fields();
  return fields;
}

Result<void> TimelineReader::merge(std::span<const PatientRef> person, Timeline::Parts& into) const {
  const std::uint32_t fields = fields_of(person, into);
  if (cursor_ && cursor_->question != question_hash(person, filter_)) {
    return invalid_request("the cursor is of another patient or filter: leave it empty to start over");
  }
  TimelineMerge merge({.filter = compiled_,
                       .fields = fields,
                       .backwards = filter_.backwards,
                       .limit = filter_.limit,
                       .after = cursor_,
                       .as_of = moment_->as_of,
                       .grant = deidentified() ? nullptr : moment_->grant.get()},
                      into);
  if (!TRY(merge.run())) return {};
  Cursor place = merge.place();
  place.moment = moment_hash(*moment_);
  place.question = question_hash(person, filter_);
  into.next = print(place);
  return {};
}

Result<void> TimelineReader::read_many(std::span<const PatientRef> patients,
                                       const std::function<std::vector<PatientRef>(PatientRef)>& person_of,
                                       const std::function<Result<void>(PatientRef, Timeline&)>& each) const {
  std::vector<Timeline> timelines(std::min(batch_patients, patients.size()));
  for (std::size_t from = 0; from < patients.size(); from += batch_patients) {
    const auto batch = patients.subspan(from, std::min(batch_patients, patients.size() - from));
    std::vector<std::vector<PatientRef>> persons;
    std::vector<std::pair<PatientRef, std::size_t>> members;  // every patient of every person, and whose timeline it belongs to
    for (std::size_t i = 0; i < batch.size(); ++i) {
      persons.push_back(person_of(batch[i]));
      for (const PatientRef patient : persons.back()) members.emplace_back(patient, i);
    }
    std::vector<stored::Head> heads(members.size());
    std::map<std::uint32_t, std::vector<std::pair<Bytes, std::size_t>>> keys;  // by shard
    for (std::size_t m = 0; m < members.size(); ++m) {
      const PatientRef patient = members[m].first;
      TRY(shard_of(patient));
      keys[patient.shard].emplace_back(stored::head_key(patient.id), m);
    }
    for (auto& [shard, of_shard] : keys) {
      const ShardMoment& moment = moment_->shards[shard];
      TRY(get_sorted(moment, Table::timeline, of_shard, [&](std::size_t m, std::optional<Bytes> value) -> Result<void> {
        if (value) heads[m] = TRY(decode_head(moment, *value));
        return {};
      }));
    }
    for (std::size_t i = 0, m = 0; i < batch.size(); ++i) {
      Timeline::Parts& into = *timelines[i].parts;
      into.clear();
      into.taken.clear();
      into.moment = moment_;
      for (; m < members.size() && members[m].second == i; ++m) {
        const PatientRef patient = members[m].first;
        if (deidentified()) {
          TRY(gather_changed(moment_->shards[patient.shard], patient, into));
          continue;
        }
        gather_delta(moment_->shards[patient.shard], patient, into);
        gather_runs(moment_->shards[patient.shard], patient, heads[m], into);
      }
    }
    TRY(fetch_runs(std::span(timelines).first(batch.size())));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      TRY(merge(persons[i], *timelines[i].parts));
      TRY(each(batch[i], timelines[i]));
    }
  }
  return {};
}

// The runs of patients that have few, for all timelines at once.
Result<void> TimelineReader::fetch_runs(std::span<Timeline> timelines) const {
  if (in_the_past()) return {};  // opens whole runs, of two tables
  std::vector<Piece*> pieces;
  std::map<std::uint32_t, std::vector<std::pair<Bytes, std::size_t>>> keys;  // by shard
  for (Timeline& timeline : timelines) {
    if (timeline.parts->used > fetched_runs_max) continue;
    for (std::size_t p = 0; p < timeline.parts->used; ++p) {
      Piece& piece = *timeline.parts->pieces[p];
      if (!piece.is_run || piece.place.ref.in_head) continue;
      keys[piece.patient.shard].emplace_back(
          stored::run_key(piece.patient.id, piece.place.ref.first, piece.place.ref.run), pieces.size());
      pieces.push_back(&piece);
    }
  }
  for (auto& [shard, of_shard] : keys) {
    TRY(get_sorted(moment_->shards[shard], Table::timeline, of_shard,
                   [&](std::size_t p, std::optional<Bytes> value) -> Result<void> {
                     pieces[p]->fetched = std::move(value);  // opening a run that is absent says so
                     return {};
                   }));
  }
  return {};
}

}  // namespace chartline::engine
