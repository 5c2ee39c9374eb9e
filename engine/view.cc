#include "engine/view.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "engine/content.h"
#include "engine/demographics.h"
#include "engine/identity.h"
#include "engine/moment.h"
#include "engine/patient_rows.h"
#include "engine/posting_reader.h"
#include "engine/timeline_reader.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

Result<const ShardMoment*> shard_of(const ViewParts& moment, std::uint32_t shard) {
  if (shard >= moment.shards.size()) return invalid_request("the store has no shard " + std::to_string(shard));
  return &moment.shards[shard];
}

Result<const ShardMoment*> shard_of(const ViewParts& moment, PatientRef patient) {
  const ShardMoment* shard = TRY(shard_of(moment, patient.shard));
  if (patient.id >= shard->patients) return not_found("no such patient");
  return shard;
}

// Postings are of the present; what was so at an instant stands in the timelines.
Result<const ShardMoment*> postings_of(const ViewParts& moment, std::uint32_t shard) {
  if (moment.as_of != INT64_MAX) return unsupported("postings as of an instant: read timelines instead");
  return shard_of(moment, shard);
}

// Names are asked for with numbers that the View gave, so the shard is one of ours.
const Dictionary& names_of(const ViewParts& moment, std::uint32_t shard) {
  check(shard < moment.shards.size(), "a shard of the view");
  return *moment.shards[shard].dictionary;
}

bool tells_demographics(const stored::Row& row) { return row.kind == record::Kind::patient || row.kind == record::Kind::death; }

// What a put takes away is not known here, so anything taken away counts.
bool tells_demographics(const ShardMoment& shard, const DeltaPut& put) {
  if (put.commit <= shard.base->watermark) return false;
  return !put.removed.empty() || std::ranges::any_of(put.added, [](const stored::Row& row) { return tells_demographics(row); });
}

// Whether the delta touches what a page of demographics was made of.
bool delta_tells_demographics(const ShardMoment& shard, PatientId patient) {
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_patient(patient, shard.commit, puts);
  return std::ranges::any_of(puts, [&](const DeltaPut* put) { return tells_demographics(shard, *put); });
}

}  // namespace

View::View(std::shared_ptr<const ViewParts> parts) : parts_(std::move(parts)) {}
View::View(const View&) = default;
View::View(View&&) noexcept = default;
View& View::operator=(const View&) = default;
View::~View() = default;

Micros View::as_of() const { return parts_->as_of; }
std::uint32_t View::shards() const { return static_cast<std::uint32_t>(parts_->shards.size()); }

std::vector<std::uint64_t> View::position() const {
  std::vector<std::uint64_t> position;
  for (const ShardMoment& shard : parts_->shards) position.push_back(shard.commit);
  return position;
}

Result<std::optional<PatientRef>> View::find(std::string_view identifier) const {
  const auto is_given = [this](PatientRef patient) { return patient.id < patients(patient.shard); };
  // A value may hold a bar itself: SYSTEM|VALUE is tried first, then the whole as a value.
  if (const std::size_t bar = identifier.find('|'); bar != std::string_view::npos) {
    const auto patient = TRY(parts_->identity->find({.system = identifier.substr(0, bar), .value = identifier.substr(bar + 1)}));
    if (patient && is_given(*patient)) return patient;
  }
  std::vector<Identity::Match> matches = TRY(parts_->identity->find_value(identifier));
  std::erase_if(matches, [&](const Identity::Match& match) { return !is_given(match.patient); });
  if (matches.empty()) return std::optional<PatientRef>();
  std::set<std::string> systems;
  std::set<std::vector<PatientRef>> persons;
  for (const Identity::Match& match : matches) systems.insert(match.system), persons.insert(linked(match.patient));
  if (persons.size() == 1) return std::optional(matches.front().patient);
  std::string message = "the identifier is of several patients; say which system:";
  for (const std::string& system : systems) message += " " + system;
  return conflict(message);
}

Result<std::vector<record::Identifier>> View::identifiers(PatientRef patient, record::Arena& into) const {
  TRY(shard_of(*parts_, patient));
  return parts_->identity->identifiers(patient, into);
}

std::vector<PatientRef> View::linked(PatientRef patient) const { return parts_->identity->linked(patient, parts_->links_as_of); }

std::uint32_t View::patients(std::uint32_t shard) const { return shard < shards() ? parts_->shards[shard].patients : 0; }

Result<std::vector<PatientRef>> View::nobody() const {
  std::vector<PatientRef> all;
  for (const Identity::Match& match : TRY(parts_->identity->find_value(record::nobody)))
    if (match.patient.id < patients(match.patient.shard)) all.push_back(match.patient);
  std::ranges::sort(all);
  return all;
}

Result<Demographics> View::demographics(PatientRef patient) const {
  const ShardMoment* shard = TRY(shard_of(*parts_, patient));
  if (as_of() == INT64_MAX && !delta_tells_demographics(*shard, patient.id)) {
    const auto page = TRY(read_demographics(*shard, stored::block_of(patient.id)));
    return page->at(patient.id % stored::block_patients);
  }
  Timeline rows;
  const TimelineFilter filter{.kinds = 1u << static_cast<unsigned>(record::Kind::patient) | 1u << static_cast<unsigned>(record::Kind::death)};
  TRY(own_timeline(patient, filter, stored::field_hot, rows));
  std::vector<stored::Row> tellers;
  for (const Timeline::Parts::Place& place : rows.parts->places) tellers.push_back(TRY(rows.parts->pieces[place.piece]->row(place.row)));
  return demographics_of(tellers, *shard->dictionary);
}

std::vector<std::vector<PatientRef>> View::persons() const { return parts_->identity->persons(parts_->links_as_of); }

Demographics BlockDemographics::at(std::uint32_t place) const {
  const auto told = std::ranges::lower_bound(told_, place, {}, [](const auto& one) { return one.first; });
  return told != told_.end() && told->first == place ? told->second : page_->at(place);
}

Result<BlockDemographics> View::demographics(std::uint32_t shard, std::uint32_t block) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  BlockDemographics all;
  all.page_ = TRY(read_demographics(*moment, block));
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : moment->segments) segment->of_block(block, moment->commit, puts);
  std::erase_if(puts, [&](const DeltaPut* put) { return !tells_demographics(*moment, *put); });
  std::vector<PatientId> told;
  for (const DeltaPut* put : puts) told.push_back(put->patient);
  std::ranges::sort(told);
  told.erase(std::unique(told.begin(), told.end()), told.end());
  for (const PatientId patient : told) {
    const Demographics who = TRY(demographics(PatientRef{shard, patient}));
    all.told_.emplace_back(patient % stored::block_patients, who);
  }
  return all;
}

record::Code View::code_of(std::uint32_t shard, Name code) const { return names_of(*parts_, shard).code(code); }
std::string_view View::unit_of(std::uint32_t shard, Name unit) const { return names_of(*parts_, shard).unit(unit); }
record::Source View::source_of(std::uint32_t shard, Name source) const { return names_of(*parts_, shard).source(source); }
std::optional<Name> View::find_code(std::uint32_t shard, const record::Code& code) const { return names_of(*parts_, shard).find(code); }
std::uint32_t View::codes(std::uint32_t shard) const { return names_of(*parts_, shard).size(stored::Dictionary::code); }

Result<Timeline> View::timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields) const {
  Timeline into;
  TRY(timeline(patient, filter, fields, into));
  return into;
}

Result<void> View::timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields, Timeline& into) const {
  const TimelineReader reader = TRY(TimelineReader::make(parts_, filter, fields));
  return reader.read(linked(patient), *into.parts);
}

Result<void> View::own_timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields, Timeline& into) const {
  const TimelineReader reader = TRY(TimelineReader::make(parts_, filter, fields));
  return reader.read(std::span(&patient, 1), *into.parts);
}

Result<void> View::timelines(std::span<const PatientRef> patients, const TimelineFilter& filter, std::uint32_t fields,
                             const std::function<Result<void>(PatientRef, Timeline&)>& each) const {
  const TimelineReader reader = TRY(TimelineReader::make(parts_, filter, fields));
  return reader.read_many(patients, [this](PatientRef patient) { return linked(patient); }, each);
}

Result<std::vector<View::Version>> View::history(PatientRef patient, record::Arena& into) const {
  const ShardMoment* shard = TRY(shard_of(*parts_, patient));
  const PatientRows current = TRY(read_rows(*shard, patient.id));
  const PastRows past = TRY(read_past_rows(*shard, patient.id));
  std::vector<const stored::Row*> rows;
  for (const auto* some : {&current.rows, &past.rows}) {
    for (const stored::Row& row : *some) {
      if (row.recorded <= as_of()) rows.push_back(&row);
    }
  }
  std::ranges::sort(rows, {}, [](const stored::Row* row) { return std::pair(row->recorded, row->number); });
  std::vector<Version> versions;
  for (const stored::Row* row : rows) {
    const Micros removed = row->removed <= as_of() ? row->removed : 0;
    versions.push_back({.event = to_event(copy(*row, into), *shard->dictionary, into), .removed = removed});
  }
  return versions;
}

// Kept under the number of the record's first event. A record's events are numbered one after another, so that is the
// greatest number with an original that is not above the event's own.
Result<std::optional<Bytes>> View::original(PatientRef patient, const record::Event& event) const {
  const ShardMoment* shard = TRY(shard_of(*parts_, patient));
  if (!event.has_original) return std::optional<Bytes>();
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard->segments) segment->of_patient(patient.id, shard->commit, puts);
  for (const DeltaPut* put : puts) {
    const bool adds = std::ranges::any_of(put->added, [&](const stored::Row& row) { return row.number == event.number; });
    if (put->commit > shard->base->watermark && adds) return std::optional(Bytes(put->original));
  }
  Pinned value;
  for (std::uint32_t number = event.number; number > 0; --number) {
    if (TRY(shard->tables->get(Table::originals, stored::original_key(patient.id, number), shard->base->snapshot.get(), value))) {
      const auto original = stored::unseal(value.bytes(), "originals: shard " + std::to_string(shard->shard));
      return original ? Result(std::optional(Bytes(*original))) : original.error();
    }
  }
  return corrupt("originals: shard " + std::to_string(shard->shard) + ": the original of an event is absent");
}

Result<stored::Directory> View::directory(std::uint32_t shard, Name code) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  return read_directory(*moment, code);
}
Result<PostingScan> View::postings(std::uint32_t shard, Name code, std::uint32_t first_block, std::uint32_t last_block, std::uint32_t fields) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  return read_postings(*moment, code, first_block, last_block, fields);
}
Result<PostingScan> View::name_postings(std::uint32_t shard, Name code, std::uint32_t first_block,
                                        std::uint32_t last_block) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  return engine::name_postings(*moment, code, first_block, last_block);
}
Result<void> View::posting_run(std::uint32_t shard, Name code, const stored::PostingRun& run, std::uint32_t fields,
                               stored::PostingColumns& into, const MoreFields& more) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  return read_posting_run(*moment, code, run, fields, into, more);
}
Result<std::vector<stored::Posting>> View::merged_postings(std::uint32_t shard, Name code, std::uint32_t first_block, std::uint32_t last_block) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  return merge_postings(*moment, code, first_block, last_block);
}

}  // namespace chartline::engine
