// Events: kinds, choices among them, sets of them. What depends on no row is found once for everyone of the block.
#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/check.h"
#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

using typed::Node;
using typed::Op;

namespace {

// Whether which of two events comes first is not known.
bool tie(const Events& events, std::uint32_t a, std::uint32_t b) {
  return events.at[a] == events.at[b] && events.precision[a] == events.precision[b];
}

// Whether the k-th, of first to past-1 of some lists, ties with one of another zone.
bool ties_across_zones(const Lists& lists, std::uint32_t first, std::uint32_t past, std::uint32_t k) {
  const Events& events = *lists.events;
  const std::uint32_t it = lists.at(k);
  const auto differs = [&](std::uint32_t other) { return events.offset[other] != events.offset[it]; };
  for (std::uint32_t j = k; j > first && tie(events, lists.at(j - 1), it); --j)
    if (differs(lists.at(j - 1))) return true;
  for (std::uint32_t j = k + 1; j < past && tie(events, it, lists.at(j)); ++j)
    if (differs(lists.at(j))) return true;
  return false;
}

// Whether the k-th ties with one that differs from it: in zone, where times alone count. Few tie with any.
inline bool ties(const Lists& lists, std::uint32_t first, std::uint32_t past, std::uint32_t k, bool times_alone) {
  const bool any = (k > first && tie(*lists.events, lists.at(k - 1), lists.at(k))) ||
                   (k + 1 < past && tie(*lists.events, lists.at(k), lists.at(k + 1)));
  return any && (!times_alone || ties_across_zones(lists, first, past, k));
}

}  // namespace

ListsPtr Evaluation::events(const Node& node, const Frame& frame, Lifted lifted) {
  ListsPtr made = some_events(node, frame, lifted);
  take(*made, part_every);
  return made;
}

ListsPtr Evaluation::some_events(const Node& node, const Frame& frame, Lifted lifted) {
  if (!is_closed(node)) return made_events(node, frame, lifted);
  const std::pair key(&node, lifted);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const Frame& all = everyone();
  ListsPtr made = made_events(node, all, lifted);
  if (!made->by_place) {  // rows of everyone are places
    auto by_place = std::make_shared<Lists>(*made);
    by_place->by_place = true;
    made = std::move(by_place);
  }
  return known_[key] = std::move(made);
}

ListsPtr Evaluation::nothing(const Frame& frame) const {
  static const Events none;
  auto made = std::make_shared<Lists>();
  made->events = &none;
  made->begin.assign(frame.rows() + 1, 0);
  return made;
}

ListsPtr Evaluation::made_events(const Node& node, const Frame& frame, Lifted lifted) {
  if (is_over()) return nothing(frame);
  switch (node.op) {
    case Op::events: return of_kind(node, lifted);
    case Op::row: return listed(in_slot(std::get<typed::Slot>(node.data).number, frame));
    case Op::let_of:
    case Op::param_of: return some_events(defined(node), frame, lifted);
    case Op::union_events:
    case Op::both_events:
    case Op::without_events: return set_of(node, frame, lifted);
    case Op::filter: return filtered(node, frame, lifted);
    case Op::first:
    case Op::last:
    case Op::nth:
    case Op::lowest:
    case Op::highest: return listed(chosen(node, frame, lifted));
    default: break;
  }
  refuse(std::string(typed::name(node.op)));
  return nothing(frame);
}

ListsPtr Evaluation::of_kind(const Node& node, Lifted lifted, const Node* filter) {
  const std::pair key(filter ? filter : &node, lifted);
  auto leaf = rehearsed_.leaf_of.find(key);
  if (leaf == rehearsed_.leaf_of.end()) {
    check(in_rehearsal(), "every leaf is known from the rehearsal");
    const auto& kind = std::get<std::optional<record::Kind>>(node.data);
    const Sieve sieve = filter ? sifted(*filter).sieve : Sieve{};
    const std::uint32_t added = rehearsal_->leaves.add(kind, program_.codes(*node.parts[0]), lifted, sieve);
    leaf = rehearsal_->leaf_of.emplace(key, added).first;
  }
  auto made = std::make_shared<Lists>();
  made->by_place = true;
  made->whole = true;
  made->events = whole_leaf(leaf->second);
  made->loose = made->events->begin.empty();
  return made;
}

const Events* Evaluation::whole_leaf(std::uint32_t leaf) {
  if (!in_rehearsal()) return &(*block_.leaves)[leaf];
  while (stand_ins_.size() <= leaf) {
    stand_ins_.push_back(std::make_unique<Events>());
    stand_ins_.back()->leaves = {static_cast<std::uint32_t>(stand_ins_.size() - 1)};
    stand_ins_.back()->begin.assign(1, 0);
  }
  return stand_ins_[leaf].get();
}

ListsPtr Evaluation::by_place(ListsPtr lists) {
  want(lists->events, field_complete);
  if (!lists->loose) return lists;
  auto made = std::make_shared<Lists>();
  made->events = lists->events;
  made->by_place = true;
  made->index.resize(lists->size());
  std::vector<std::uint32_t> next(everyone_.rows() + 1, 0);
  const auto place_of = [&](std::uint32_t k) { return lists->events->place[lists->at(k)]; };
  for (std::uint32_t k = 0; k < lists->size(); ++k) ++next[place_of(k) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  made->begin = next;
  for (std::uint32_t k = 0; k < lists->size(); ++k) made->index[next[place_of(k)]++] = lists->at(k);
  return made;
}

std::vector<std::uint32_t> Evaluation::counts(const Lists& lists, const Frame& frame) {
  want(lists.events, field_complete);
  std::vector<std::uint32_t> made(frame.rows());
  if (!lists.loose) {
    for (std::size_t row = 0; row < frame.rows(); ++row) made[row] = lists.count(list_of(lists, frame, row));
    return made;
  }
  std::vector<std::uint32_t> of_place(everyone_.rows(), 0);
  for (std::uint32_t k = 0; k < lists.size(); ++k) ++of_place[lists.events->place[lists.at(k)]];
  for (std::size_t row = 0; row < frame.rows(); ++row) made[row] = of_place[frame.place[row]];
  return made;
}

ListsPtr Evaluation::listed(EventColumn column) const {
  auto made = std::make_shared<Lists>();
  made->events = column.events;
  made->begin.reserve(column.index.size() + 1);
  made->begin.push_back(0);
  for (const std::uint32_t one : column.index) {
    if (one != no_event) made->index.push_back(one);
    made->begin.push_back(static_cast<std::uint32_t>(made->index.size()));
  }
  return made;
}

// The event in a slot of this frame or of one around it; else what an `as` name stands for outside its clauses.
EventColumn Evaluation::in_slot(std::uint32_t slot, const Frame& frame) {
  std::vector<std::uint32_t> rows;  // of the frame looked at, for each row of ours
  bool same = true;
  for (const Frame* at = &frame; at; at = at->outer) {
    if (at->slot == slot) {
      if (same) return at->event;
      EventColumn made{.events = at->event.events};
      made.index.reserve(rows.size());
      for (const std::uint32_t row : rows) made.index.push_back(at->event.index[row]);
      return made;
    }
    if (!at->outer) break;
    if (same) {
      rows = at->parent;
      same = false;
    } else {
      for (std::uint32_t& row : rows) row = at->parent[row];
    }
  }
  const Filter* filter = names_.filter_of(slot);
  if (filter && is_closed(*filter->node))
    return earliest(*events(*filter->node, frame, filter->lifted), frame, Asks::event);
  refuse("an event that is named elsewhere");
  static const Events none;
  return {.events = &none, .index = std::vector<std::uint32_t>(frame.rows(), no_event)};
}

const Node& Evaluation::unnamed(const Node& node) const {
  const Node* at = &node;
  while (at->op == Op::let_of || at->op == Op::param_of) at = &defined(*at);
  return *at;
}

EventColumn Evaluation::one(const Node& node, const Frame& frame, Asks asks) {
  if (node.op == Op::row) return in_slot(std::get<typed::Slot>(node.data).number, frame);
  const Op op = unnamed(node).op;
  if (asks == Asks::time && (op == Op::first || op == Op::last || op == Op::nth))
    return chosen(unnamed(node), frame, {}, asks);
  return earliest(*events(node, frame), frame, asks);
}

void Evaluation::in_known_order(const Frame& rows) {
  const Events& events = *rows.event.events;
  want(&events, field_order | field_time | field_grouped);
  for (std::size_t row = 1; row < rows.rows(); ++row) {
    const bool of_one = rows.parent[row - 1] == rows.parent[row];
    if (of_one && tie(events, rows.event.index[row - 1], rows.event.index[row])) make_odd(rows.place[row]);
  }
}

// The first of each list, where there is one.
EventColumn Evaluation::earliest(const Lists& lists, const Frame& frame, Asks asks) {
  EventColumn made{.events = lists.events};
  made.index.resize(frame.rows(), no_event);
  want(lists.events, field_order | field_time | field_grouped);
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const std::uint32_t list = list_of(lists, frame, row);
    const std::uint32_t first = lists.first(list), past = lists.past(list);
    if (first == past) continue;
    made.index[row] = lists.at(first);
    if (ties(lists, first, past, first, asks == Asks::time)) make_odd(frame.place[row]);
  }
  return made;
}

EventColumn Evaluation::chosen(const Node& node, const Frame& frame, Lifted lifted, Asks asks) {
  const std::optional<Stretches> some = beside(*node.parts.back(), frame, lifted);
  const ListsPtr lists = some ? some->lists : some_events(*node.parts.back(), frame, lifted);
  take(*lists, node.op == Op::first ? part_first : node.op == Op::last ? part_last : part_every);
  const Events& all = *lists->events;
  EventColumn made{.events = &all};
  made.index.resize(frame.rows(), no_event);
  const bool by_value = node.op == Op::lowest || node.op == Op::highest;
  if (by_value) want(&all, field_value);
  want(&all, field_time | field_order | field_grouped);
  std::uint32_t place = 0;
  if (node.op == Op::nth)
    place = static_cast<std::uint32_t>(std::get<record::Decimal>(node.parts[0]->data).to_double()) - 1;
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const std::uint32_t list = some ? 0 : list_of(*lists, frame, row);
    const std::uint32_t first = some ? some->first[row] : lists->first(list);
    const std::uint32_t past = some ? some->past[row] : lists->past(list);
    if (first == past) continue;
    if (!by_value) {
      if (node.op == Op::nth && place >= past - first) continue;
      const std::uint32_t k = node.op == Op::first ? first : node.op == Op::last ? past - 1 : first + place;
      made.index[row] = lists->at(k);
      if (ties(*lists, first, past, k, asks == Asks::time)) make_odd(frame.place[row]);
      continue;
    }
    // Numbers of one unit, written out; anything else is left to the reference, and so is a tie.
    std::uint32_t best = no_event;
    bool unclear = false;
    for (std::uint32_t k = first; k < past; ++k) {
      const std::uint32_t at = lists->at(k);
      if (all.form[at] != record::Value::Form::number) continue;
      if (best == no_event) {
        best = at;
        unclear = all.comparator[at] != record::Comparator::equal;
        continue;
      }
      if (all.unit[at] != all.unit[best] || all.comparator[at] != record::Comparator::equal) unclear = true;
      if (all.value[at] == all.value[best] && tie(all, best, at)) unclear = true;
      if (node.op == Op::lowest ? all.value[at] < all.value[best] : all.value[at] > all.value[best]) best = at;
    }
    made.index[row] = best;
    if (unclear) make_odd(frame.place[row]);
  }
  return made;
}

// E1 | E2, E1 & E2, E1 - E2: the events of both sides are put into one set of columns.
ListsPtr Evaluation::set_of(const Node& node, const Frame& frame, Lifted lifted) {
  std::vector<ListsPtr> sides;
  bool by_place = true;
  for (const typed::Ptr& part : node.parts) {
    sides.push_back(events(*part, frame, lifted));
    want(sides.back()->events, field_number | field_time | field_order | field_grouped);
    by_place = by_place && sides.back()->by_place;
  }
  auto made = std::make_shared<Lists>();
  made->by_place = by_place;
  if (in_rehearsal()) {
    auto none = std::make_unique<Events>();
    for (const ListsPtr& side : sides)
      none->leaves.insert(none->leaves.end(), side->events->leaves.begin(), side->events->leaves.end());
    std::ranges::sort(none->leaves);
    none->leaves.erase(std::unique(none->leaves.begin(), none->leaves.end()), none->leaves.end());
    made->events = none.get();
    made->begin.assign((by_place ? everyone_ : frame).rows() + 1, 0);
    made_.push_back(std::move(none));
    return made;
  }
  auto pool = std::make_unique<Events>();
  pool->fields = ~0u;
  for (const ListsPtr& side : sides) pool->fields &= side->events->fields;
  struct From {
    const Events* events;
    std::uint32_t at;
  };
  const auto key = [](const From& from) {
    return std::tuple(from.events->at[from.at], from.events->precision[from.at], from.events->number[from.at]);
  };
  const auto number = [](const From& from) { return from.events->number[from.at]; };
  const std::size_t lists = (by_place ? everyone_ : frame).rows();
  made->begin.push_back(0);
  std::vector<From> mine, next;
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < lists; ++i) {
    const auto list_in = [&](const Lists& side) {
      return by_place ? static_cast<std::uint32_t>(i) : list_of(side, frame, i);
    };
    mine.clear();
    const std::uint32_t left = list_in(*sides[0]);
    for (std::uint32_t k = sides[0]->first(left); k < sides[0]->past(left); ++k)
      mine.push_back({sides[0]->events, sides[0]->at(k)});
    for (std::size_t s = 1; s < sides.size(); ++s) {
      const Lists& side = *sides[s];
      const std::uint32_t right = list_in(side);
      if (node.op == Op::union_events) {
        for (std::uint32_t k = side.first(right); k < side.past(right); ++k) mine.push_back({side.events, side.at(k)});
      } else {
        numbers.clear();
        for (std::uint32_t k = side.first(right); k < side.past(right); ++k)
          numbers.push_back(side.events->number[side.at(k)]);
        std::ranges::sort(numbers);
        const bool keep = node.op == Op::both_events;
        std::erase_if(mine, [&](const From& from) { return std::ranges::binary_search(numbers, number(from)) != keep; });
      }
    }
    if (node.op == Op::union_events) {
      std::ranges::stable_sort(mine, {}, key);
      const auto same = [&](const From& a, const From& b) { return number(a) == number(b); };
      mine.erase(std::unique(mine.begin(), mine.end(), same), mine.end());
    }
    for (const From& from : mine) {
      made->index.push_back(static_cast<std::uint32_t>(pool->size()));
      pool->take(*from.events, from.at);
    }
    made->begin.push_back(static_cast<std::uint32_t>(made->index.size()));
  }
  made->events = pool.get();
  made_.push_back(std::move(pool));
  return made;
}

}  // namespace chartline::query::vectorised
