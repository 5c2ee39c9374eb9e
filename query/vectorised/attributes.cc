// Attributes of events: each is a leaf of its own, whose events tell by patient and number which events have it, and with what value.
#include <algorithm>

#include "base/check.h"
#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

using typed::Node;

// Numbers of a patient are dense, so that most are found at their place in a table. Those of patients of whose events few have it among very
// many are hashed: the table takes 32 bytes an event, and 64 numbers a patient, at most.
ByNumber::ByNumber(const Events& events, std::size_t places) : first_(places + 1, 0) {
  std::vector<std::uint64_t> past(places, 0), room(places, 64);  // of each place's numbers
  for (std::size_t at = 0; at < events.size(); ++at) {
    const Place place = events.place[at];
    past[place] = std::max(past[place], events.number[at] + std::uint64_t{1});
    room[place] += 8;
  }
  for (std::size_t place = 0; place < places; ++place) {
    const bool is_tabled = past[place] <= room[place];
    first_[place + 1] = first_[place] + (is_tabled ? static_cast<std::uint32_t>(past[place]) : 0);
  }
  table_.assign(first_.back(), no_event);
  for (std::uint32_t at = 0; at < events.size(); ++at) {
    const Place place = events.place[at];
    const std::uint32_t number = events.number[at];
    if (past[place] <= room[place]) table_[first_[place] + number] = at;
    else hashed_.emplace(std::uint64_t{place} << 32 | number, at);
  }
}

const Events& Evaluation::holders_of(const std::string& attribute) {
  auto known = rehearsed_.attributes.find(attribute);
  if (known == rehearsed_.attributes.end()) {
    check(in_rehearsal(), "every attribute is known from the rehearsal");
    auto codes = std::make_shared<const CodeSet>(CodeSet{.attribute = attribute});
    // Whoever asks looks its events up: hidden ones among them are asked for by nobody who does not want them.
    const std::uint32_t leaf = rehearsal_->leaves.add({}, *codes, {.status = true, .contributions = true}, {});
    known = rehearsal_->attributes.emplace(attribute, Rehearsed::Attribute{std::move(codes), leaf}).first;
  }
  return *whole_leaf(known->second.leaf);
}

// Of each row's event that which tells its attribute, if it has one.
EventColumn Evaluation::attribute_of(const Node& node, const EventColumn& of, const Frame& frame) {
  const Events& held = holders_of(std::get<std::string>(node.data));
  want(of.events, field_number);
  want(&held, field_number | field_value | field_complete);
  EventColumn made{.events = &held, .index = std::vector(frame.rows(), no_event)};
  if (in_rehearsal()) return made;
  const ByNumber& holders = by_number_.try_emplace(&held, held, everyone_.rows()).first->second;
  for (std::size_t row = 0; row < frame.rows(); ++row)
    if (const std::uint32_t at = of.index[row]; at != no_event)
      made.index[row] = holders.find(frame.place[row], of.events->number[at]);
  return made;
}

EventColumn Evaluation::value_of(const Node& node, const Frame& frame) {
  EventColumn of = one(*node.parts[0], frame);
  return is_attribute(node) ? attribute_of(node, of, frame) : of;
}

// As numbers. What they measure their event says.
Numbers Evaluation::attributes(const Node& node, const Frame& frame) {
  const EventColumn of = one(*node.parts[0], frame), held = attribute_of(node, of, frame);
  want(of.events, field_primary);
  Numbers made(frame.rows());
  for (std::size_t row = 0; row < made.size(); ++row) {
    made[row] = value_at(held, frame, row);
    if (made[row]) made[row]->of = recorder(*of.events, of.index[row]);
  }
  return made;
}

}  // namespace chartline::query::vectorised
