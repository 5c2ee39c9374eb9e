// Which postings of a leaf are kept, and who is odd for one.
#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

#include "query/vectorised/leaf.h"
#include "query/vectorised/leaf_parts.h"
#include "query/vectorised/sift_columns.h"

namespace chartline::query::vectorised {

using stored::PostingColumns;
using stored::Removal;

namespace {

// That any of the postings first .. past-1 has.
std::uint32_t flags_of(const PostingColumns& from, std::size_t first, std::size_t past) {
  return from.flags.is_constant() ? from.flags[0] : bits_of({from.flags.values() + first, past - first});
}

}  // namespace

bool LeafReader::keeps(std::uint32_t flags, record::Kind kind) const {
  if (flags & refused_) return false;
  if (leaf_.kind) return kind == *leaf_.kind;
  return kind != record::Kind::patient;
}

// The flags of which any one makes a patient odd.
std::uint32_t LeafReader::odd_flags() const {
  std::uint32_t flags = 0;
  if (leaf_.fields & field_exact) flags |= stored::posting_finer;
  if (leaf_.fields & field_code) flags |= stored::posting_translation;
  if ((leaf_.fields & field_end) || leaf_.sieve.sifts_ends()) flags |= stored::posting_end_elsewhere;
  return flags;
}

namespace {

// Leaves those for which something holds.
template <typename Kept, typename Holds>
void sift_kept(Kept& kept, const Holds& holds) {
  std::size_t left = 0;
  if (kept.everything) {
    kept.some.resize(kept.count);
    for (std::size_t i = kept.first, past = kept.first + kept.count; i < past; ++i) {
      kept.some[left] = static_cast<std::uint32_t>(i);
      left += holds(i);
    }
    kept.everything = false;
  } else {
    for (const std::uint32_t i : kept.some) {
      kept.some[left] = i;
      left += holds(i);
    }
  }
  kept.some.resize(left);
}

}  // namespace

// Those of the postings first .. past-1 that the leaf is about, into kept_.
void LeafReader::choose(const PostingColumns& from, const std::vector<Removal>& removals, std::size_t first,
                        std::size_t past) {
  postings_ += past - first;
  const bool asks_kind = leaf_.kind || leaf_.codes->any;  // else the column is not read
  const bool one_kind = !asks_kind || from.kind.is_constant();
  const std::uint32_t flags = flags_of(from, first, past);
  kept_.first = first;
  kept_.everything = one_kind && removals.empty() && ((flags & refused_) == 0 || from.flags.is_constant());
  const auto is_of_kind = [&](std::size_t i) { return !asks_kind || keeps(0, static_cast<record::Kind>(from.kind[i])); };
  if (kept_.everything) {
    kept_.count = (flags & refused_) == 0 && is_of_kind(first) ? past - first : 0;
    return;
  }
  kept_.count = past - first;
  const auto is_kept = [&](std::size_t i) {
    return static_cast<unsigned>((from.flags[i] & refused_) == 0) & static_cast<unsigned>(is_of_kind(i));
  };
  if (leaf_.sieve.sifts_days() && !from.day.is_constant()) {
    kept_.everything = true;
    sift_first_days(from);  // leaves fewer than flags do
    sift_kept(kept_, is_kept);
  } else if (one_kind && !from.flags.is_constant() && is_of_kind(first)) {
    kept_.some.resize(kept_.count + sift_room);
    kept_.some.resize(sift_without(from.flags.values(), first, kept_.count, refused_, kept_.some.data()));
  } else {
    kept_.everything = true;
    sift_kept(kept_, is_kept);
  }
  if (removals.empty()) return;
  std::erase_if(kept_.some, [&](std::uint32_t i) {
    return std::ranges::binary_search(removals, Removal{from.patient[i], from.number[i]});
  });
}

// Of few among many, each is looked for.
void LeafReader::only_among(const PostingColumns& from, const Batch& batch, const Candidates& among) {
  constexpr std::size_t many = 8;  // postings for each
  if (!kept_.everything || kept_.count < many * batch.patients()) {
    sift_kept(kept_, [&](std::size_t i) { return among.has(from.patient[i]); });
    return;
  }
  const std::size_t past = kept_.first + kept_.count;
  kept_.everything = false;
  kept_.some.clear();
  std::size_t at = kept_.first;
  for (const PatientId id : batch.some) {
    std::size_t step = many;  // beyond what the one before has
    while (at + step < past && from.patient[at + step] < id) at += step, step *= 2;
    at = first_where(at, std::min(at + step, past), [&](std::size_t i) { return from.patient[i] >= id; });
    for (; at < past && from.patient[at] == id; ++at) kept_.some.push_back(static_cast<std::uint32_t>(at));
  }
}

bool LeafReader::has_vague(const PostingColumns& from) const {
  if (kept_.size() == 0) return false;
  if (kept_.everything || from.flags.is_constant())
    return (flags_of(from, kept_[0], kept_[kept_.size() - 1] + 1) & stored::posting_vague) != 0;
  std::uint32_t flags = 0;
  for (std::size_t k = 0; k < kept_.size(); ++k) flags |= from.flags[kept_[k]];
  return (flags & stored::posting_vague) != 0;
}

void LeafReader::note_odd(const PostingColumns& from, const NoteOdd& note) const {
  const std::uint32_t odd = odd_flags();
  if (kept_.size() == 0 || odd == 0 || (from.flags.is_constant() && (from.flags[0] & odd) == 0)) return;
  for (std::size_t k = 0; k < kept_.size(); ++k) {
    const std::size_t i = kept_[k];
    if (from.flags[i] & odd) note(from.patient[i]);
  }
}

// What is taken for now may give way to another: then whose it is need not be odd for it.
void LeafReader::note_odd_taken(const PostingColumns& from) {
  for (std::size_t k = 0; k < kept_.size(); ++k) {
    const std::size_t i = kept_[k];
    if (!is_odd(from.flags[i])) continue;
    const PatientId id = from.patient[i];
    const auto place = static_cast<Place>(id % block_patients);
    blocks_[stored::block_of(id) - first_block_].odd_taken.push_back({place, order_at(from, i)});
  }
}

void LeafReader::sift(const PostingColumns& from) {
  sift_values(from);
  sift_days(from);
  sift_ends(from);
  sift_far(from);
}

// Of those kept, of a leaf that is thin, drops what by its day alone is neither first nor last so far. What has no time comes first.
void LeafReader::sift_far(const PostingColumns& from) {
  constexpr record::Day far = 24;  // beyond what an offset may move an instant
  const bool by_patient = !from.patient.is_constant() && !from.day.is_constant();
  if (!thin_ || !by_patient || kept_.size() == 0 || (!first_.empty() && has_vague(from))) return;
  const PatientId* const ids = from.patient.values();
  const PatientId base = first_block_ * block_patients;
  const auto may_be_first = [&, first = first_.data()](std::size_t i) {
    return (from.day_at(i) - far) * order_day <= first[ids[i] - base];
  };
  const auto may_be_last = [&, last = last_.data()](std::size_t i) {
    return (from.day_at(i) + far) * order_day >= last[ids[i] - base];
  };
  if (last_.empty()) sift_kept(kept_, may_be_first);
  else if (first_.empty()) sift_kept(kept_, may_be_last);
  else sift_kept(kept_, [&](std::size_t i) { return may_be_first(i) | may_be_last(i); });
}

// Of those kept, of a leaf that is thin, leaves what comes first or last so far. Those of a patient are mostly in order: the last is
// looked for from behind.
void LeafReader::thin_out(const PostingColumns& from) {
  const std::size_t kept = kept_.size();
  if (!thin_ || kept == 0) return;
  orders_.resize(kept);
  const bool days_alone = from.flags.is_constant() && from.second.is_constant() && from.offset.is_constant();
  if (days_alone && stored::precision_of(from.flags[0]) != record::Precision::none) {
    const std::int64_t on_day = order_at(from, kept_[0]) - from.day_at(kept_[0]) * order_day;
    for (std::size_t k = 0; k < kept; ++k) orders_[k] = from.day_at(kept_[k]) * order_day + on_day;
  } else {
    for (std::size_t k = 0; k < kept; ++k) orders_[k] = order_at(from, kept_[k]);
  }
  taken_.assign(kept, 0);
  const PatientId base = first_block_ * block_patients;
  for (std::size_t k = 0; k < kept && !first_.empty(); ++k) {
    std::int64_t& first = first_[from.patient[kept_[k]] - base];
    if (orders_[k] <= first) first = orders_[k], taken_[k] = 1;
  }
  for (std::size_t k = last_.empty() ? 0 : kept; k-- > 0;) {
    std::int64_t& last = last_[from.patient[kept_[k]] - base];
    if (orders_[k] >= last) last = orders_[k], taken_[k] = 1;
  }
  if (kept_.everything) kept_.some.resize(kept);
  std::size_t left = 0;
  for (std::size_t k = 0; k < kept; ++k) {
    kept_.some[left] = static_cast<std::uint32_t>(kept_[k]);
    left += taken_[k];
  }
  kept_.some.resize(left);
  kept_.everything = false;
}

bool LeafReader::may_be_taken(const stored::Posting& posting) {
  if (!thin_) return true;
  const std::int64_t order = order_of(posting);
  const std::size_t at = posting.patient - first_block_ * block_patients;
  const bool is_first = !first_.empty() && order <= first_[at], is_last = !last_.empty() && order >= last_[at];
  if (is_first) first_[at] = order;
  if (is_last) last_[at] = order;
  return is_first || is_last;
}

// Of those that were the first or last when they came, leaves those that are, and notes who of them is odd.
void LeafReader::take_first_and_last(Events& events, std::uint32_t block, Odd& odd) {
  const std::size_t base = std::size_t{block - first_block_} * block_patients;
  const auto is_taken = [&](Place place, std::int64_t order) {
    return (!first_.empty() && order == first_[base + place]) || (!last_.empty() && order == last_[base + place]);
  };
  scratch_.clear();
  scratch_.fields = events.fields;
  for (std::size_t i = 0; i < events.size(); ++i)
    if (is_taken(events.place[i], order_of(events.at[i], events.precision[i]))) scratch_.take(events, i);
  std::swap(scratch_.leaves, events.leaves);
  std::swap(scratch_, events);
  for (const OddTaken& one : blocks_[block - first_block_].odd_taken)
    if (is_taken(one.place, one.order)) odd.set(one.place);
}

// By the first day that each may be, and of the vague by all.
void LeafReader::sift_days(const PostingColumns& from) {
  sift_first_days(from);
  if (leaf_.sieve.sifts_days() && has_vague(from))
    sift_kept(kept_, [&](std::size_t i) { return passes(from.day_at(i), from.flags[i]); });
}

void LeafReader::sift_first_days(const PostingColumns& from) {
  if (!leaf_.sieve.sifts_days() || kept_.size() == 0) return;
  if (from.day.is_constant()) {
    if (!passes(from.day_at(0), 0)) kept_.everything = false, kept_.some.clear();
    return;
  }
  // Days are written with their sign turned, so that they compare as they stand.
  constexpr std::uint32_t turned = 0x80000000u;
  const std::uint32_t first = static_cast<std::uint32_t>(leaf_.sieve.first) ^ turned;
  const std::uint32_t last = static_cast<std::uint32_t>(leaf_.sieve.last) ^ turned;
  const std::uint32_t* const days = from.day.values();
  if (kept_.everything && first <= last) {
    kept_.everything = false;
    kept_.some.resize(kept_.count + sift_room);
    kept_.some.resize(sift_narrow(days, kept_.first, kept_.count, first, last - first, kept_.some.data()));
    return;
  }
  sift_kept(kept_, [days, first, last](std::size_t i) { return (days[i] >= first) & (days[i] <= last); });
}

// By dates. Whose end is not told here is odd, and so is kept.
bool LeafReader::passes_end(record::Day day, std::uint32_t second, int offset, std::uint32_t flags,
                            const stored::PostingEnd& end) const {
  using stored::PostingEnd;
  const record::Day lasts_to = leaf_.sieve.lasts_to, over_by = leaf_.sieve.over_by;
  if (flags & stored::posting_end_elsewhere) return true;
  if (end.word == PostingEnd::point) return day >= lasts_to && day <= over_by;
  if (end.word < PostingEnd::lasts) return over_by == INT32_MAX && (end.word == PostingEnd::ongoing || day >= lasts_to);
  const std::int64_t length = end.word - PostingEnd::lasts;
  std::int64_t last = day + (flags & stored::posting_timed ? (second + length) / 86'400 : length);
  if (end.shift != 0) {  // then it may be before the start
    record::Time start = record::day_time(day);
    start.local += second * record::micros_per_second;
    start.offset_minutes = static_cast<std::int16_t>(offset);
    start.precision = stored::precision_of(flags);
    last = stay(start, stored::end_of(end, start)).end.time.day();
  }
  return last >= lasts_to && last <= over_by;
}

void LeafReader::sift_ends(const PostingColumns& from) {
  if (!leaf_.sieve.sifts_ends()) return;
  sift_kept(kept_, [&](std::size_t i) {
    const int offset = static_cast<int>(from.offset[i]) - (1 << 15);
    return passes_end(from.day_at(i), from.second[i], offset, from.flags[i], from.end_at(i));
  });
}

void LeafReader::sift_values(const PostingColumns& from) {
  if (!leaf_.sieve.compare || kept_.size() == 0) return;
  const std::size_t first = kept_[0], past = kept_[kept_.size() - 1] + 1;
  // All of one scale, as they mostly are: the mantissas are compared as they stand.
  const bool alike =
      from.value_form.is_constant() && leaf_.sieve.is_whole() && from.comparator_at(first) == record::Comparator::equal;
  if (alike && from.form_at(first) != record::Value::Form::number) {
    kept_.everything = false, kept_.some.clear();
    return;
  }
  const std::optional<int> scale = alike && !from.value.is_constant() ? scale_of(from, first, past) : std::nullopt;
  if (!scale) {
    sift_kept(kept_, [&](std::size_t i) {
      return passes(from.form_at(i), from.comparator_at(i), from.unit[i], from.number_at(i));
    });
    return;
  }
  auto [known, low, high] = mantissas(*scale);
  bool inside = *leaf_.sieve.compare != typed::Op::unequal;
  const std::uint64_t* words = from.value.values();
  // Below a number is not from it on.
  if (low == INT64_MIN && high >= 0 && high < INT64_MAX) low = std::exchange(high, INT64_MAX) + 1, inside = !inside;
  if (low >= 0 && low <= high) {
    // The sign of a zigzag word stands lowest; turned to the top, numbers below 0 are beyond all others.
    const std::uint64_t least = static_cast<std::uint64_t>(low), span = static_cast<std::uint64_t>(high) - least;
    if (kept_.everything) {
      kept_.everything = false;
      kept_.some.resize(kept_.count + sift_room);
      const WideSpan of{.least = least, .span = span, .inside = inside};
      kept_.some.resize(sift_turned(words, kept_.first, kept_.count, of, kept_.some.data()));
      return;
    }
    sift_kept(kept_, [words, inside, least, span](std::size_t i) {
      return (std::rotr(words[i], 1) - least <= span) == inside;
    });
    return;
  }
  sift_kept(kept_, [words, inside, low = low, high = high](std::size_t i) {
    const std::int64_t mantissa = unzigzag(words[i]);
    return ((mantissa >= low) & (mantissa <= high)) == inside;
  });
}

bool LeafReader::passes(record::Value::Form form, record::Comparator comparator, engine::Name unit, double value) {
  if (form != record::Value::Form::number) return false;  // unknown
  const Quantity& bound = leaf_.sieve.bound;
  if (comparator != record::Comparator::equal) {
    if (!leaf_.sieve.is_whole()) return true;
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const bool below = comparator == record::Comparator::less || comparator == record::Comparator::less_or_equal;
    Quantity made = range(below ? -infinite : value, below ? value : infinite);
    made.low_open = comparator == record::Comparator::greater, made.high_open = comparator == record::Comparator::less;
    return compare(*leaf_.sieve.compare, made, bound) == Truth::yes;
  }
  if (bound.measure != Quantity::Measure::plain) {
    if (unit == 0) return true;  // unknown, and counted where the clause is asked
    if (unit != bound_unit_) {
      if (view_->unit_of(shard_, unit) != bound.unit) return true;
      bound_unit_ = unit;
    }
  }
  switch (*leaf_.sieve.compare) {
    case typed::Op::equal: return value == bound.low;
    case typed::Op::unequal: return value != bound.low;
    case typed::Op::less: return value < bound.low;
    case typed::Op::less_or_equal: return value <= bound.low;
    case typed::Op::greater: return value > bound.low;
    default: return value >= bound.low;
  }
}

bool LeafReader::passes_value(const stored::Posting& posting) {
  if (!leaf_.sieve.compare) return true;
  const bool is_number = posting.value.form == record::Value::Form::number;
  return passes(posting.value.form, posting.value.comparator, posting.unit,
                is_number ? posting.value.number.to_double() : 0);
}

// It is taken, or its patient is odd.
bool LeafReader::is_found(const stored::Posting& posting) {
  return keeps(posting.flags, posting.kind) && passes_value(posting) && passes(posting.day, posting.flags) &&
         (!leaf_.sieve.sifts_ends() ||
          passes_end(posting.day, posting.second, posting.offset, posting.flags, posting.end));
}

// Numbers grow with their mantissas, so that those beyond a bound are all from one mantissa on.
const LeafReader::Mantissas& LeafReader::mantissas(int scale) {
  Mantissas& made = mantissas_[static_cast<std::size_t>(scale)];
  if (made.known) return made;
  constexpr std::int64_t least = INT64_MIN, greatest = INT64_MAX;
  const double bound = leaf_.sieve.bound.low;
  // The least mantissa whose number is beyond; nothing: none is.
  const auto from = [&](const auto& is_beyond) -> std::optional<std::int64_t> {
    const auto holds = [&](std::int64_t mantissa) {
      return is_beyond(record::Decimal{mantissa, static_cast<std::int8_t>(scale)}.to_double());
    };
    if (!holds(greatest)) return std::nullopt;
    std::int64_t low = least, high = greatest;
    while (low < high) {
      const std::int64_t middle = std::midpoint(low, high);
      const std::int64_t below = middle == high ? middle - 1 : middle;
      if (holds(below)) high = below;
      else low = below + 1;
    }
    return high;
  };
  const auto no_less = from([&](double number) { return number >= bound; });
  const auto above = from([&](double number) { return number > bound; });
  const auto before = [&](const std::optional<std::int64_t>& one) {
    return !one ? std::optional(greatest) : *one == least ? std::nullopt : std::optional(*one - 1);
  };
  std::optional<std::int64_t> first = least, last = greatest;
  switch (*leaf_.sieve.compare) {
    case typed::Op::less: last = before(no_less); break;
    case typed::Op::less_or_equal: last = before(above); break;
    case typed::Op::greater: first = above; break;
    case typed::Op::greater_or_equal: first = no_less; break;
    default: first = no_less, last = before(above); break;
  }
  made = first && last ? Mantissas{true, *first, *last} : Mantissas{true, 0, -1};
  return made;
}

}  // namespace chartline::query::vectorised
