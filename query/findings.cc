#include "query/findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace chartline::query {
namespace {

constexpr std::size_t map_node_bytes = 64, group_cell_bytes = sizeof(Cell) + 32;
constexpr std::size_t follow_ups_joined_min = 4096;

std::strong_ordering compare(const Findings::FollowUp& a, const Findings::FollowUp& b) {
  if (const auto order = query::compare(a.group, b.group); order != 0) return order;
  return std::tuple(a.days, a.happened, a.repeated) <=> std::tuple(b.days, b.happened, b.repeated);
}

std::size_t bytes_of(const std::vector<Cell>& row) {
  std::size_t bytes = sizeof(row) + row.size() * sizeof(Cell);
  for (const Cell& cell : row) {
    if (const auto* text = std::get_if<std::string>(&cell)) bytes += text->size();
  }
  return bytes;
}

// Of no key more than of another: under disclosure control whether a run fits into its memory must not be up to what one says.
std::size_t bytes_of_key(const Key& key) { return sizeof(Key) + key.size() * group_cell_bytes; }

}  // namespace

// Those that come in order are put behind one another.
void Findings::add(Key key, std::size_t figure, std::int64_t n, std::size_t figures) {
  const bool last = counts.empty() || compare(counts.rbegin()->first, key) < 0;
  const auto at = last ? counts.end() : counts.lower_bound(key);
  Counts& counted = counts.try_emplace(at, std::move(key))->second;
  if (counted.size() < figures) counted.resize(figures);
  counted[figure] += n;
}

void Findings::merge(Findings&& later) {
  // Both are in order: they are walked together, and what is far is looked for.
  constexpr int walked_max = 8;
  if (counts.empty()) counts.swap(later.counts);
  auto at = counts.begin();
  while (!later.counts.empty()) {
    auto one = later.counts.extract(later.counts.begin());
    auto order = std::strong_ordering::greater;
    for (int walked = 0; at != counts.end() && (order = compare(at->first, one.key())) < 0; ++walked)
      at = walked < walked_max ? std::next(at) : counts.lower_bound(one.key());
    if (at == counts.end() || order > 0) {
      counts.insert(at, std::move(one));
      continue;
    }
    Counts& into = at->second;
    if (into.size() < one.mapped().size()) into.resize(one.mapped().size());
    for (std::size_t i = 0; i < one.mapped().size(); ++i) into[i] += one.mapped()[i];
  }
  rows.insert(rows.end(), std::make_move_iterator(later.rows.begin()), std::make_move_iterator(later.rows.end()));
  follow_ups.insert(follow_ups.end(), std::make_move_iterator(later.follow_ups.begin()),
                    std::make_move_iterator(later.follow_ups.end()));
  for (const auto& [key, brought] : later.shares) {
    Shares& into = shares[key];
    for (std::size_t i = 0; i < brought.size(); ++i) into[i].merge(brought[i]);
  }
  groups_most = std::max(groups_most, later.groups_most);
  for (Brought& one : later.foremost) add_person(std::move(one));
  if (follow_ups.size() > std::max(follow_ups_joined_min, 2 * joined_)) join_equal();
}

void Findings::add_person(Brought&& one) {
  foremost.push_back(std::move(one));
  if (foremost.size() <= few_people) return;
  const auto least = std::ranges::min_element(foremost, {}, &Brought::size);
  groups_most = std::max(groups_most, least->size());
  share(*least, least->size());
  foremost.erase(least);
}

void Findings::count_foremost() {
  for (const Brought& one : std::exchange(foremost, {})) share(one, groups_most);
}

void Findings::share(const Brought& one, std::size_t groups) {
  for (const auto& [key, figures] : one) {
    if (groups-- == 0) return;
    Shares& into = shares[key];
    for (std::size_t i = 0; i < figures.size(); ++i) into[i].add(figures[i]);
  }
}

// Groups times days is what is left, however many were followed up.
void Findings::join_equal() {
  std::ranges::sort(follow_ups, [](const FollowUp& a, const FollowUp& b) { return compare(a, b) < 0; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < follow_ups.size(); ++i) {
    if (compare(follow_ups[kept], follow_ups[i]) == 0) {
      follow_ups[kept].rows += follow_ups[i].rows;
    } else if (++kept != i) {
      follow_ups[kept] = std::move(follow_ups[i]);
    }
  }
  follow_ups.resize(std::min(follow_ups.size(), kept + 1));
  joined_ = follow_ups.size();
}

std::size_t Findings::bytes() const {
  std::size_t bytes = sizeof(*this);
  if (!counts.empty()) {
    const auto& [key, figures] = *counts.begin();
    bytes +=
        counts.size() * (map_node_bytes + bytes_of_key(key) + sizeof(Counts) + figures.size() * sizeof(std::int64_t));
  }
  if (!follow_ups.empty()) bytes += follow_ups.size() * (sizeof(FollowUp) + bytes_of_key(follow_ups.front().group));
  for (const auto& row : rows) bytes += bytes_of(row);
  if (!shares.empty()) bytes += shares.size() * (map_node_bytes + bytes_of_key(shares.begin()->first) + sizeof(Shares));
  return bytes;
}

// -- rows

namespace {

constexpr std::size_t first_batch_rows = 32, batch_rows_max = 4096;

Cell in_form(Cell cell, ColumnForm form) {
  if (form == ColumnForm::integer) {
    if (const auto* number = std::get_if<double>(&cell)) return static_cast<std::int64_t>(*number);
  } else if (form == ColumnForm::number) {
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*whole);
  }
  return cell;
}

}  // namespace

RowStream::RowStream(const Schema& schema, ResultSink& sink) : sink_(sink), batch_rows_(first_batch_rows) {
  for (const ResultColumn& column : schema.columns) forms_.push_back(column.form);
  batch_.columns.resize(forms_.size());
}

Result<void> RowStream::row(std::vector<Cell> cells) {
  check(cells.size() == forms_.size(), "a row has a cell for each column");
  for (std::size_t i = 0; i < cells.size(); ++i) batch_.columns[i].push_back(in_form(std::move(cells[i]), forms_[i]));
  return batch_.rows() < batch_rows_ ? Result<void>() : flush();
}

Result<void> RowStream::flush() {
  if (batch_.rows() == 0) return {};
  TRY(sink_.rows(batch_));
  batch_rows_ = std::min(batch_rows_ * 2, batch_rows_max);
  for (auto& column : batch_.columns) column.clear();
  return {};
}

}  // namespace chartline::query
