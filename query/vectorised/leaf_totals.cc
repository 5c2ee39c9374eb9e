#include "query/vectorised/leaf_totals.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace chartline::query::vectorised {

using engine::PostingScan;
using engine::RunFacts;
using typed::Node;
using typed::Op;

// -- reading

Result<bool> LeafReader::count_days(const LeafRange& of, Stop& stop, DayCounts& counts) {
  check(adds_up(of.leaf) && (of.leaf.fields & ~field_day) == 0, "a leaf of which days alone are wanted");
  set_up(of);
  counts.start();
  const std::uint32_t fields = posting_fields() & ~std::uint32_t{stored::posting_field_patient};
  bool ordinary = true;
  const auto count = [&](engine::Name code, const PostingScan& scan) -> Result<void> {
    if (code < of.first_code || code >= of.past_code) return {};
    TRY(stop.check());
    for (std::size_t r = 0; r < scan.refs.size() && ordinary; ++r) {
      TRY(keep(code, scan, r, fields, [&](PatientId) { ordinary = false; }));
      add_days(counts);
    }
    for (const stored::Posting& posting : scan.added) {
      ++postings_;
      if (!is_found(posting)) continue;
      ordinary = ordinary && !is_odd(posting.flags);
      counts.add(posting.day, stored::precision_of(posting.flags));
    }
    return {};
  };
  TRY(all_postings(count));
  return ordinary;
}

// Those that are kept.
void LeafReader::add_days(DayCounts& counts) const {
  constexpr std::uint32_t turned = 0x80000000u, first = static_cast<std::uint32_t>(table_first) ^ turned;
  const auto day_of = [](std::uint32_t stored) { return static_cast<record::Day>(stored ^ turned); };
  const std::size_t kept = kept_.size();
  if (has_vague(columns_)) {
    for (std::size_t k = 0; k < kept; ++k)
      counts.add(columns_.day_at(kept_[k]), stored::precision_of(columns_.flags[kept_[k]]));
    return;
  }
  if (columns_.day.is_constant()) {
    if (kept > 0) counts.add(day_of(columns_.day[0]), record::Precision::day, static_cast<std::int64_t>(kept));
    return;
  }
  const std::uint32_t* const days = columns_.day.values();
  std::int64_t* const usual = counts.usual.data();
  const auto add_all = [&](const auto& of) {
    for (std::size_t k = 0; k < kept; ++k) {
      const std::uint32_t place = days[of(k)] - first;
      if (place < std::uint32_t{table_days}) ++usual[place];
      else counts.add(day_of(days[of(k)]), record::Precision::day);
    }
  };
  if (kept_.everything) return add_all([from = kept_.first](std::size_t k) { return from + k; });
  add_all([some = kept_.some.data()](std::size_t k) { return std::size_t{some[k]}; });
}

Result<bool> LeafReader::count_codes(const LeafRange& of, Stop& stop, Count what, std::vector<std::int64_t>& counts) {
  check(adds_up(of.leaf) && (of.leaf.fields & ~(field_code | field_by_code)) == 0,
        "a leaf of which codes alone are wanted");
  set_up(of);
  counts.assign(of.view.codes(shard_) + std::size_t{1}, 0);
  std::uint32_t fields = posting_fields();
  if (what == Count::events) fields &= ~std::uint32_t{stored::posting_field_patient};
  bool ordinary = true;
  const auto count = [&](engine::Name code, const PostingScan& scan) -> Result<void> {
    if (code < of.first_code || code >= of.past_code) return {};
    TRY(stop.check());
    std::size_t events = 0;
    patients_.clear();
    for (std::size_t r = 0; r < scan.refs.size() && ordinary; ++r) {
      TRY(keep(code, scan, r, fields, [&](PatientId) { ordinary = false; }));
      events += kept_.size();
      if (what == Count::patients) add_patients();
    }
    for (const stored::Posting& posting : scan.added) {
      ++postings_;
      if (!is_found(posting)) continue;
      ordinary = ordinary && !is_odd(posting.flags);
      ++events;
      patients_.push_back(posting.patient);
    }
    // Without a primary code it may have translations.
    if (code == 0 && events > 0) ordinary = false;
    if (what == Count::events) {
      counts[code] = static_cast<std::int64_t>(events);
      return {};
    }
    if (!scan.added.empty()) std::ranges::sort(patients_);  // those of runs are in order
    std::uint32_t different = patients_.empty() ? 0 : 1;
    for (std::size_t i = 1; i < patients_.size(); ++i) different += patients_[i] != patients_[i - 1];
    counts[code] = different;
    return {};
  };
  TRY(all_postings(count));
  return ordinary;
}

Result<std::optional<std::vector<std::uint64_t>>> LeafReader::postings_if_ordinary(const LeafRange& of, Stop& stop) {
  set_up(of);
  const bool by_code = leaf_.fields & field_code;
  std::vector<std::uint64_t> postings(of.view.codes(shard_) + std::size_t{1}, 0);
  const std::uint32_t odd = odd_flags() & ~refused_;
  bool ordinary = true;
  TRY(all_postings([&](engine::Name code, const PostingScan& scan) -> Result<void> {
    for (std::size_t r = 0; r < scan.refs.size(); ++r) {
      postings[code] += scan.refs[r].count;
      const engine::RunFacts::Facts* const known = odd ? scan.facts[r]->known() : nullptr;
      if (odd && (!known || (known->flags & odd))) ordinary = false;
    }
    postings[code] += scan.added.size();
    for (const stored::Posting& posting : scan.added)
      if (keeps(posting.flags, posting.kind) && is_odd(posting.flags)) ordinary = false;
    return {};
  }));
  if (ordinary && by_code && postings[0] > 0) {
    LeafRange without_code = of;
    without_code.past_code = 1;
    std::vector<std::int64_t> counts;
    ordinary = TRY(count_codes(without_code, stop, Count::events, counts));
  }
  return ordinary ? std::optional(std::move(postings)) : std::nullopt;
}

// Of those that are kept. Runs of one code mostly follow one another, and are merged where they do not.
void LeafReader::add_patients() {
  const std::size_t before = patients_.size();
  patients_.resize(before + kept_.size());
  PatientId* const to = patients_.data() + before;
  if (kept_.everything && !columns_.patient.is_constant())
    std::copy_n(columns_.patient.values() + kept_.first, kept_.count, to);
  else
    for (std::size_t k = 0; k < kept_.size(); ++k) to[k] = columns_.patient[kept_[k]];
  if (before == 0 || kept_.size() == 0 || patients_[before - 1] <= patients_[before]) return;
  std::inplace_merge(patients_.begin(), patients_.begin() + static_cast<std::ptrdiff_t>(before), patients_.end());
}

// Postings of one code are read as they stand in the cache; those of all codes run by run, past it.
Result<std::uint64_t> LeafReader::find_whoever(const LeafRange& of, Hold hold, Stop& stop, Candidates& candidates,
                                               std::vector<PatientId>& odd) {
  if (is_loose(of.leaf)) {
    set_up(of);
    const std::uint32_t fields = posting_fields();
    TRY(all_postings([&](engine::Name code, const PostingScan& scan) -> Result<void> {
      TRY(stop.check());
      for (std::size_t r = 0; r < scan.refs.size(); ++r) {
        TRY(keep(code, scan, r, fields, [&](PatientId id) { found_odd_.push_back(id); }));
        add_kept(columns_, candidates);
      }
      add_found(scan.added, candidates);
      return {};
    }));
  } else {
    TRY(open(of, hold, stop));
    find(candidates);
    postings_ += found_postings_;
  }
  odd.insert(odd.end(), found_odd_.begin(), found_odd_.end());
  return found_;
}

// -- what is asked

std::optional<LeafTotals> LeafTotals::of(const Node& statement, const Program& program, const Leaf& leaf) {
  const bool tally = statement.op == Op::tally;
  if ((!tally && statement.op != Op::count_patients) || statement.parts[1]->parts.size() != 1) return std::nullopt;
  const Node& group = *statement.parts[1]->parts[0];
  LeafTotals made;
  std::uint32_t slot = 0;
  if (tally) {
    made.events_ = statement.parts[0].get();
    slot = std::get<typed::Slot>(statement.data).number;
  } else {
    const auto rows = rows_counted(statement, program);
    if (!rows) return std::nullopt;
    const Node& condition = *rows->cohort->parts[0];
    if (condition.op != Op::truth || !std::get<bool>(condition.data)) return std::nullopt;
    made.events_ = rows->cohort->parts[1].get();
    made.what_ = LeafReader::Count::patients;
    slot = rows->slot;
  }
  const auto is_row = [slot](const Node* event) {
    return event && event->op == Op::row && std::get<typed::Slot>(event->data).number == slot;
  };
  made.by_ = group.op;
  if (group.op == Op::field && std::get<std::string>(group.data) == "code" && is_row(group.parts[0].get()))
    return (leaf.fields & ~(field_code | field_by_code)) == 0 ? std::optional(std::move(made)) : std::nullopt;
  const bool by_date = group.op == Op::year_of || group.op == Op::month_of || group.op == Op::date_of;
  if (!tally || !by_date || !is_row(dated_event(group)) || (leaf.fields & ~field_day) != 0) return std::nullopt;
  return made;
}

Result<std::optional<std::int64_t>> LeafTotals::find(const LeafRange& of, LeafReader& reader, Stop& stop, Findings& into) {
  const bool by_code = by_ == Op::field;
  const bool ordinary =
      by_code ? TRY(reader.count_codes(of, stop, what_, counts_)) : TRY(reader.count_days(of, stop, days_));
  if (!ordinary) return std::optional<std::int64_t>();
  return std::optional(by_code ? give_codes(of, into) : give_days(into));
}

std::int64_t LeafTotals::give_codes(const LeafRange& of, Findings& into) const {
  std::int64_t sum = 0;
  for (engine::Name code = 0; code < counts_.size(); ++code) {
    if (counts_[code]) into.add({code_cell(of.view, of.shard, code)}, 0, counts_[code], 1);
    sum += counts_[code];
  }
  return sum;
}

// Days of one group follow one another.
std::int64_t LeafTotals::give_days(Findings& into) const {
  std::int64_t sum = 0, of_group = 0;
  record::Day first = 0;  // of the group
  const auto give = [&](const record::Time& date, std::int64_t count) {
    if (count) into.add({date_cell(by_, date)}, 0, count, 1);
    sum += count;
  };
  for (std::size_t place = 0; place < days_.usual.size(); ++place) {
    if (days_.usual[place] == 0) continue;
    const record::Day day = table_first + static_cast<record::Day>(place);
    if (of_group && date_group(by_, first) != date_group(by_, day))
      give(record::day_time(first), std::exchange(of_group, 0));
    first = day, of_group += days_.usual[place];
  }
  give(record::day_time(first), of_group);
  for (const auto& [date, count] : days_.others) give(date_known(date.first, date.second), count);
  return sum;
}

}  // namespace chartline::query::vectorised
