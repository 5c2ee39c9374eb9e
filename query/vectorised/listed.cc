#include "query/vectorised/listed.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "query/vectorised/plan.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

constexpr std::size_t few_rows = 4096;  // whose cells there are at once

typed::Ptr node_of(Op op, Type type, std::vector<typed::Ptr> parts, typed::Data data) {
  return std::make_shared<const Node>(
      Node{.op = op, .type = std::move(type), .parts = std::move(parts), .data = std::move(data)});
}

typed::Ptr field_of(std::uint32_t slot, const std::string& name) {
  return node_of(Op::field, *event_field(name), {node_of(Op::row, type(Basic::event), {}, typed::Slot{slot})}, name);
}

}  // namespace

// Where no columns are written: who, and what of the event of the row or of the cohort's row.
Listed::Listed(const Node& list, const Program& program) : list_(list), program_(program) {
  for (const typed::Ptr& part : list.parts)
    if (part->op == Op::column) columns_.push_back(part->parts.front());
  if (columns_.empty()) {
    columns_.push_back(node_of(Op::patient, type(Basic::text), {}, {}));
    if (const auto* it = std::get_if<typed::Slot>(&list.data)) {
      for (const char* name : {"date", "code", "value"}) columns_.push_back(field_of(it->number, name));
    } else if (const auto of = rows_counted(list, program)) {
      columns_.push_back(field_of(of->slot, "start"));
      columns_.push_back(of->cohort->parts.size() > 2 ? of->cohort->parts[2] : nullptr);
    }
  }
  asks_names_ = std::ranges::any_of(columns_, [](const typed::Ptr& one) { return one && one->op == Op::patient; });
}

std::optional<std::string> Listed::rehearse(Evaluation& evaluation) {
  return evaluation.rehearse([&] {
    find(evaluation);
    for (const typed::Ptr& column : columns_)
      if (column && column->op != Op::patient) evaluation.shown(*column, rows_);
  });
}

void Listed::find(Evaluation& evaluation) {
  const Frame& all = evaluation.everyone();
  const Node& condition = *list_.parts[0];
  const auto cohort = rows_counted(list_, program_);
  const auto* it = std::get_if<typed::Slot>(&list_.data);
  next_ = 0;
  if (cohort) {
    index_ = evaluation.rows_of(*cohort->cohort, cohort->slot);
    evaluation.in_known_order(index_);
  }
  if (!it) {
    if (cohort) rows_ = Evaluation::only(index_, all_rows(index_));
    else rows_ = Evaluation::only(all, where_yes(evaluation.truth(condition, all)));
    return;
  }
  const Frame& around = cohort ? index_ : all;
  each_ = evaluation.candidates(*evaluation.events(*list_.parts[1], around), around, it->number);
  evaluation.in_known_order(each_);
  rows_ = Evaluation::only(each_, cohort ? all_rows(each_) : where_yes(evaluation.truth(condition, each_)));
}

Odd Listed::found() const {
  Odd found;
  for (const Place place : rows_.place) found.set(place);
  return found;
}

// The rows of a patient stand together, in the order of places.
std::size_t Listed::rows_before(std::uint32_t place) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(rows_.place, place) - rows_.place.begin());
}

std::uint32_t Listed::few_from(std::uint32_t first, std::uint32_t past) const {
  const std::size_t begin = rows_before(first);
  if (begin + few_rows >= rows_.rows()) return past;
  return std::clamp<std::uint32_t>(rows_.place[begin + few_rows], first + 1, past);
}

void Listed::show(std::uint32_t first, std::uint32_t past, Evaluation& evaluation) {
  shown_first_ = next_ = rows_before(first);
  std::vector<std::uint32_t> some(rows_before(past) - next_);
  std::iota(some.begin(), some.end(), static_cast<std::uint32_t>(next_));
  const Frame rows = Evaluation::only(rows_, some);
  cells_.assign(columns_.size(), {});
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i] && columns_[i]->op != Op::patient) cells_[i] = evaluation.shown(*columns_[i], rows);
}

void Listed::take(std::uint32_t place, const std::string& name, std::vector<std::vector<Cell>>* into) {
  for (; has(place); ++next_) {
    if (!into) continue;
    std::vector<Cell>& row = into->emplace_back(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i]) continue;
      if (columns_[i]->op == Op::patient) row[i] = name;
      else row[i] = std::move(cells_[i][next_ - shown_first_]);
    }
  }
}

}  // namespace chartline::query::vectorised
