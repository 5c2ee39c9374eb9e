#include "query/vectorised/leaf.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace chartline::query::vectorised {

using stored::PostingColumns;
using stored::Removal;

namespace {

Batch whole_block(std::uint32_t block) {
  return {.first = block * block_patients, .past = (block + 1) * block_patients};
}

constexpr std::size_t full_events = 4096;  // dealt out to a block, before they are given

// What a sieve looks at.
std::uint32_t sifting_fields(const Leaf& leaf) {
  std::uint32_t fields = stored::posting_field_flags | stored::posting_field_kind;
  if (leaf.sieve.compare) fields |= stored::posting_field_value | stored::posting_field_unit;
  if (leaf.sieve.sifts_days() || leaf.sieve.sifts_ends() || is_thin(leaf)) fields |= stored::posting_field_day;
  if (leaf.sieve.sifts_ends())
    fields |= stored::posting_field_second | stored::posting_field_offset | stored::posting_field_end;
  if (is_thin(leaf)) fields |= stored::posting_field_patient;
  return fields;
}

}  // namespace

std::uint32_t Leaves::add(const std::optional<record::Kind>& kind, const CodeSet& codes, Lifted lifted,
                          const Sieve& sieve) {
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const Leaf& leaf = all[i];
    const bool same_codes = leaf.codes == &codes || (leaf.codes->any == codes.any && leaf.codes->codes == codes.codes &&
                                                     leaf.codes->attribute == codes.attribute);
    if (leaf.kind == kind && leaf.lifted == lifted && leaf.sieve == sieve && same_codes) return i;
  }
  all.push_back({.kind = kind, .codes = &codes, .lifted = lifted, .sieve = sieve});
  return static_cast<std::uint32_t>(all.size() - 1);
}

void Leaves::want(const Events& events, std::uint32_t fields) {
  // Of all codes an event comes once, by its first coding.
  const auto wanted = [&](const Leaf& leaf) { return leaf.codes->any ? fields & ~std::uint32_t{field_once} : fields; };
  for (const std::uint32_t leaf : events.leaves) all[leaf].fields |= wanted(all[leaf]);
}

void Leaves::take(const Events& events, Part part) {
  for (const std::uint32_t leaf : events.leaves) all[leaf].parts |= part;
}

namespace {

std::string print(const Leaf& leaf, const std::string& codes) {
  if (!leaf.codes->attribute.empty()) return "attribute " + leaf.codes->attribute;
  std::string text = leaf.kind ? std::string(record::name(*leaf.kind)) : "any";
  text += "[" + (leaf.codes->any ? "*" : codes) + "]";
  if (leaf.lifted.status) text += " any status";
  if (leaf.lifted.contributions) text += " including contributions";
  return text;
}

}  // namespace

std::string print(const Leaf& leaf) {
  const std::vector<CodeKey>& codes = leaf.codes->codes;
  return print(leaf, codes.size() == 1 ? codes.front().system + ":" + codes.front().code
                                       : std::to_string(codes.size()) + " codes");
}
std::string print_without_codes(const Leaf& leaf) { return print(leaf, "codes"); }

Result<void> LeafReader::open(const LeafRange& of, Hold hold, Stop& stop) { return start(of, hold, stop, nullptr); }

Result<void> LeafReader::stream(const LeafRange& of, Stop& stop, const Full& full) {
  check(adds_up(of.leaf), "a leaf whose events need not be there at once");
  TRY(start(of, Hold::parts, stop, &full));
  for (std::uint32_t block = of.first_block; block <= of.last_block; ++block) TRY(give_full(block, 1));
  return {};
}

Result<void> LeafReader::give_full(std::uint32_t block, std::size_t events_min) {
  Block& dealt = blocks_[block - first_block_];
  if (!full_ || (dealt.events.size() < events_min && !(events_min == 1 && dealt.odd.any()))) return {};
  dealt.events.fields = leaf_.fields;
  TRY((*full_)(block, dealt.events, dealt.odd));
  dealt.events.clear();
  return {};
}

std::uint32_t LeafReader::posting_fields() const {
  const Leaf& leaf = leaf_;
  std::uint32_t fields = stored::posting_field_patient | stored::posting_field_flags;
  if (leaf.kind || leaf.codes->any || (leaf.fields & field_kind)) fields |= stored::posting_field_kind;
  if (leaf.fields & field_source) fields |= stored::posting_field_source;
  if (leaf.fields & field_author) fields |= stored::posting_field_author;
  if (leaf.fields & field_status) fields |= stored::posting_field_status;
  if (leaf.fields & field_certainty) fields |= stored::posting_field_certainty;
  if (leaf.fields & field_end) fields |= stored::posting_field_end;
  if (leaf.fields & field_day) fields |= stored::posting_field_day;
  if (leaf.fields & field_time) fields |= stored::posting_field_second | stored::posting_field_offset;
  if (leaf.fields & field_number) fields |= stored::posting_field_number;
  if (leaf.fields & field_value) fields |= stored::posting_field_value | stored::posting_field_unit;
  return leaf.sieve.sifts() ? fields | sifting_fields(leaf) : fields;
}

// What a reader is asked for, before anything is read.
void LeafReader::set_up(const LeafRange& of) {
  const Leaf& leaf = of.leaf;
  view_ = &of.view;
  leaf_ = leaf;
  shard_ = of.shard, first_block_ = of.first_block, last_block_ = of.last_block;
  if (leaf.fields & (field_order | field_exact | field_end)) leaf_.fields |= field_time;
  if (leaf_.fields & field_time) leaf_.fields |= field_day;
  const bool all_codes = leaf.codes->any;
  thin_ = is_thin(leaf), loose_ = is_loose(leaf) || thin_, several_ = false;
  refused_ = 0, bound_unit_ = 0, postings_ = 0, found_ = 0;
  mantissas_ = {};
  runs_.clear();
  added_.clear();
  found_odd_.clear();
  if (!leaf.lifted.status) refused_ |= stored::posting_hidden | stored::posting_not_asserted;
  if (!leaf.lifted.contributions) refused_ |= stored::posting_contributed;
  if (all_codes) refused_ |= stored::posting_translation;
  const std::size_t blocks = last_block_ - first_block_ + std::size_t{1};
  blocks_.resize(loose_ ? blocks : 0);
  first_.assign(thin_ && (leaf.parts & part_first) ? blocks * block_patients : 0, INT64_MAX);
  last_.assign(thin_ && (leaf.parts & part_last) ? blocks * block_patients : 0, INT64_MIN);
  for (Block& block : blocks_) {
    block.events.clear();
    block.odd.reset();
    block.odd_taken.clear();
  }
}

Result<void> LeafReader::all_postings(const engine::View::EachCode& each) const {
  const auto wanted = [this](const engine::RunFacts& known) { return may_keep(known); };
  return view_->all_postings(shard_, first_block_, last_block_, wanted, each);
}

Result<void> LeafReader::deal_all_out(Stop& stop) {
  const std::uint32_t fields = posting_fields();
  return all_postings([&](engine::Name code, const engine::PostingScan& scan) -> Result<void> {
    TRY(stop.check());
    return deal_out(code, scan, fields);
  });
}

Result<void> LeafReader::start(const LeafRange& of, Hold hold, Stop& stop, const Full* full) {
  full_ = full;
  set_up(of);
  if (loose_) return deal_all_out(stop);
  std::span<const engine::Name> names = of.names;
  std::vector<engine::Name> all;
  if (of.leaf.codes->any) {
    all.resize(of.view.codes(shard_) + 1);
    std::iota(all.begin(), all.end(), engine::Name{0});
    names = all;
  }
  const bool wanted_once = (leaf_.fields & (field_once | field_order | field_grouped)) != 0;
  several_ = !of.leaf.codes->any && names.size() > 1 && wanted_once;
  if (several_) leaf_.fields |= field_number;
  const std::uint32_t fields = posting_fields();
  for (const engine::Name name : names) {
    TRY(stop.check());
    std::vector<stored::Posting> added = TRY(hold == Hold::parts ? add_parts(name, fields) : add_runs(name, fields));
    if (!added.empty()) added_.push_back({.postings = std::move(added), .code = name});
  }
  return {};
}

// The runs of a code; gives what was added since. Removals name their postings by number.
Result<std::vector<stored::Posting>> LeafReader::add_runs(engine::Name code, std::uint32_t fields) {
  engine::PostingScan scan = TRY(view_->postings(shard_, code, first_block_, last_block_, fields));
  const bool removed = std::ranges::any_of(scan.removals, [](const auto& pairs) { return !pairs.empty(); });
  const std::uint32_t all_fields = fields | (removed ? stored::posting_field_number : 0u);
  if (all_fields != fields) scan = TRY(view_->postings(shard_, code, first_block_, last_block_, all_fields));
  for (std::size_t r = 0; r < scan.runs.size(); ++r)
    runs_.push_back({.columns = std::move(scan.runs[r]), .removals = std::move(scan.removals[r]), .code = code});
  return std::move(scan.added);
}

Result<std::vector<stored::Posting>> LeafReader::add_parts(engine::Name code, std::uint32_t fields) {
  engine::PostingScan scan = TRY(view_->name_postings(shard_, code, first_block_, last_block_));
  for (std::size_t r = 0; r < scan.refs.size(); ++r) {
    const std::uint32_t all_fields = fields | (scan.removals[r].empty() ? 0u : stored::posting_field_number);
    TRY(view_->posting_run(shard_, code, scan.refs[r], all_fields, columns_));
    const std::size_t first = first_of(columns_, 0, first_block_ * block_patients);
    const std::size_t past = first_of(columns_, first, (last_block_ + 1) * block_patients);
    if (first == past) continue;
    order_.resize(past - first);
    std::iota(order_.begin(), order_.end(), static_cast<std::uint32_t>(first));
    runs_.push_back({.columns = std::make_shared<const PostingColumns>(columns_.only(order_)),
                     .removals = std::move(scan.removals[r]),
                     .code = code});
  }
  return std::move(scan.added);
}

// Whether a run may hold a posting of the kind asked for, whose value is kept.
bool LeafReader::may_keep(const engine::RunFacts& noted) const {
  const std::uint32_t kinds =
      leaf_.kind ? 1u << static_cast<unsigned>(*leaf_.kind) : ~(1u << static_cast<unsigned>(record::Kind::patient));
  if (noted.kinds() != 0 && (noted.kinds() & kinds) == 0) return false;
  if (!leaf_.sieve.compare || !noted.known()) return true;
  const engine::RunFacts::Facts& run = *noted.known();
  if (run.low > run.high) return false;
  if (!leaf_.sieve.is_whole()) return true;
  const double bound = leaf_.sieve.bound.low;
  switch (*leaf_.sieve.compare) {
    case typed::Op::equal: return run.low <= bound && bound <= run.high;
    case typed::Op::less: return run.low < bound;
    case typed::Op::less_or_equal: return run.low <= bound;
    case typed::Op::greater: return run.high > bound;
    case typed::Op::greater_or_equal: return run.high >= bound;
    default: return true;
  }
}

// Those of a run that are within the range and pass, into kept_ of columns_; tells of those who are odd. What is sifted is
// looked at first: of a run of which nothing is kept, nothing else is decoded.
Result<void> LeafReader::keep(engine::Name code, const engine::PostingScan& scan, std::size_t r, std::uint32_t fields,
                              const NoteOdd& note) {
  const stored::PostingRun& run = scan.refs[r];
  const bool within = run.first_block >= first_block_ && run.last_block <= last_block_;
  const bool whole = within && scan.removals[r].empty();
  const auto settle = [&] {
    thin_out(columns_);
    if (thin_) note_odd_taken(columns_);
    else note_odd(columns_, note);
  };
  if (whole && (leaf_.sieve.sifts() || thin_)) {
    const auto sift_first = [&](const PostingColumns& so_far) {
      choose(so_far, scan.removals[r], 0, so_far.count);
      sift(so_far);
      return kept_.size() > 0 ? fields : 0u;
    };
    TRY(view_->posting_run(shard_, code, run, sifting_fields(leaf_), columns_, sift_first, scan.facts[r]));
    settle();
    return {};
  }
  if (!within) fields |= stored::posting_field_patient;
  if (!scan.removals[r].empty()) fields |= stored::posting_field_patient | stored::posting_field_number;
  TRY(view_->posting_run(shard_, code, run, fields, columns_, {}, scan.facts[r]));
  std::size_t first = 0, past = columns_.count;
  if (!within) {
    const auto block_of = [&](std::size_t i) { return stored::block_of(columns_.patient[i]); };
    first = first_where(0, columns_.count, [&](std::size_t i) { return block_of(i) >= first_block_; });
    past = first_where(first, columns_.count, [&](std::size_t i) { return block_of(i) > last_block_; });
  }
  if (first == past) {
    kept_.everything = false, kept_.some.clear();
    return {};
  }
  choose(columns_, scan.removals[r], first, past);
  sift(columns_);
  settle();
  return {};
}

Result<void> LeafReader::deal_out(engine::Name code, const engine::PostingScan& scan, std::uint32_t fields) {
  const bool by_code = leaf_.fields & field_by_code;
  if (by_code)
    for (Block& block : blocks_) block.of_code = block.events.size();
  for (std::size_t r = 0; r < scan.refs.size(); ++r) {
    TRY(keep(code, scan, r, fields,
             [&](PatientId id) { blocks_[stored::block_of(id) - first_block_].odd.set(id % block_patients); }));
    const auto block_at = [&](std::size_t i) { return stored::block_of(columns_.patient[i]); };
    for (std::size_t k = 0; k < kept_.size();) {
      const std::uint32_t block = block_at(kept_[k]);
      const std::size_t next = first_where(k, kept_.size(), [&](std::size_t i) { return block_at(kept_[i]) > block; });
      take(columns_, code, k, next, whole_block(block), blocks_[block - first_block_].events);
      if (!by_code) TRY(give_full(block, full_events));
      k = next;
    }
  }
  for (const stored::Posting& posting : scan.added) {
    const std::uint32_t block = stored::block_of(posting.patient);
    Block& into = blocks_[block - first_block_];
    take(posting, code, static_cast<Place>(posting.patient % block_patients), into.events, into.odd);
  }
  if (!by_code) return {};
  const bool in_parts = scan.refs.size() + !scan.added.empty() > 1;
  for (std::uint32_t block = first_block_; block <= last_block_; ++block) {
    Block& dealt = blocks_[block - first_block_];
    if (in_parts) put_code_together(dealt.events, dealt.of_code);
    TRY(give_full(block, full_events));
  }
  return {};
}

// Those of a code came run by run, and after them what was added.
void LeafReader::put_code_together(Events& events, std::size_t first) {
  const auto places = std::span(events.place).subspan(first);
  if (std::ranges::is_sorted(places)) return;
  order_.resize(places.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::ranges::stable_sort(order_, {}, [&](std::uint32_t i) { return places[i]; });
  events.reorder(first, order_);
}

}  // namespace chartline::query::vectorised
