#include "query/vectorised/leaf_totals.h"

#include <algorithm>

#include "base/check.h"

namespace chartline::query::vectorised {

using engine::PostingScan;
using engine::RunFacts;
using typed::Node;
using typed::Op;

// -- reading

Result<bool> LeafReader::count_days(const engine::View& view, const Leaf& leaf, std::uint32_t shard,
                                    std::uint32_t first_block, std::uint32_t last_block, Stop& stop,
                                    std::vector<std::int64_t>& counts) {
  check(adds_up(leaf) && (leaf.fields & ~field_day) == 0, "a leaf of which days alone are wanted");
  set_up(view, leaf, shard, first_block, last_block);
  counts.assign(days_counted, 0);
  const std::uint32_t fields = posting_fields() & ~std::uint32_t{stored::posting_field_patient};
  bool ordinary = true;
  const auto count = [&](engine::Name code, const engine::PostingScan& scan) -> Result<void> {
    TRY(stop.check());
    for (std::size_t r = 0; r < scan.refs.size() && ordinary; ++r) {
      TRY(keep(code, scan, r, fields, [&](PatientId) { ordinary = false; }));
      ordinary = ordinary && add_days(counts);
    }
    for (const stored::Posting& posting : scan.added) {
      ++postings_;
      if (!keeps(posting.flags, posting.kind) || !passes_value(posting)) continue;
      const record::Day place = posting.day - first_counted;
      if (is_odd(posting.flags) || place < 0 || place >= days_counted) ordinary = false;
      if (ordinary && passes(posting.day)) ++counts[static_cast<std::size_t>(place)];
    }
    return {};
  };
  TRY(view.all_postings(
      shard, first_block, last_block, [this](const engine::RunFacts::Facts& known) { return may_keep(known); }, count));
  return ordinary;
}

// Those that are kept; false where a day is beyond what is counted.
bool LeafReader::add_days(std::vector<std::int64_t>& counts) const {
  constexpr std::uint32_t turned = 0x80000000u, first = static_cast<std::uint32_t>(first_counted) ^ turned;
  constexpr std::uint32_t many = days_counted;
  std::int64_t* const into = counts.data();
  const std::size_t kept = kept_.size();
  if (columns_.day.is_constant()) {
    const std::uint32_t place = columns_.day[0] - first;
    if (kept > 0 && place < many) into[place] += static_cast<std::int64_t>(kept);
    return kept == 0 || place < many;
  }
  const std::uint32_t* const days = columns_.day.values();
  const auto add_all = [&](const auto& of) {
    for (std::size_t k = 0; k < kept; ++k) {
      const std::uint32_t place = days[of(k)] - first;
      if (place >= many) return false;
      ++into[place];
    }
    return true;
  };
  if (kept_.everything) return add_all([from = kept_.first](std::size_t k) { return from + k; });
  return add_all([some = kept_.some.data()](std::size_t k) { return std::size_t{some[k]}; });
}

Result<bool> LeafReader::count_codes(const engine::View& view, const Leaf& leaf, std::uint32_t shard,
                                     std::uint32_t first_block, std::uint32_t last_block, Stop& stop, Count what,
                                     std::vector<std::int64_t>& counts) {
  check(adds_up(leaf) && (leaf.fields & ~(field_code | field_by_code)) == 0, "a leaf of which codes alone are wanted");
  set_up(view, leaf, shard, first_block, last_block);
  counts.assign(view.codes(shard) + std::size_t{1}, 0);
  std::uint32_t fields = posting_fields();
  if (what == Count::events) fields &= ~std::uint32_t{stored::posting_field_patient};
  bool ordinary = true;
  const auto count = [&](engine::Name code, const PostingScan& scan) -> Result<void> {
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
      if (!keeps(posting.flags, posting.kind) || !passes_value(posting)) continue;
      ordinary = ordinary && !is_odd(posting.flags);
      if (!passes(posting.day)) continue;
      ++events;
      patients_.push_back(posting.patient);
    }
    // Without a primary code it may have translations.
    if (code == 0 && events > 0) ordinary = false;
    if (what == Count::events) {
      counts[code] = static_cast<std::int64_t>(events);
      return {};
    }
    if (!std::ranges::is_sorted(patients_)) std::ranges::sort(patients_);
    std::int64_t different = 0;
    for (std::size_t i = 0; i < patients_.size(); ++i) different += i == 0 || patients_[i] != patients_[i - 1];
    counts[code] = different;
    return {};
  };
  TRY(view.all_postings(
      shard, first_block, last_block, [this](const RunFacts::Facts& known) { return may_keep(known); }, count));
  return ordinary;
}

// Of those that are kept. Runs of one code mostly follow one another, and are merged where they do not.
void LeafReader::add_patients() {
  const std::size_t before = patients_.size();
  patients_.resize(before + kept_.size());
  for (std::size_t k = 0; k < kept_.size(); ++k) patients_[before + k] = columns_.patient[kept_[k]];
  if (before == 0 || kept_.size() == 0 || patients_[before - 1] <= patients_[before]) return;
  std::inplace_merge(patients_.begin(), patients_.begin() + static_cast<std::ptrdiff_t>(before), patients_.end());
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

Result<std::optional<std::int64_t>> LeafTotals::find(const Of& of, LeafReader& reader, Stop& stop, Findings& into) {
  const bool by_code = by_ == Op::field;
  const bool ordinary =
      by_code ? TRY(reader.count_codes(of.view, of.leaf, of.shard, of.first_block, of.last_block, stop, what_, counts_))
              : TRY(reader.count_days(of.view, of.leaf, of.shard, of.first_block, of.last_block, stop, counts_));
  if (!ordinary) return std::optional<std::int64_t>();
  return std::optional(by_code ? give_codes(of, into) : give_days(into));
}

std::int64_t LeafTotals::give_codes(const Of& of, Findings& into) const {
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
  std::optional<record::Day> first;  // of the group
  const auto give = [&] {
    if (first) into.add({date_cell(by_, *first)}, 0, of_group, 1);
    sum += of_group;
  };
  for (std::size_t place = 0; place < counts_.size(); ++place) {
    if (counts_[place] == 0) continue;
    const record::Day day = LeafReader::first_counted + static_cast<record::Day>(place);
    if (!first || date_group(by_, *first) != date_group(by_, day)) {
      give();
      first = day, of_group = 0;
    }
    of_group += counts_[place];
  }
  give();
  return sum;
}

}  // namespace chartline::query::vectorised
