#include "engine/view.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "engine/content.h"
#include "engine/demographics.h"
#include "engine/identity.h"
#include "engine/last_changes.h"
#include "engine/moment.h"
#include "engine/patient_rows.h"
#include "engine/posting_atlas.h"
#include "engine/posting_reader.h"
#include "engine/run_reader.h"
#include "engine/timeline_reader.h"
#include "engine/trust/deidentify.h"
#include "engine/trust/grant.h"
#include "engine/trust/seen_postings.h"
#include "engine/trust/sight.h"
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
  if (patient.id >= shard->patients || (moment.grant && !moment.grant->patients.contains(patient)))
    return not_found("no such patient");
  return shard;
}

// Postings are of the present, and of whole patients; what was so at an instant, or is shown in part, stands in the timelines.
Result<const ShardMoment*> postings_of(const ViewParts& moment, std::uint32_t shard) {
  if (moment.as_of != INT64_MAX) return unsupported("postings as of an instant: read timelines instead");
  if (moment.grant && moment.grant->sifts_everyone())
    return unsupported("postings where a grant shows events in part: read timelines instead");
  return shard_of(moment, shard);
}

// Null where a grant leaves nobody out because there is none.
std::optional<SeenPostings> seen_postings(const ViewParts& moment, const ShardMoment& shard) {
  if (!moment.grant) return std::nullopt;
  return SeenPostings(moment.grant->whole, shard.shard, shard.patients);
}

const Deidentification* deidentified(const ViewParts& moment) {
  return moment.grant ? moment.grant->deidentified.get() : nullptr;
}

bool shows_in_part(const ViewParts& moment, PatientRef patient) {
  return moment.grant && (moment.grant->sifts_everyone() || !moment.grant->rule_of(patient).shows_everything());
}

// Names are asked for with numbers that the View gave, so the shard is one of ours.
const Dictionary& names_of(const ViewParts& moment, std::uint32_t shard) {
  check(shard < moment.shards.size(), "a shard of the view");
  return *moment.shards[shard].dictionary;
}

bool tells_demographics(const stored::Row& row) {
  return row.kind == record::Kind::patient || row.kind == record::Kind::death;
}

// What a put takes away is not known here, so anything taken away counts.
bool tells_demographics(const ShardMoment& shard, const DeltaPut& put) {
  if (put.commit <= shard.base->watermark) return false;
  return !put.removed.empty() ||
         std::ranges::any_of(put.added, [](const stored::Row& row) { return tells_demographics(row); });
}

// Whether the delta touches what a page of demographics was made of.
bool delta_tells_demographics(const ShardMoment& shard, PatientId patient) {
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_patient(patient, shard.commit, puts);
  return std::ranges::any_of(puts, [&](const DeltaPut* put) { return tells_demographics(shard, *put); });
}

std::vector<std::uint32_t> given(const ViewParts& moment) {
  std::vector<std::uint32_t> ids;
  for (const ShardMoment& shard : moment.shards) ids.push_back(shard.patients);
  return ids;
}

// The hash of the original that an event names, which stands in its folded run: 0 where there is no such event.
Result<std::uint64_t> named_original(const ShardMoment& shard, PatientId patient, const record::Event& event) {
  const stored::Head head = TRY(read_head(shard, patient));
  const Micros at = event.start.instant();
  for (const bool past : {false, true}) {
    for (const stored::RunRef& ref : past ? head.history : head.runs) {
      if (at < ref.first || at > ref.last) continue;
      const auto run = TRY(read_whole({.shard = &shard, .patient = patient, .past = past, .ref = ref}));
      for (std::uint32_t i = 0; i < run->columns.count; ++i)
        if (run->columns.number[i] == event.number) return run->row(i).original;
    }
  }
  return std::uint64_t{0};
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

View View::present() const {
  if (as_of() == INT64_MAX) return *this;
  auto now = std::make_shared<ViewParts>(*parts_);
  now->as_of = INT64_MAX;
  return View(std::move(now));
}

View View::passing() const {
  auto passing = std::make_shared<ViewParts>(*parts_);
  for (ShardMoment& shard : passing->shards) shard.passing = true;
  return View(std::move(passing));
}

Result<SeenBlock> View::changed_since(std::uint32_t shard, std::uint32_t block) const {
  SeenBlock changed;
  if (as_of() == INT64_MAX) return changed;
  give_way(*parts_);
  const ShardMoment* moment = TRY(shard_of(*parts_, shard));
  const auto folded = TRY(read_last_changes(*moment, block));
  if (folded->latest > as_of())
    for (std::size_t place = 0; place < folded->of.size(); ++place) changed.set(place, folded->of[place] > as_of());
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : moment->segments) segment->of_block(block, moment->commit, puts);
  for (const DeltaPut* put : puts)
    if (put->recorded > as_of()) changed.set(put->patient % stored::block_patients);
  return changed;
}

View View::narrowed(std::shared_ptr<const Grant> grant) const {
  check(parts_->grant == nullptr, "a view is narrowed once");
  auto narrow = std::make_shared<ViewParts>(*parts_);
  narrow->grant = std::move(grant);
  return View(std::move(narrow));
}

const Grant* View::grant() const { return parts_->grant.get(); }
std::shared_ptr<const Grant> View::shared_grant() const { return parts_->grant; }

bool View::sees(PatientRef patient) const {
  return patient.id < patients(patient.shard) && (!grant() || grant()->patients.contains(patient));
}

SeenBlock View::seen(std::uint32_t shard, std::uint32_t block) const {
  return grant() ? grant()->patients.block(shard, block) : PatientSet(given(*parts_)).block(shard, block);
}

std::uint32_t View::seen(std::uint32_t shard, std::uint32_t first, std::uint32_t past) const {
  past = std::min(past, patients(shard));
  if (first >= past) return 0;
  return grant() ? grant()->patients.count(shard, first, past) : past - first;
}

std::vector<PatientRef> View::seen_in_part() const {
  std::vector<PatientRef> some;
  if (!grant()) return some;
  for (const auto& [patient, rule] : grant()->of_patient) {
    if (!rule.shows_everything() && sees(patient)) some.push_back(patient);
  }
  return some;
}

bool View::has_postings() const { return as_of() == INT64_MAX && !(grant() && grant()->sifts_everyone()); }

// Nobody is found of whom nothing is shown: a patient whose every event is left out might as well not be there. By what is
// there now, as identifiers are.
Result<bool> View::shows_anything_of(PatientRef patient) const {
  if (!sees(patient) || !shows_in_part(*parts_, patient)) return sees(patient);
  Timeline any;
  TRY(present().own_timeline(patient, {.include_hidden = true, .limit = 1}, stored::field_time, any));
  return !any.empty();
}

Result<std::optional<PatientRef>> View::find(std::string_view identifier) const {
  if (const Deidentification* how = deidentified(*parts_)) {
    constexpr std::string_view system = "pseudonym|";
    if (identifier.starts_with(system)) identifier.remove_prefix(system.size());
    const auto person = how->patient_of(identifier);
    if (!person || person->id >= patients(person->shard)) return std::optional<PatientRef>();
    for (const PatientRef patient : parts_->identity->linked(*person, INT64_MAX)) {
      if (TRY(shows_anything_of(patient))) return std::optional(patient);
    }
    return std::optional<PatientRef>();
  }
  if (grant() && !grant()->identifiable) return std::optional<PatientRef>();
  // A value may hold a bar itself: SYSTEM|VALUE is tried first, then the whole as a value.
  if (const std::size_t bar = identifier.find('|'); bar != std::string_view::npos) {
    const auto patient =
        TRY(parts_->identity->find({.system = identifier.substr(0, bar), .value = identifier.substr(bar + 1)}));
    if (patient && TRY(shows_anything_of(*patient))) return patient;
  }
  std::vector<Identity::Match> matches = TRY(parts_->identity->find_value(identifier));
  std::size_t shown = 0;
  for (Identity::Match& match : matches) {
    if (TRY(shows_anything_of(match.patient))) std::swap(matches[shown++], match);
  }
  matches.resize(shown);
  if (matches.empty()) return std::optional<PatientRef>();
  if (matches.size() == 1) return std::optional(matches.front().patient);
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
  if (const Deidentification* how = deidentified(*parts_)) {
    const std::string pseudonym = how->pseudonym(parts_->identity->linked(patient, INT64_MAX).front());
    return std::vector<record::Identifier>{{.system = "pseudonym", .value = into.text(pseudonym)}};
  }
  if (grant() && !grant()->identifiable) return std::vector<record::Identifier>();
  return parts_->identity->identifiers(patient, into);
}

std::vector<PatientRef> View::linked(PatientRef patient) const {
  std::vector<PatientRef> person = parts_->identity->linked(patient, parts_->links_as_of);
  if (!grant() || person.size() == 1) return person;
  if (!sees(patient)) return {patient};
  std::erase_if(person, [&](PatientRef one) {
    // Where that cannot be read, neither can the timeline, which says so.
    const Result<bool> shown = shows_anything_of(one);
    return one != patient && shown && !*shown;
  });
  return person;
}

std::uint32_t View::patients(std::uint32_t shard) const {
  return shard < shards() ? parts_->shards[shard].patients : 0;
}

Result<std::vector<PatientRef>> View::nobody() const {
  std::vector<PatientRef> all;
  for (const Identity::Match& match : TRY(parts_->identity->find_value(record::nobody)))
    if (sees(match.patient)) all.push_back(match.patient);
  std::ranges::sort(all);
  return all;
}

Result<Demographics> View::demographics(PatientRef patient) const {
  const ShardMoment* shard = TRY(shard_of(*parts_, patient));
  if (as_of() == INT64_MAX && !shows_in_part(*parts_, patient) && !delta_tells_demographics(*shard, patient.id)) {
    const auto page = TRY(read_demographics(*shard, stored::block_of(patient.id)));
    return page->at(patient.id % stored::block_patients);
  }
  Timeline rows;
  const TimelineFilter filter{.kinds = 1u << static_cast<unsigned>(record::Kind::patient) |
                                       1u << static_cast<unsigned>(record::Kind::death)};
  TRY(own_timeline(patient, filter, stored::field_hot, rows));
  std::vector<stored::Row> tellers;
  for (const Timeline::Parts::Place& place : rows.parts->places)
    tellers.push_back(TRY(rows.parts->pieces[place.piece]->row(place.row)));
  return demographics_of(tellers, *shard->dictionary);
}

std::vector<std::vector<PatientRef>> View::persons() const {
  std::vector<std::vector<PatientRef>> all = parts_->identity->persons(parts_->links_as_of);
  if (!grant()) return all;
  for (auto& person : all) std::erase_if(person, [this](PatientRef one) { return !sees(one); });
  std::erase_if(all, [](const auto& person) { return person.size() < 2; });
  return all;
}

Demographics BlockDemographics::at(std::uint32_t place) const {
  if (seen_ && !(*seen_)[place]) return {};
  const auto told = std::ranges::lower_bound(told_, place, {}, [](const auto& one) { return one.first; });
  return told != told_.end() && told->first == place ? told->second : page_->at(place);
}

void BlockDemographics::fetch(std::uint32_t place) const { page_->fetch(place); }

Result<BlockDemographics> View::demographics(std::uint32_t shard, std::uint32_t block) const {
  give_way(*parts_);
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  BlockDemographics all;
  all.page_ = TRY(read_demographics(*moment, block));
  if (grant()) all.seen_ = grant()->whole.block(shard, block);
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : moment->segments) segment->of_block(block, moment->commit, puts);
  std::erase_if(puts, [&](const DeltaPut* put) { return !tells_demographics(*moment, *put); });
  std::vector<PatientId> told;
  for (const DeltaPut* put : puts) told.push_back(put->patient);
  std::erase_if(told, [&](PatientId patient) { return all.seen_ && !(*all.seen_)[patient % stored::block_patients]; });
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
record::Source View::source_of(std::uint32_t shard, Name source) const {
  return names_of(*parts_, shard).source(source);
}
std::optional<Name> View::find_code(std::uint32_t shard, const record::Code& code) const {
  return names_of(*parts_, shard).find(code);
}
std::optional<Name> View::find_attribute(std::uint32_t shard, std::string_view attribute) const {
  return names_of(*parts_, shard).find_attribute(attribute);
}
std::uint32_t View::codes(std::uint32_t shard) const { return names_of(*parts_, shard).size(stored::Dictionary::code); }
std::vector<std::string> View::code_systems() const {
  std::set<std::string> systems;
  for (const ShardMoment& shard : parts_->shards)
    for (const std::string_view system : shard.dictionary->code_systems()) systems.emplace(system);
  return {systems.begin(), systems.end()};
}

Result<Timeline> View::timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields) const {
  Timeline into;
  TRY(timeline(patient, filter, fields, into));
  return into;
}

Result<void> View::timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields, Timeline& into) const {
  give_way(*parts_);
  const TimelineReader reader = TRY(TimelineReader::make(parts_, filter, fields));
  return reader.read(linked(patient), *into.parts);
}

// Gives no way: who asks for what is short has others waiting for it, those who commit among them.
Result<bool> View::timeline_if_short(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields,
                                     Timeline& into) const {
  const TimelineReader reader = TRY(TimelineReader::make(parts_, filter, fields));
  return reader.read_if_short(linked(patient), *into.parts);
}

Result<void> View::own_timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields,
                                Timeline& into) const {
  const TimelineReader reader = TRY(TimelineReader::make(parts_, filter, fields));
  return reader.read(std::span(&patient, 1), *into.parts);
}

Result<void> View::timelines(std::span<const PatientRef> patients, const TimelineFilter& filter, std::uint32_t fields,
                             const std::function<Result<void>(PatientRef, Timeline&)>& each) const {
  const TimelineReader reader = TRY(TimelineReader::make(parts_, filter, fields));
  return reader.read_many(
      patients, [this](PatientRef patient) { return linked(patient); }, each);
}

Result<std::vector<View::Version>> View::history(PatientRef patient, record::Arena& into) const {
  const ShardMoment* shard = TRY(shard_of(*parts_, patient));
  if (deidentified(*parts_)) return std::vector<Version>();  // when what was corrected is told of nobody
  const PatientRows current = TRY(read_rows(*shard, patient.id));
  const PastRows past = TRY(read_past_rows(*shard, patient.id));
  const Sight sight(grant(), patient, *shard->dictionary);
  std::vector<const stored::Row*> rows;
  for (const auto* some : {&current.rows, &past.rows}) {
    for (const stored::Row& row : *some) {
      if (row.recorded <= as_of() && sight.shows(row)) rows.push_back(&row);
    }
  }
  std::ranges::sort(rows, {}, [](const stored::Row* row) { return std::pair(row->recorded, row->number); });
  std::vector<Version> versions;
  for (const stored::Row* row : rows) {
    const Micros removed = row->removed <= as_of() ? row->removed : 0;
    versions.push_back({.event = to_event(copy(*row, into), *shard->dictionary, into), .removed = removed});
    if (!sight.shows_everything()) versions.back().event.sequence = 0;
  }
  return versions;
}

// Whether every event that came in the bytes of this one is shown: they tell of all of them.
Result<bool> View::shows_whole_record(const ShardMoment& shard, PatientRef patient, std::uint32_t number) const {
  const Sight sight(grant(), patient, *shard.dictionary);
  const PatientRows current = TRY(read_rows(shard, patient.id));
  const PastRows past = TRY(read_past_rows(shard, patient.id));
  std::vector<const stored::Row*> rows;
  for (const auto* some : {&current.rows, &past.rows}) {
    for (const stored::Row& row : *some) rows.push_back(&row);
  }
  const auto asked = std::ranges::find(rows, number, [](const stored::Row* row) { return row->number; });
  if (asked == rows.end()) return false;
  return std::ranges::all_of(rows, [&](const stored::Row* row) {
    const bool together = row->original == (*asked)->original && row->recorded == (*asked)->recorded;
    return !together || sight.shows(*row);
  });
}

// Kept under the number of the record's first event. A record's events are numbered one after another, so that is the
// greatest number with an original that is not above the event's own.
Result<std::optional<Bytes>> View::original(PatientRef patient, const record::Event& event) const {
  const ShardMoment* shard = TRY(shard_of(*parts_, patient));
  if (!event.has_original) return std::optional<Bytes>();
  if ((grant() && !grant()->identifiable) || deidentified(*parts_)) return std::optional<Bytes>();
  if (shows_in_part(*parts_, patient) && !TRY(shows_whole_record(*shard, patient, event.number)))
    return std::optional<Bytes>();
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard->segments) segment->of_patient(patient.id, shard->commit, puts);
  for (const DeltaPut* put : puts) {
    const bool adds = std::ranges::any_of(put->added, [&](const stored::Row& row) { return row.number == event.number; });
    if (put->commit > shard->base->watermark && adds) return std::optional(Bytes(put->original));
  }
  Pinned value;
  for (std::uint32_t number = event.number; number > 0; --number) {
    if (TRY(shard->tables->get(Table::originals, stored::original_key(patient.id, number), shard->base->snapshot.get(),
                               value))) {
      const std::string place = "originals: shard " + std::to_string(shard->shard);
      const BytesView original = TRY(stored::unseal(value.bytes(), place));
      if (stored::original_hash(original) != TRY(named_original(*shard, patient.id, event)))
        return corrupt(place + ": the original is not the one that its event names");
      return std::optional(Bytes(original));
    }
  }
  return corrupt("originals: shard " + std::to_string(shard->shard) + ": the original of an event is absent");
}

Result<std::shared_ptr<const stored::Directory>> View::directory(std::uint32_t shard, Name code) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  if (grant()) return unsupported("how many postings there are, to who may not see them all");
  return cached_directory(*moment, code);
}
Result<PostingSizes> View::sizes_of_all_postings(std::uint32_t shard) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  if (grant()) return unsupported("how many postings there are, to who may not see them all");
  return engine::sizes_of_all_postings(*moment);
}
Result<PostingScan> View::postings(std::uint32_t shard, Name code, std::uint32_t first_block, std::uint32_t last_block,
                                   std::uint32_t fields) const {
  give_way(*parts_);
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  const auto narrow = seen_postings(*parts_, *moment);
  if (!narrow) return read_postings(*moment, code, first_block, last_block, fields);
  PostingScan scan = TRY(read_postings(*moment, code, first_block, last_block, fields | stored::posting_field_patient));
  narrow->narrow(scan);
  return scan;
}
Result<PostingScan> View::name_postings(std::uint32_t shard, Name code, std::uint32_t first_block,
                                        std::uint32_t last_block) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  const auto narrow = seen_postings(*parts_, *moment);
  PostingScan scan = TRY(engine::name_postings(*moment, code, first_block, last_block));
  if (narrow) narrow->narrow(scan);
  return scan;
}
Result<void> View::posting_run(std::uint32_t shard, Name code, const stored::PostingRun& run, std::uint32_t fields,
                               stored::PostingColumns& into, const MoreFields& more, RunFacts* facts) const {
  give_way(*parts_);
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  const auto narrow = seen_postings(*parts_, *moment);
  if (!narrow || narrow->shows_all(run)) return read_posting_run(*moment, code, run, fields, into, more, facts);
  const auto read = [&](std::uint32_t wanted) -> Result<void> {
    TRY(read_posting_run(*moment, code, run, wanted | stored::posting_field_patient, into, {}, facts));
    into = narrow->seen(into);
    return {};
  };
  TRY(read(fields));
  const std::uint32_t wanted = more ? more(into) & ~fields : 0;
  return wanted == 0 ? Result<void>() : read(fields | wanted);
}
Result<void> View::all_postings(std::uint32_t shard, std::uint32_t first_block, std::uint32_t last_block,
                                const WantsRun& wanted, const EachCode& each) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  const auto narrow = seen_postings(*parts_, *moment);
  if (!narrow) return name_all_postings(*moment, first_block, last_block, wanted, each);
  PostingScan seen;
  return name_all_postings(*moment, first_block, last_block, wanted, [&](Name code, const PostingScan& scan) {
    seen = scan;
    narrow->narrow(seen);
    return each(code, seen);
  });
}
Result<std::vector<stored::Posting>> View::merged_postings(std::uint32_t shard, Name code, std::uint32_t first_block,
                                                           std::uint32_t last_block) const {
  const ShardMoment* moment = TRY(postings_of(*parts_, shard));
  std::vector<stored::Posting> merged = TRY(merge_postings(*moment, code, first_block, last_block));
  if (const auto narrow = seen_postings(*parts_, *moment)) narrow->narrow(merged);
  return merged;
}

}  // namespace chartline::engine
