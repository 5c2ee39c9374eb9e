#include "engine/bulk_plain.h"

#include <algorithm>
#include <tuple>

#include "engine/content.h"
#include "engine/demographics.h"
#include "engine/sort_stretches.h"

namespace chartline::engine {

using stored::MixedRow;
using stored::PlainSort;
using stored::Row;

namespace {

constexpr std::ptrdiff_t moved_max = 2;
constexpr std::size_t compared_max = 16;  // rows of one moment; more are sorted to find equal ones

bool tells_demographics(record::Kind kind) { return kind == record::Kind::patient || kind == record::Kind::death; }

// What equal plain rows share, all of it.
auto facts(const MixedRow& row) {
  return std::tuple(row.plain.code, row.plain.mantissa, row.plain.sort, row.plain.local);
}

}  // namespace

Result<bool> PlainPatient::decide(RowSorter::Sorted& sorted, const Dictionary& names, ImportCounts& counts) {
  if (!TRY(take(sorted)) || !order()) return false;
  sum_up(names, counts);
  counts.records += rows_.size(), counts.created += rows_.size(), counts.events += rows_.size();
  counts.equal_rows += equal_;
  return true;
}

// By arrival.
Result<bool> PlainPatient::take(RowSorter::Sorted& sorted) {
  const std::size_t count = sorted.waiting.size();
  rows_.resize(count), moments_.resize(count), wholes_.clear();
  const std::span<const PlainSort> sorts = sorter_.sorts().all();
  if (sorts.size() == RowSorts::sorts_max) return false;  // rows are whole for want of room
  for (std::size_t i = 0; i < count; ++i) {
    const WaitingRow& waiting = sorted.waiting[i];
    const auto place = static_cast<std::uint32_t>(i);
    if (!RowSorter::is_whole(waiting)) {
      const PlainSort& sort = sorts[waiting.sort];
      if (sort.status == record::Status::entered_in_error || tells_demographics(sort.kind)) return false;
      moments_[i] = {record::Time{waiting.local, sort.offset_minutes, sort.precision}.instant(), place};
      rows_[i] = {waiting, 0, 0};
      continue;
    }
    const std::optional<Row> whole = TRY(RowSorter::lone_row(waiting, sorted.room));
    if (!whole || !whole->record.empty() || whole->status == record::Status::entered_in_error || whole->sequence != 0 ||
        whole->ordinal != 0)
      return false;
    moments_[i] = {whole->start.instant(), place};
    rows_[i] = {{whole->start.local, 0, 0, MixedRow::whole | static_cast<std::uint32_t>(wholes_.size())}, 0, 0};
    wholes_.push_back(*whole);
  }
  return true;
}

// Into the total order: by moment, then as rows arrived, which their sequence says.
bool PlainPatient::order() {
  equal_ = 0;
  // A few that come late, as who somebody is often does, are put where they belong; more are sorted.
  auto late = std::is_sorted_until(moments_.begin(), moments_.end());
  if (moments_.end() - late <= moved_max) {
    for (; late != moments_.end(); ++late) {
      const auto to = std::upper_bound(moments_.begin(), late, *late);
      std::rotate(to, late, late + 1);
      const auto row = [&](auto at) { return rows_.begin() + (at - moments_.begin()); };
      std::rotate(row(to), row(late), row(late + 1));
    }
  } else {
    sort_stretches(moments_);
    reordered_.resize(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) reordered_[i] = rows_[moments_[i].second];
    rows_.swap(reordered_);
  }
  for (std::size_t from = 0, past = 0; from < rows_.size(); from = past) {
    past = from + 1;
    while (past < rows_.size() && moments_[past].first == moments_[from].first) ++past;
    if (past - from > 1 && !give_places(from, past)) return false;
  }
  return true;
}

// To the rows of one moment. False where they differ in what comes before their sequence in the order, or two whole ones may be equal.
bool PlainPatient::give_places(std::size_t from, std::size_t past) {
  const std::span<const PlainSort> sorts = sorter_.sorts().all();
  const auto before = [&](const MixedRow& row) {
    if (!row.is_whole()) return std::pair(sorts[row.plain.sort].precision, sorts[row.plain.sort].source);
    const Row& whole = wholes_[row.plain.sort & ~MixedRow::whole];
    return std::pair(whole.start.precision, whole.source);
  };
  const auto first = before(rows_[from]);
  std::size_t wholes = 0;
  for (std::size_t i = from; i < past; ++i) {
    if (before(rows_[i]) != first) return false;
    wholes += rows_[i].is_whole() ? 1 : 0;
    rows_[i].sequence = static_cast<std::uint32_t>(i - from);
  }
  if (wholes > 1) return false;
  if (past - from <= compared_max) {
    for (std::size_t i = from + 1; i < past; ++i)
      for (std::size_t j = i; j-- > from;)
        if (rows_[j].plain.code == rows_[i].plain.code && facts(rows_[j]) == facts(rows_[i])) {  // the latest that is equal
          rows_[i].ordinal = rows_[j].ordinal + 1, ++equal_;
          break;
        }
    return true;
  }
  alike_.clear();
  for (std::size_t i = from; i < past; ++i) alike_.push_back(static_cast<std::uint32_t>(i));
  std::sort(alike_.begin(), alike_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(facts(rows_[a]), a) < std::tuple(facts(rows_[b]), b);
  });
  for (std::size_t i = 1; i < alike_.size(); ++i)
    if (facts(rows_[alike_[i]]) == facts(rows_[alike_[i - 1]]))
      rows_[alike_[i]].ordinal = rows_[alike_[i - 1]].ordinal + 1, ++equal_;
  return true;
}

void PlainPatient::sum_up(const Dictionary& names, ImportCounts& counts) {
  const std::span<const PlainSort> sorts = sorter_.sorts().all();
  content_ = {}, has_demographics_ = false;
  if (!plain_content_ || &plain_content_->names() != &names) plain_content_.emplace(names);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const MixedRow& row = rows_[i];
    if (!row.is_whole()) {
      content_ += plain_content_->hash(row.plain, sorts[row.plain.sort], row.sequence);
      continue;
    }
    Row& whole = wholes_[row.plain.sort & ~MixedRow::whole];
    whole.number = static_cast<std::uint32_t>(i + 1), whole.recorded = recorded_;
    whole.sequence = row.sequence, whole.ordinal = row.ordinal;
    content_ += content_hash(whole, names);
    has_demographics_ = has_demographics_ || tells_demographics(whole.kind);
  }
  if (!has_demographics_) return;
  demographics_ = demographics_of(wholes_, names);
  const auto is_day = [](const record::Time& time) { return time.precision >= record::Precision::day; };
  std::optional<Micros> born, gone;  // the first moment of the day, and past its last
  if (is_day(demographics_.birth)) born = demographics_.birth.day() * record::micros_per_day;
  if (is_day(demographics_.death)) gone = (Micros{demographics_.death.day()} + 1) * record::micros_per_day;
  const auto count = [&](record::Kind kind, const record::Time& start) {
    if (kind == record::Kind::patient || !is_day(start)) return;
    if (born && start.local < *born) ++counts.before_birth;
    if (gone && start.local >= *gone) ++counts.after_death;
  };
  for (const MixedRow& row : rows_) {
    if (row.is_whole()) {
      const Row& whole = wholes_[row.plain.sort & ~MixedRow::whole];
      count(whole.kind, whole.start);
    } else {
      const PlainSort& sort = sorts[row.plain.sort];
      count(sort.kind, {row.plain.local, sort.offset_minutes, sort.precision});
    }
  }
}

}  // namespace chartline::engine
