// A View shows one moment of the store, cut down to what its holder may see. It is immutable and cheap to copy; whoever
// holds one may read exactly that, from any thread, while writing, folding and compaction go on.
//
//   View = (snapshot of folded tables at the watermark) + (delta of the log after it, up to commit N), per shard
//
// Every read is complete or fails: `corrupt` where stored bytes are not what was written, never a shorter answer.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/run_facts.h"
#include "formats/record/event.h"
#include "formats/stored/change.h"
#include "formats/stored/postings.h"
#include "formats/stored/run.h"

namespace chartline::engine {

using stored::Name;
using stored::PatientId;
using stored::PatientRef;
using record::Day;

struct ShardMoment;
struct ViewParts;  // the moment itself: shards, snapshots, deltas, links
struct Grant;      // what its holder may see (engine/trust/grant.h)

using SeenBlock = std::bitset<stored::block_patients>;

// Which events of a timeline, by their own fields. All given conditions hold together.
struct TimelineFilter {
  std::optional<Day> from{};  // local dates, inclusive; events without a time are left out where either is given
  std::optional<Day> to{};
  std::uint32_t kinds = ~0u;          // bit 1 << Kind
  std::vector<record::Code> codes{};  // primary or translation is one of these; a code ending in `*` is a prefix; empty: any
  std::vector<record::Source> sources{};  // organisation and system, either may be left empty; empty: any
  bool include_hidden = false;            // entered in error
  bool backwards = false;                 // latest first
  std::size_t limit = SIZE_MAX;           // at most so many events, then `next` continues
  std::string cursor{};                   // from Timeline::next of a View of the same moment; "" from the start
};

// One timeline as read: columns in the store's total order, events made only when asked for. Owns what its events borrow.
class Timeline {
 public:
  Timeline();
  Timeline(Timeline&&) noexcept;
  Timeline& operator=(Timeline&&) noexcept;
  ~Timeline();

  std::size_t size() const;
  bool empty() const { return size() == 0; }

  // Hot columns, of the fields asked for (stored::RunField). Names are the shard's: View::code_of resolves them.
  record::Time start(std::size_t i) const;
  record::Kind kind(std::size_t i) const;
  Name code(std::size_t i) const;
  Name source(std::size_t i) const;
  std::uint32_t number(std::size_t i) const;
  stored::RowValue value(std::size_t i) const;
  record::End end(std::size_t i) const;
  PatientRef patient(std::size_t i) const;  // which of the linked patients it stands under

  // Of the details, of the fields asked for; they borrow from this Timeline.
  std::string_view record(std::size_t i) const;
  std::string_view encounter(std::size_t i) const;  // the record of the encounter that the event names

  // Whether it may have other codes than its primary one.
  bool may_have_translations(std::size_t i) const;

  // The whole event with its text; reads the details of its run the first time. Borrows from this Timeline.
  Result<record::Event> event(std::size_t i);
  // The event as far as these fields tell, with which the timeline was read. What they do not tell may be there or not.
  record::Event event_as_read(std::size_t i, std::uint32_t fields);

  const std::string& next() const;  // cursor behind the last event read; "" at the end

  struct Parts;
  std::unique_ptr<Parts> parts;
};

// Who someone is, from the dense arrays.
struct Demographics {
  record::Time birth;  // precision none: unknown
  record::Time death;  // precision none: none known
  bool dead = false;   // with an unknown date too
  Name sex = 0;        // a code of system gender
};

// The same of a whole block of patients: its dense page, and those of whom the delta tells otherwise.
class DemographicsPage;
class BlockDemographics {
 public:
  Demographics at(std::uint32_t place) const;  // of patient block x 4,096 + place
  void fetch(std::uint32_t place) const;  // for who asks about many: what at() is going to read, without waiting for it

 private:
  friend class View;
  std::shared_ptr<const DemographicsPage> page_;
  std::vector<std::pair<std::uint32_t, Demographics>> told_;  // by the delta, sorted by place
  std::optional<SeenBlock> seen_;                             // of a narrowed View; nothing is told of others
};

// Postings of one code (0: of events without a primary code) over some blocks: packed runs as they are, and what the delta adds and takes away.
struct PostingScan {
  std::vector<stored::PostingRun> refs;
  std::vector<std::shared_ptr<const stored::PostingColumns>> runs;  // decoded, may reach beyond the blocks asked for
  std::vector<std::vector<stored::Removal>> removals;  // for runs[i]: sorted pairs to leave out of that run
  std::vector<stored::Posting> added;                  // from the delta; sorted by patient, then total order
  std::vector<RunFacts*> facts;                        // of all_postings(), for refs[i]
};

// Of some codes: how many events, and how many patients have some, those of several codes as often; at most.
struct PostingSizes {
  std::uint64_t events = 0, patients = 0;
};

class View {
 public:
  explicit View(std::shared_ptr<const ViewParts> parts);
  View(const View&);
  View(View&&) noexcept;
  View& operator=(const View&);
  ~View();

  // -- the moment
  Micros as_of() const;                         // INT64_MAX for the present
  std::vector<std::uint64_t> position() const;  // last commit seen, one per shard
  std::uint32_t shards() const;
  // The same with the data as they are now, and links as they are here: this View, where it is of the present.
  View present() const;
  // The same for who reads the timelines of many in turn: what is read takes no place from others in the caches.
  View passing() const;
  // Whose own data, links aside, are not the same in the present: nobody's in a View of it. Everyone else of the block can be
  // read there, where postings are.
  Result<SeenBlock> changed_since(std::uint32_t shard, std::uint32_t block) const;

  // -- for whom
  // The same moment, cut down to what a grant shows: whoever and whatever it leaves out is, to every reader here, as if it had
  // never been written. Two things are the store's and not narrowed: the names of codes, units and sources, and how many ids
  // have been given (patients(), codes()): neither goes into an answer. A View is narrowed once.
  View narrowed(std::shared_ptr<const Grant> grant) const;
  const Grant* grant() const;  // null: everything may be seen
  std::shared_ptr<const Grant> shared_grant() const;
  bool sees(PatientRef patient) const;  // false for ids that were never given, too
  SeenBlock seen(std::uint32_t shard, std::uint32_t block) const;
  std::uint32_t seen(std::uint32_t shard, std::uint32_t first, std::uint32_t past) const;  // how many of these ids
  // Patients whose events the grant shows in part: postings tell nothing of them. Ascending.
  std::vector<PatientRef> seen_in_part() const;

  // -- who
  // By "SYSTEM|VALUE" or a bare value, which must be of one patient only (conflict otherwise, naming the systems). nullopt: unknown.
  Result<std::optional<PatientRef>> find(std::string_view identifier) const;
  Result<std::vector<record::Identifier>> identifiers(PatientRef patient,
                                                      record::Arena& into) const;  // in the order in which they came
  std::vector<PatientRef> linked(PatientRef patient) const;  // the whole person, the least first; {patient} alone where not linked
  std::uint32_t patients(std::uint32_t shard) const;  // ids 0 .. patients-1 have been given (some may be erased, empty or unseen)
  std::vector<std::vector<PatientRef>> persons() const;  // everyone of more than one patient, each as linked() gives them
  Result<std::vector<PatientRef>> nobody() const;        // who hold facts of no person (record::nobody); ascending
  Result<Demographics> demographics(PatientRef patient) const;
  Result<BlockDemographics> demographics(std::uint32_t shard, std::uint32_t block) const;  // of the present, like postings

  // -- names (per shard)
  record::Code code_of(std::uint32_t shard, Name code) const;  // borrowed from the store
  std::string_view unit_of(std::uint32_t shard, Name unit) const;
  record::Source source_of(std::uint32_t shard, Name source) const;
  std::optional<Name> find_code(std::uint32_t shard, const record::Code& code) const;
  std::optional<Name> find_attribute(std::uint32_t shard, std::string_view attribute) const;
  std::uint32_t codes(std::uint32_t shard) const;  // names 1 .. codes have been given
  std::vector<std::string> code_systems() const;   // of all codes that have been given, ascending

  // -- timelines
  // Of one patient, with those linked to it merged in. `fields` is a mask of stored::RunField.
  Result<Timeline> timeline(PatientRef patient, const TimelineFilter& filter,
                            std::uint32_t fields = stored::field_hot) const;
  // The same into a Timeline used before, without allocating where its room suffices: for reading many.
  Result<void> timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields, Timeline& into) const;
  // The same where it is short and needs no details: for who must soon do something else. false otherwise, and `into` holds nothing.
  Result<bool> timeline_if_short(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields,
                                 Timeline& into) const;
  // Many patients: calls `each` in the order given; an error of `each` ends it and comes back.
  Result<void> timelines(std::span<const PatientRef> patients, const TimelineFilter& filter, std::uint32_t fields,
                         const std::function<Result<void>(PatientRef, Timeline&)>& each) const;
  // One patient alone, links left aside (checks, extracts, hashes).
  Result<void> own_timeline(PatientRef patient, const TimelineFilter& filter, std::uint32_t fields, Timeline& into) const;
  // Every version of this patient ever acknowledged (links left aside), hidden and superseded ones too, in order of `recorded`.
  struct Version {
    record::Event event;
    Micros removed;
  };  // removed 0: current
  Result<std::vector<Version>> history(PatientRef patient, record::Arena& into) const;
  Result<std::optional<Bytes>> original(PatientRef patient, const record::Event& event) const;

  // -- postings (of the present and of whole patients: an as-of View, and one whose grant sifts the events of everyone,
  // answers `unsupported`; such questions walk timelines)
  bool has_postings() const;
  // Folded postings only. `unsupported` in every narrowed View: its counts are of everyone.
  Result<std::shared_ptr<const stored::Directory>> directory(std::uint32_t shard, Name code) const;
  Result<PostingSizes> sizes_of_all_postings(std::uint32_t shard) const;  // of all codes, likewise
  Result<PostingScan> postings(std::uint32_t shard, Name code, std::uint32_t first_block, std::uint32_t last_block,
                               std::uint32_t fields) const;
  // The same in two steps, for who reads so much that it is neither held at once nor worth keeping in the cache: the runs
  // are named, and decoded one by one when their turn comes, into columns used before. What names a run says how it is stored,
  // with everyone's postings in it.
  Result<PostingScan> name_postings(std::uint32_t shard, Name code, std::uint32_t first_block,
                                    std::uint32_t last_block) const;
  // `more`, looking at the fields that were decoded, says which others are wanted then.
  using MoreFields = std::function<std::uint32_t(const stored::PostingColumns& so_far)>;
  Result<void> posting_run(std::uint32_t shard, Name code, const stored::PostingRun& run, std::uint32_t fields,
                           stored::PostingColumns& into, const MoreFields& more = {}, RunFacts* facts = nullptr) const;
  // The runs of all codes named, one code after another, of those that have any postings in these blocks. What posting_run()
  // has noted of runs before (`facts`: of everyone, too) lets those be left out that hold nothing wanted.
  using WantsRun = std::function<bool(const RunFacts& known)>;
  using EachCode = std::function<Result<void>(Name code, const PostingScan& scan)>;
  Result<void> all_postings(std::uint32_t shard, std::uint32_t first_block, std::uint32_t last_block,
                            const WantsRun& wanted, const EachCode& each) const;
  // The same as plain postings, merged and sorted: the simple form.
  Result<std::vector<stored::Posting>> merged_postings(std::uint32_t shard, Name code, std::uint32_t first_block,
                                                       std::uint32_t last_block) const;

  const ViewParts& parts() const { return *parts_; }

 private:
  Result<bool> shows_anything_of(PatientRef patient) const;
  Result<bool> shows_whole_record(const ShardMoment& shard, PatientRef patient, std::uint32_t number) const;

  std::shared_ptr<const ViewParts> parts_;
};

}  // namespace chartline::engine
