// Leaf: where events come from: a kind, a set of codes, and what of the default filter is lifted. Equal ones of all
// statements of a run are one leaf, read once.
//
// What a posting does not tell makes its patient odd: a fraction of a second where that counts, another coding of the event.
// Odd patients are left to the reference.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "query/codeset.h"
#include "query/finder.h"
#include "query/program.h"
#include "query/reference/evaluator_parts.h"
#include "query/vectorised/batch.h"
#include "query/vectorised/events.h"

namespace chartline::query::vectorised {

using Odd = std::bitset<block_patients>;

// What of a filter can be told from a posting alone: those that surely fail are left out while they are read.
struct Sieve {
  record::Day first = INT32_MIN, last = INT32_MAX;        // dates
  record::Day lasts_to = INT32_MIN, over_by = INT32_MAX;  // it lasts to the one date, or beyond, and is over by the other
  std::optional<typed::Op> compare{};                     // of the value with
  Quantity bound{};
  // Whether those kept surely satisfy: a value without a unit beside it is compared whatever its own.
  bool is_whole() const { return bound.measure == Quantity::Measure::plain; }
  bool sifts_days() const { return first != INT32_MIN || last != INT32_MAX; }
  bool sifts_ends() const { return lasts_to != INT32_MIN || over_by != INT32_MAX; }
  bool sifts() const { return compare || sifts_days() || sifts_ends(); }
  friend bool operator==(const Sieve& a, const Sieve& b) {
    return a.first == b.first && a.last == b.last && a.lasts_to == b.lasts_to && a.over_by == b.over_by &&
           a.compare == b.compare && a.bound.low == b.bound.low && a.bound.measure == b.bound.measure &&
           a.bound.unit == b.bound.unit;
  }
};

// The first posting from `from` on of this patient or one behind.
inline std::size_t first_of(const stored::PostingColumns& columns, std::size_t from, PatientId id) {
  return first_where(from, columns.count, [&](std::size_t i) { return columns.patient[i] >= id; });
}

// How two numbers stand to each other.
Truth compare(typed::Op op, const Quantity& a, const Quantity& b);

// Which of a patient's events of a leaf are taken: the first, the last, and what ties with them, or every one. Nothing: it is
// asked only whether there is one.
enum Part : std::uint8_t { part_first = 1, part_last = 2, part_every = 4 };

struct Leaf {
  std::optional<record::Kind> kind;
  const CodeSet* codes = nullptr;
  Lifted lifted;
  Sieve sieve{};
  std::uint32_t fields = 0;  // of Field
  std::uint8_t parts = 0;    // of Part
};

// Whether nobody needs the events of a patient together, of all codes.
inline bool is_loose(const Leaf& leaf) { return leaf.codes->any && !(leaf.fields & (field_order | field_grouped)); }

// Whether few of a patient's are taken, of all codes: then the others are passed over while they are read.
inline bool is_thin(const Leaf& leaf) {
  return leaf.codes->any && !is_loose(leaf) && leaf.parts != 0 && leaf.parts < part_every;
}

// Whether what is asked of them only adds up, event by event, or code by code: then they need not be there at once.
inline bool adds_up(const Leaf& leaf) { return is_loose(leaf) && !(leaf.fields & field_complete); }

// All leaves of a run, numbered.
class Leaves {
 public:
  std::uint32_t add(const std::optional<record::Kind>& kind, const CodeSet& codes, Lifted lifted, const Sieve& sieve);
  void want(const Events& events, std::uint32_t fields);
  void take(const Events& events, Part part);
  std::vector<Leaf> all;
};

std::string print(const Leaf& leaf);
std::string print_without_codes(const Leaf& leaf);  // what a set was expanded to tells which codes anybody carries

// What a reader holds of runs that reach beyond its range: as they are in the cache; or, where memory is short, what lies
// within alone, decoded past the cache.
enum class Hold : std::uint8_t { whole_runs, parts };

// A leaf over a range of blocks of one shard.
struct LeafRange {
  const engine::View& view;
  const Leaf& leaf;
  std::span<const engine::Name> names;  // of its codes in the shard; of all codes nothing
  std::uint32_t shard = 0, first_block = 0, last_block = 0;
  engine::Name first_code = 0, past_code = ~engine::Name{0};  // that visit() reads
};

// Reads a leaf over a range of blocks of one shard: each run of postings is decoded once for the range.
//
// Of all codes, where nobody needs the events of a patient together, code by code: each run is decoded past the cache into
// the same few columns, and what is kept of it is dealt out to its blocks. So it is where the first or last of each patient are
// taken: a posting that is neither so far is passed over.
class LeafReader {
 public:
  // May be opened again: its memory is used again.
  Result<void> open(const LeafRange& of, Hold hold, Stop& stop);
  // The same, but what is dealt out to a block is given as soon as it is some thousands, block by block in no order, and
  // the rest at the end; with field_by_code all of one code together. Only of a leaf that adds_up().
  using Full = std::function<Result<void>(std::uint32_t block, Events& events, const Odd& odd)>;
  Result<void> stream(const LeafRange& of, Stop& stop, const Full& full);
  // Those of a run that are kept: all from `first` on, or some of them.
  struct Kept {
    bool everything = false;
    std::size_t first = 0, count = 0;  // of everything
    std::vector<std::uint32_t> some{};
    std::size_t size() const { return everything ? count : some.size(); }
    std::size_t operator[](std::size_t k) const { return everything ? first + k : std::size_t{some[k]}; }
  };
  // Is shown what is kept, code by code: run by run, and then what was added to them.
  class Visitor {
   public:
    virtual void run(engine::Name code, const stored::PostingColumns& columns, const Kept& kept) = 0;
    virtual void added(engine::Name code, const stored::Posting& posting) = 0;
    virtual void code_done(engine::Name code) = 0;

   protected:
    ~Visitor() = default;
  };
  // Whose they are, only if that is asked. False where somebody is odd, or where codes are wanted and an event has none: then what was
  // shown means nothing. Only of a leaf that adds_up().
  enum class Whose : std::uint8_t { asked, unasked };
  Result<bool> visit(const LeafRange& of, Stop& stop, Whose whose, Visitor& visitor);
  // How many postings of each code are read to count them; nothing where it is not known before they are read that
  // nobody is odd.
  Result<std::optional<std::vector<std::uint64_t>>> postings_if_ordinary(const LeafRange& of, Stop& stop);
  // Adds whoever has an event here, or is odd. Before anything is read; not of a leaf that is dealt out.
  void find(Candidates& candidates);
  // The same of any leaf, without opening it, and who of them are odd. How many events they have.
  Result<std::uint64_t> find_whoever(const LeafRange& of, Hold hold, Stop& stop, Candidates& candidates,
                                     std::vector<PatientId>& odd);
  // Batches in ascending order, whole blocks where the leaf is dealt out. `among`: whom a batch of some was taken of; null:
  // whoever has an event here is in it.
  void read(const Batch& batch, const Candidates* among, Events& into, Odd& odd);
  std::uint64_t postings() const { return postings_; }  // read since it was opened

 private:
  struct Run {
    std::shared_ptr<const stored::PostingColumns> columns;
    std::vector<stored::Removal> removals;
    engine::Name code = 0;
    std::size_t next = 0;                              // first posting not read yet
    std::optional<std::vector<std::uint32_t>> kept{};  // of the range, where find() came by
  };
  struct Added {
    std::vector<stored::Posting> postings;
    engine::Name code = 0;
    std::size_t next = 0;
  };
  struct OddTaken {
    Place place;
    std::int64_t order;
  };
  struct Block {
    Events events;
    Odd odd;
    std::vector<OddTaken> odd_taken{};  // of a leaf that is thin: who is odd if the first or last turns out to be of this order
    std::size_t of_code = 0;            // the first of the code that is being dealt out
  };
  void set_up(const LeafRange& of);
  std::uint32_t posting_fields() const;
  Result<void> all_postings(const engine::View::EachCode& each) const;  // of runs that may hold one that is kept
  Result<void> deal_all_out(Stop& stop);
  using NoteOdd = std::function<void(PatientId id)>;
  Result<void> keep(engine::Name code, const engine::PostingScan& scan, std::size_t run, std::uint32_t fields,
                    const NoteOdd& note);
  Result<void> start(const LeafRange& of, Hold hold, Stop& stop, const Full* full);
  void add_kept(const stored::PostingColumns& from, Candidates& candidates);
  void add_found(std::span<const stored::Posting> added, Candidates& candidates);
  Result<std::vector<stored::Posting>> add_runs(engine::Name code, std::uint32_t fields);
  Result<std::vector<stored::Posting>> add_parts(engine::Name code, std::uint32_t fields);
  Result<void> give_full(std::uint32_t block, std::size_t events_min);
  Result<void> deal_out(engine::Name code, const engine::PostingScan& scan, std::uint32_t fields);
  bool may_keep(const engine::RunFacts& run) const;
  void choose(const stored::PostingColumns& from, const std::vector<stored::Removal>& removals, std::size_t first,
              std::size_t past);
  void take_found(const std::vector<std::uint32_t>& found, std::size_t first, std::size_t past);
  void only_among(const stored::PostingColumns& from, const Batch& batch, const Candidates& among);
  void put_code_together(Events& events, std::size_t first);
  void note_odd(const stored::PostingColumns& from, const NoteOdd& note) const;
  void note_odd_taken(const stored::PostingColumns& from);
  bool has_vague(const stored::PostingColumns& from) const;  // of those kept
  void sift(const stored::PostingColumns& from);
  void sift_far(const stored::PostingColumns& from);
  void thin_out(const stored::PostingColumns& from);
  bool may_be_taken(const stored::Posting& posting);
  void take_first_and_last(Events& events, std::uint32_t block, Odd& odd);
  void sift_days(const stored::PostingColumns& from);
  void sift_first_days(const stored::PostingColumns& from);
  void sift_ends(const stored::PostingColumns& from);
  void sift_values(const stored::PostingColumns& from);
  void take(const stored::PostingColumns& from, engine::Name code, std::size_t first_kept, std::size_t past_kept,
            const Batch& batch, Events& into) const;
  void take(const stored::Posting& posting, engine::Name code, Place place, Events& into, Odd& odd);
  bool passes_value(const stored::Posting& posting);
  bool is_found(const stored::Posting& posting);
  bool keeps(std::uint32_t flags, record::Kind kind) const;
  std::uint32_t odd_flags() const;
  bool is_odd(std::uint32_t flags) const { return (flags & odd_flags()) != 0; }
  bool passes(record::Day day, std::uint32_t flags) const {
    return !leaf_.sieve.sifts_days() ||
           surely_within(day, stored::precision_of(flags), leaf_.sieve.first, leaf_.sieve.last);
  }
  bool passes_end(record::Day day, std::uint32_t second, int offset, std::uint32_t flags,
                  const stored::PostingEnd& end) const;
  bool passes(record::Value::Form form, record::Comparator comparator, engine::Name unit, double value);
  // The mantissas of a scale whose numbers satisfy the sieve: first to last, or for `unequal` all others.
  struct Mantissas {
    bool known = false;
    std::int64_t first = 0, last = -1;
  };
  const Mantissas& mantissas(int scale);
  void put_in_order(Events& events, std::uint32_t patients);

  const engine::View* view_ = nullptr;
  Leaf leaf_{};
  std::uint32_t shard_ = 0, first_block_ = 0, last_block_ = 0;
  bool several_ = false;  // codes: an event may come by each of its codings, and is wanted once
  bool loose_ = false;    // dealt out
  bool thin_ = false;     // of which the first and last are taken
  // Of each patient of the range, as order_of() tells it, so far; of a leaf that is thin, and as far as they are taken.
  std::vector<std::int64_t> first_{}, last_{};
  std::vector<std::int64_t> orders_{};  // of those kept
  std::vector<std::uint8_t> taken_{};
  const Full* full_ = nullptr;
  std::uint32_t refused_ = 0;  // posting flags
  std::vector<Run> runs_{};
  std::vector<Added> added_{};
  std::vector<PatientId> found_odd_{};            // by find(); ascending
  std::uint64_t found_ = 0, found_postings_ = 0;  // events kept and postings read, by find()
  std::vector<Block> blocks_{};                   // of what is dealt out
  stored::PostingColumns columns_{};
  std::uint64_t postings_ = 0;
  engine::Name bound_unit_ = 0;            // a unit that is the sieve's
  std::array<Mantissas, 19> mantissas_{};  // by scale, from 0
  Kept kept_{};
  Events scratch_{};
  std::vector<std::uint32_t> order_{};
};

}  // namespace chartline::query::vectorised
