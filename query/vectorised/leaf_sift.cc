// Which postings of a leaf are taken, and what of them: the sieve, those who are odd, and reading in batches.
#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "query/vectorised/leaf.h"
#include "query/vectorised/sift_columns.h"

namespace chartline::query::vectorised {

using stored::PostingColumns;
using stored::Removal;

namespace {

// The values of some postings of a column behind those that are there.
template <typename T, typename From, typename Of>
void append(std::vector<T>& into, std::size_t count, const From& from, const Of& of) {
  const std::size_t before = into.size();
  into.resize(before + count);
  for (std::size_t i = 0; i < count; ++i) into[before + i] = static_cast<T>(of(from(i)));
}

// The same of a stored column, whose memory is looked at once.
template <typename T, typename Of, typename Made>
void append_column(std::vector<T>& into, std::size_t count, const Of& of, const stored::Column<std::uint32_t>& column,
                   Made made) {
  const std::size_t before = into.size();
  if (column.is_constant()) {
    into.resize(before + count, static_cast<T>(made(column[0])));
    return;
  }
  into.resize(before + count);
  T* const to = into.data() + before;
  const std::uint32_t* const values = column.values();
  for (std::size_t k = 0; k < count; ++k) to[k] = static_cast<T>(made(values[of(k)]));
}

// The scale that all numbers of a run are written with: that by which one of them comes of its mantissa.
std::optional<int> scale_of(const PostingColumns& run, std::size_t first, std::size_t past) {
  constexpr std::int64_t exact_max = std::int64_t{1} << 53;
  for (std::size_t i = first; i < past; ++i) {
    const std::int64_t mantissa = unzigzag(run.value[i]);
    if (mantissa == 0) continue;
    if (mantissa > exact_max || mantissa < -exact_max) return std::nullopt;
    const double number = run.number_at(i);
    double power = 1;
    for (int scale = 0; scale <= 18; ++scale, power *= 10) {
      if (static_cast<double>(mantissa) / power == number) return scale;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

// The second of the first instant, UTC: of what has no time the least of all.
std::int64_t second_of(record::Day day, std::uint32_t second, int offset_minutes, std::uint32_t flags) {
  if (stored::precision_of(flags) == record::Precision::none) return INT64_MIN;
  return std::int64_t{day} * 86'400 + second - std::int64_t{offset_minutes} * 60;
}

// Grows in the order of events, as far as it is known here.
constexpr std::int64_t order_second = 8, order_day = 86'400 * order_second;
std::int64_t order_of(std::int64_t at, record::Precision precision) {
  return at == INT64_MIN ? INT64_MIN : at * order_second + static_cast<std::int64_t>(precision);
}
std::int64_t order_of(const stored::Posting& posting) {
  return order_of(second_of(posting.day, posting.second, posting.offset, posting.flags),
                  stored::precision_of(posting.flags));
}
std::int64_t order_at(const PostingColumns& from, std::size_t i) {
  const int offset = static_cast<int>(from.offset[i]) - (1 << 15);
  return order_of(second_of(from.day_at(i), from.second[i], offset, from.flags[i]), stored::precision_of(from.flags[i]));
}

// Of values that are far from one another, and rarely in the processor's caches: then it waits for many at once.
template <typename T>
void fetch_ahead(const T* values, std::span<const std::uint32_t> places, std::size_t k) {
  constexpr std::size_t ahead = 32;
  __builtin_prefetch(values + places[std::min(k + ahead, places.size() - 1)]);
}

// The numbers of some postings behind those that are there. Mostly a run has them all of one scale.
void append_numbers(std::vector<double>& into, const PostingColumns& from, std::span<const std::uint32_t> places) {
  constexpr std::int64_t exact_max = std::int64_t{1} << 53;
  if (places.empty()) return;
  const std::size_t before = into.size();
  into.resize(before + places.size());
  double* const to = into.data() + before;
  const bool alike =
      from.value_form.is_constant() && !from.value.is_constant() && from.form_at(0) == record::Value::Form::number;
  const std::optional<int> scale = alike ? scale_of(from, places.front(), places.back() + 1) : std::nullopt;
  bool exact = scale.has_value();
  if (scale) {
    double power = 1;
    for (int i = 0; i < *scale; ++i) power *= 10;
    const std::uint64_t* const words = from.value.values();
    for (std::size_t k = 0; k < places.size(); ++k) {
      fetch_ahead(words, places, k);
      const std::int64_t mantissa = unzigzag(words[places[k]]);
      exact = exact && mantissa <= exact_max && mantissa >= -exact_max;
      to[k] = static_cast<double>(mantissa) / power;
    }
  }
  if (exact) return;
  for (std::size_t k = 0; k < places.size(); ++k) to[k] = from.number_at(places[k]);
}

// That any of the postings first .. past-1 has.
std::uint32_t flags_of(const PostingColumns& from, std::size_t first, std::size_t past) {
  return from.flags.is_constant() ? from.flags[0] : bits_of({from.flags.values() + first, past - first});
}

engine::Name primary(std::uint32_t flags, engine::Name code) { return flags & stored::posting_translation ? 0 : code; }

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

// Some of kept_, all of patients of the batch.
void LeafReader::take(const PostingColumns& from, engine::Name code, std::size_t first_kept, std::size_t past_kept,
                      const Batch& batch, Events& into) const {
  const std::size_t some = past_kept - first_kept;
  const auto gather = [&](const auto& of) {
    if (batch.is_everyone())
      append_column(into.place, some, of, from.patient, [base = batch.first](std::uint32_t id) { return id - base; });
    else append_column(into.place, some, of, from.patient, Places(batch));
    if (leaf_.fields & field_day)
      append_column(into.day, some, of, from.day, [](std::uint32_t day) { return day ^ 0x80000000u; }),
          append_column(into.precision, some, of, from.flags, stored::precision_of);
    if (leaf_.fields & field_time) {
      append(into.second, some, of, [&](std::size_t i) { return from.second[i]; });
      append(into.offset, some, of, [&](std::size_t i) { return static_cast<int>(from.offset[i]) - (1 << 15); });
      append(into.at, some, of, [&](std::size_t i) {
        return second_of(from.day_at(i), from.second[i], static_cast<int>(from.offset[i]) - (1 << 15), from.flags[i]);
      });
    }
    if (leaf_.fields & field_number) append(into.number, some, of, [&](std::size_t i) { return from.number[i]; });
    if (leaf_.fields & field_value) {
      if (from.value_form.is_constant()) {
        into.form.resize(into.form.size() + some, from.form_at(0));
        into.comparator.resize(into.comparator.size() + some, from.comparator_at(0));
      } else {
        append(into.form, some, of, [&](std::size_t i) { return from.form_at(i); });
        append(into.comparator, some, of, [&](std::size_t i) { return from.comparator_at(i); });
      }
      append_column(into.unit, some, of, from.unit, [](std::uint32_t unit) { return unit; });
    }
    if (leaf_.fields & field_kind)
      append(into.kind, some, of, [&](std::size_t i) { return static_cast<record::Kind>(from.kind[i]); });
    if (leaf_.fields & (field_code | field_primary))
      append_column(into.code, some, of, from.flags, [code](std::uint32_t flags) { return primary(flags, code); });
    if (leaf_.fields & field_source)
      append_column(into.source, some, of, from.source, [](std::uint32_t source) { return source; });
    if (leaf_.fields & field_author)
      append_column(into.author, some, of, from.author, [](std::uint32_t author) { return author; });
    if (leaf_.fields & field_status)
      append_column(into.status, some, of, from.status, [](std::uint32_t status) { return status; });
    if (leaf_.fields & field_certainty)
      append_column(into.certainty, some, of, from.certainty, [](std::uint32_t certainty) { return certainty; });
    if (leaf_.fields & field_end) append(into.end, some, of, [&](std::size_t i) { return from.end_at(i); });
  };
  if (kept_.everything) {
    const std::size_t first = kept_.first + first_kept;
    gather([&](std::size_t k) { return first + k; });
    if (leaf_.fields & field_value) {
      into.value.resize(into.value.size() + some);
      from.numbers(first, first + some, into.value.data() + into.value.size() - some);
    }
    return;
  }
  const std::uint32_t* places = kept_.some.data() + first_kept;
  const auto of = [&](std::size_t k) { return std::size_t{places[k]}; };
  gather(of);
  if (leaf_.fields & field_value) append_numbers(into.value, from, std::span(places, some));
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

void LeafReader::take(const stored::Posting& posting, engine::Name code, Place place, Events& into, Odd& odd) {
  ++postings_;
  if (!is_found(posting) || !may_be_taken(posting)) return;
  if (is_odd(posting.flags)) {
    if (thin_)
      blocks_[stored::block_of(posting.patient) - first_block_].odd_taken.push_back({place, order_of(posting)});
    else odd.set(place);
  }
  into.place.push_back(place);
  if (leaf_.fields & field_day)
    into.day.push_back(posting.day), into.precision.push_back(stored::precision_of(posting.flags));
  if (leaf_.fields & field_time) {
    into.second.push_back(posting.second);
    into.offset.push_back(posting.offset);
    into.at.push_back(second_of(posting.day, posting.second, posting.offset, posting.flags));
  }
  if (leaf_.fields & field_number) into.number.push_back(posting.number);
  if (leaf_.fields & field_value) {
    const bool is_number = posting.value.form == record::Value::Form::number;
    into.value.push_back(is_number ? posting.value.number.to_double() : std::numeric_limits<double>::quiet_NaN());
    into.form.push_back(posting.value.form);
    into.comparator.push_back(posting.value.comparator);
    into.unit.push_back(posting.unit);
  }
  if (leaf_.fields & field_kind) into.kind.push_back(posting.kind);
  if (leaf_.fields & (field_code | field_primary)) into.code.push_back(primary(posting.flags, code));
  if (leaf_.fields & field_source) into.source.push_back(posting.source);
  if (leaf_.fields & field_author) into.author.push_back(posting.author);
  if (leaf_.fields & field_status) into.status.push_back(posting.status);
  if (leaf_.fields & field_certainty) into.certainty.push_back(posting.certainty);
  if (leaf_.fields & field_end) into.end.push_back(posting.end);
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

// What find() kept of the postings first .. past-1.
void LeafReader::take_found(const std::vector<std::uint32_t>& found, std::size_t first, std::size_t past) {
  postings_ += past - first;
  const auto begin = std::ranges::lower_bound(found, first);
  kept_.everything = false;
  kept_.some.assign(begin, std::lower_bound(begin, found.end(), past));
}

void LeafReader::find(Candidates& candidates) {
  const std::uint64_t before = postings_;
  const PatientId first_id = first_block_ * block_patients, past_id = (last_block_ + 1) * block_patients;
  for (Run& run : runs_) {
    const PostingColumns& columns = *run.columns;
    const std::size_t first = first_of(columns, 0, first_id), past = first_of(columns, first, past_id);
    if (first == past) continue;
    choose(columns, run.removals, first, past);
    sift(columns);
    note_odd(columns, [&](PatientId id) { found_odd_.push_back(id); });
    add_kept(columns, candidates);
    if (!kept_.everything) run.kept = kept_.some;
  }
  for (const Added& added : added_) add_found(added.postings, candidates);
  std::ranges::sort(found_odd_);
  for (const PatientId id : found_odd_) candidates.add(id);
  found_postings_ = std::exchange(postings_, before) - before;  // they are read again
}

void LeafReader::add_kept(const PostingColumns& from, Candidates& candidates) {
  const std::size_t kept = kept_.size();
  found_ += kept;
  if (kept == 0) return;
  if (from.patient.is_constant()) return candidates.add(from.patient[0]);
  const std::uint32_t* const ids = from.patient.values();
  if (kept_.everything) candidates.add(kept, [from = ids + kept_.first](std::size_t k) { return from[k]; });
  else
    candidates.add(kept, [&](std::size_t k) {
      fetch_ahead(ids, kept_.some, k);
      return ids[kept_.some[k]];
    });
}

void LeafReader::add_found(std::span<const stored::Posting> added, Candidates& candidates) {
  postings_ += added.size();
  for (const stored::Posting& posting : added) {
    if (!is_found(posting)) continue;
    candidates.add(posting.patient);
    ++found_;
    if (is_odd(posting.flags)) found_odd_.push_back(posting.patient);
  }
}

void LeafReader::read(const Batch& batch, const Candidates* among, Events& into, Odd& odd) {
  if (loose_) {
    Block& dealt = blocks_[batch.first / block_patients - first_block_];
    odd |= dealt.odd;
    std::swap(into.leaves, dealt.events.leaves);
    std::swap(into, dealt.events);
    into.fields = leaf_.fields;
    if (thin_) {
      take_first_and_last(into, batch.first / block_patients, odd);
      put_in_order(into, batch.patients());
    }
    return;
  }
  into.clear();
  into.fields = leaf_.fields;
  for (Run& run : runs_) {
    const PostingColumns& columns = *run.columns;
    run.next = first_of(columns, run.next, batch.first);
    const std::size_t end = first_of(columns, run.next, batch.past);
    if (end > run.next) {
      if (run.kept) {
        take_found(*run.kept, run.next, end);
        if (among) only_among(columns, batch, *among);
      } else {
        choose(columns, run.removals, run.next, end);
        if (among) only_among(columns, batch, *among);
        Places place(batch);
        sift(columns);
        note_odd(columns, [&](PatientId id) { odd.set(place(id)); });
      }
      take(columns, run.code, 0, kept_.size(), batch, into);
    }
    run.next = end;
  }
  Places odd_place(batch);
  for (auto id = std::ranges::lower_bound(found_odd_, batch.first); id != found_odd_.end() && *id < batch.past; ++id)
    if (!among || among->has(*id)) odd.set(odd_place(*id));
  for (Added& added : added_) {
    const std::vector<stored::Posting>& postings = added.postings;
    Places place(batch);
    while (added.next < postings.size() && postings[added.next].patient < batch.first) ++added.next;
    for (; added.next < postings.size() && postings[added.next].patient < batch.past; ++added.next) {
      const stored::Posting& posting = postings[added.next];
      // Whoever has nothing that is found here may not be in the batch, and has no place there.
      if (is_found(posting) && (!among || among->has(posting.patient)))
        take(posting, added.code, place(posting.patient), into, odd);
      else ++postings_;
    }
  }
  if (several_ || (leaf_.fields & (field_order | field_grouped | field_by_code))) put_in_order(into, batch.patients());
}

// By patient and, where asked for, in the total order as far as it is known here; an event that came by several codings is
// left once.
void LeafReader::put_in_order(Events& events, std::uint32_t patients) {
  const std::size_t count = events.size();
  const bool by_time = leaf_.fields & field_order, by_number = !events.number.empty();
  const auto key = [&](std::size_t i) {
    return by_time ? std::tuple(events.place[i], events.at[i], events.precision[i])
                   : std::tuple(events.place[i], std::int64_t{0}, record::Precision{});
  };
  const auto number = [&](std::size_t i) { return by_number ? events.number[i] : 0u; };
  const auto in_order = [&](std::size_t a, std::size_t b) {
    if (events.place[a] != events.place[b]) return events.place[a] < events.place[b];
    if (by_time && events.at[a] != events.at[b]) return events.at[a] < events.at[b];
    if (by_time && events.precision[a] != events.precision[b]) return events.precision[a] < events.precision[b];
    return number(a) <= number(b);
  };
  bool sorted = true;
  if (by_time || several_) {
    for (std::size_t i = 1; sorted && i < count; ++i) sorted = in_order(i - 1, i);
  } else {
    sorted = std::ranges::is_sorted(events.place);
  }
  if (!sorted || several_) {
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), 0u);
    if (!sorted) std::ranges::sort(order_, {}, [&](std::uint32_t i) { return std::tuple(key(i), number(i)); });
    if (several_) {
      const auto same = [&](std::uint32_t a, std::uint32_t b) {
        return events.place[a] == events.place[b] && events.number[a] == events.number[b];
      };
      order_.erase(std::unique(order_.begin(), order_.end(), same), order_.end());
    }
    scratch_.clear();
    scratch_.fields = events.fields;
    for (const std::uint32_t i : order_) scratch_.take(events, i);
    std::swap(scratch_.leaves, events.leaves);
    std::swap(scratch_, events);
  }
  // Backwards, so that the first of a place is noted last: no branch depends on who has how many. A place without any
  // begins where the next one does.
  events.begin.assign(patients + 1, static_cast<std::uint32_t>(events.size()));
  for (std::size_t i = events.size(); i-- > 0;) events.begin[events.place[i]] = static_cast<std::uint32_t>(i);
  for (std::size_t place = patients; place-- > 0;)
    events.begin[place] = std::min(events.begin[place], events.begin[place + 1]);
}

}  // namespace chartline::query::vectorised
