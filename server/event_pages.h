// Timelines as they go into a message.
#pragma once

#include <capnp/message.h>

#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/view.h"
#include "formats/wire/events_writer.h"

namespace chartline::server {

// Numbers of names that a page has had before, by shard and name. Small, and empty again at once.
class NameNumbers {
 public:
  // The number of a name, made by `make` the first time.
  template <typename Make>
  std::uint32_t of(std::uint32_t shard, engine::Name name, Make make) {
    if (name == 0) return 0;
    if (used_ * 2 >= slots_.size()) grow();
    Slot& slot = find(std::uint64_t{shard} << 32 | name);
    if (slot.number == 0 || slot.turn != turn_) slot = {std::uint64_t{shard} << 32 | name, make(), turn_}, ++used_;
    return slot.number;
  }
  void clear() { ++turn_, used_ = 0; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t number = 0;
    std::uint32_t turn = 0;
  };
  Slot& find(std::uint64_t key);
  void grow();

  std::vector<Slot> slots_ = std::vector<Slot>(128);
  std::uint32_t turn_ = 1;
  std::size_t used_ = 0;
};

// Gathers timelines of some patients into one batch of events.
class EventPage {
 public:
  explicit EventPage(wire::WithDetails details) : details_(details) {}

  // All of the timeline. Whole events are made from it, and borrow from it until build().
  Result<void> add(const engine::View& view, engine::Timeline& timeline);
  std::size_t events() const { return writer_.size(); }
  std::size_t bytes() const { return writer_.bytes(); }
  void build(wire::Events::Builder into) const { writer_.write(into); }
  void clear();

 private:
  void add_hot(const engine::View& view, const engine::Timeline& timeline, std::size_t i);

  const wire::WithDetails details_;
  wire::EventsWriter writer_;
  NameNumbers codes_, units_, sources_;
};

// Room for pages that the loop reads itself, kept from one to the next.
struct Scratch {
  engine::Timeline timeline;
  EventPage page{wire::WithDetails::no};
};

}  // namespace chartline::server
