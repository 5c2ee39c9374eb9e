// Names: what the names in a program stand for, the same whichever executor asks: the value of a param or let, the filter
// whose candidate a slot holds, the slots that a node asks about. One for each thread: it remembers what it has found.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>

#include "query/program.h"

namespace chartline::query {

// What the clauses of a filter lift for all kinds that it is made of.
struct Lifted {
  bool status = false;
  bool contributions = false;
  friend auto operator<=>(const Lifted&, const Lifted&) = default;
};
Lifted lifted_by(const typed::Node& filter, Lifted around);

struct Filter {
  const typed::Node* node;
  Lifted lifted;  // by itself and the filters around it
};

using Slots = std::set<std::uint32_t>;

// Of all nodes of a program, found once when it is made, since every executor of every statement asks for it.
struct KnownNames {
  std::unordered_map<std::uint32_t, Filter> filters;  // by slot
  std::unordered_map<const typed::Node*, Slots> open_slots;
};
std::shared_ptr<const KnownNames> known_names(const Program& program);

class Names {
 public:
  explicit Names(const Program& program);

  const typed::Node& defined(const typed::Node& name) const;  // the value of the param or let that is named
  const Filter* filter_of(std::uint32_t slot) const;          // null: the slot holds no candidate of a filter

  // The slots that a node asks about and does not fill itself, 0 for the interval of a measure. Where there are none, what
  // it gives is one thing for each person, and is reckoned once.
  const Slots& open_slots(const typed::Node& node);

  // Whether a date is one that the query writes, and so stands for all its days, rather than one known only so far.
  bool is_span(const typed::Node& node) const;

 private:
  const Program& program_;
  const KnownNames& known_;
  std::unordered_map<const typed::Node*, Slots> open_;  // of nodes that are no part of the program
};

}  // namespace chartline::query
