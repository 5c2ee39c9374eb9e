// What is taken of the postings of a leaf that are kept: whoever has one, and the events of a batch.
#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "query/vectorised/leaf.h"
#include "query/vectorised/leaf_parts.h"

namespace chartline::query::vectorised {

using stored::PostingColumns;

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

engine::Name primary(std::uint32_t flags, engine::Name code) { return flags & stored::posting_translation ? 0 : code; }

}  // namespace

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
