#include "query/vectorised/evaluation.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

Evaluation::Evaluation(const Program& program, Rehearsed& into)
    : program_(program), rehearsed_(into), rehearsal_(&into), view_(nullptr), order_(nullptr), names_(program) {}

Evaluation::Evaluation(const Program& program, const Rehearsed& rehearsed, const engine::View& view, const Order& order)
    : program_(program), rehearsed_(rehearsed), rehearsal_(nullptr), view_(&view), order_(&order), names_(program) {}

std::vector<std::uint32_t> where_yes(const Truths& truths) {
  // Every row is written and only those of a yes are kept, without a branch.
  std::vector<std::uint32_t> rows(truths.size());
  std::size_t kept = 0;
  for (std::uint32_t row = 0; row < truths.size(); ++row) {
    rows[kept] = row;
    kept += truths[row] == Truth::yes;
  }
  rows.resize(kept);
  return rows;
}

std::vector<std::uint32_t> all_rows(const Frame& frame) {
  std::vector<std::uint32_t> rows(frame.rows());
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

// -- rehearsal

std::optional<std::string> Evaluation::rehearse(const Node& node) { return rehearse_rows(node, 0, {}, {}); }

std::optional<std::string> Evaluation::rehearse_rows(const Node& node, std::uint32_t slot,
                                                     const std::vector<const Node*>& of_row,
                                                     const std::vector<const Node*>& conditions) {
  start({});
  refusal_.reset();
  Frame nobody;
  const Frame* rows = &nobody;
  Frame candidates_of;
  const bool is_events = node.type.basic == Basic::event || node.type.basic == Basic::events;
  if (is_events) {
    const ListsPtr lists = events(node, nobody);
    if (slot) {
      candidates_of = candidates(*lists, nobody, slot);
      rows = &candidates_of;
    }
  } else {
    truth(node, nobody);
  }
  for (const Node* value : of_row) coded(*value, *rows);
  for (const Node* condition : conditions) truth(*condition, *rows);
  return refusal_;
}

std::optional<std::string> Evaluation::rehearse(const std::function<void()>& walk) {
  start({});
  refusal_.reset();
  walk();
  return refusal_;
}

std::optional<std::string> Evaluation::rehearse_rows_of(const Node& cohort, std::uint32_t slot,
                                                        const std::vector<const Node*>& groups) {
  start({});
  refusal_.reset();
  // Rows of one patient stand together; where they are told apart by their code, as many as there are of it.
  const auto is_code_of_row = [slot](const Node* group) {
    return group->op == Op::field && std::get<std::string>(group->data) == "code" && group->parts[0]->op == Op::row &&
           std::get<typed::Slot>(group->parts[0]->data).number == slot;
  };
  const bool by_code = std::ranges::any_of(groups, is_code_of_row);
  want(events(*cohort.parts[1], everyone())->events, by_code ? field_by_code : field_grouped);
  const Frame rows = rows_of(cohort, slot);
  for (const Node* group : groups) coded(*group, rows);
  return refusal_;
}

// -- blocks

void Evaluation::start(const Block& block) {
  block_ = block;
  const std::uint32_t patients = block.batch ? block.batch->patients() : 0;
  if (everyone_.place.size() != patients) {
    everyone_.place.resize(patients);
    std::iota(everyone_.place.begin(), everyone_.place.end(), Place{0});
  }
  known_.clear(), by_number_.clear();
  members_.clear();
  truths_.clear(), joined_.clear(), numbers_.clear(), times_.clear(), codes_.clear();
  made_.clear();
}

void Evaluation::keep_made(std::size_t before) {
  const auto is_known = [this](const auto& made) {
    return std::ranges::any_of(known_, [&](const auto& known) { return known.second->events == made.get(); });
  };
  const auto since = made_.begin() + static_cast<std::ptrdiff_t>(before);
  made_.erase(std::partition(since, made_.end(), is_known), made_.end());
}

Frame Evaluation::candidates(const Lists& lists, const Frame& frame, std::uint32_t slot) {
  Frame made;
  made.outer = &frame;
  made.slot = slot;
  made.event.events = lists.events;
  want(lists.events, field_once);
  if (lists.loose || (lists.whole && lists.by_place && !frame.outer && frame.rows() == everyone_.rows())) {
    take_all(lists, made);
    return made;
  }
  for (std::uint32_t row = 0; row < frame.rows(); ++row) {
    const std::uint32_t list = list_of(lists, frame, row);
    if (is_too_large(made, lists.count(list), frame.place[row])) continue;
    for (std::uint32_t k = lists.first(list); k < lists.past(list); ++k) {
      made.parent.push_back(row);
      made.place.push_back(frame.place[row]);
      made.event.index.push_back(lists.at(k));
    }
  }
  return made;
}

void Evaluation::take_all(const Lists& lists, Frame& into) {
  if (lists.whole) {
    into.event.index.resize(lists.size());
    std::iota(into.event.index.begin(), into.event.index.end(), 0u);
    into.place = lists.events->place;
  } else {
    into.event.index = lists.index;
    into.place.reserve(lists.size());
    for (const std::uint32_t at : lists.index) into.place.push_back(lists.events->place[at]);
  }
  into.parent.assign(into.place.begin(), into.place.end());
}

Frame Evaluation::rows_of(const Node& cohort, std::uint32_t slot) {
  const Frame& all = everyone();
  Frame indexes = candidates(*events(*cohort.parts[1], all), all, std::get<typed::Named>(cohort.data).slot);
  const Truths holds = truth(*cohort.parts[0], indexes);
  Frame made;
  made.outer = &all;
  made.slot = slot;
  if (std::ranges::all_of(holds, [](Truth one) { return one == Truth::yes; })) {
    made.parent = std::move(indexes.parent), made.place = std::move(indexes.place);
    made.event = std::move(indexes.event);
    return made;
  }
  made.event.events = indexes.event.events;
  for (std::size_t row = 0; row < holds.size(); ++row) {
    if (holds[row] != Truth::yes) continue;
    made.parent.push_back(indexes.parent[row]);
    made.place.push_back(indexes.place[row]);
    made.event.index.push_back(indexes.event.index[row]);
  }
  return made;
}

// Whoever has more is left to the reference, which needs no room for it.
bool Evaluation::is_too_large(const Frame& frame, std::size_t more, Place place) {
  if (frame.rows() + more <= frame_rows_max) return false;
  make_odd(place);
  return true;
}

Frame Evaluation::only(const Frame& frame, const std::vector<std::uint32_t>& rows) {
  Frame made;
  made.outer = &frame;
  made.parent = rows;
  made.place.reserve(rows.size());
  for (const std::uint32_t row : rows) made.place.push_back(frame.place[row]);
  return made;
}

}  // namespace chartline::query::vectorised
