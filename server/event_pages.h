// Timelines as they go into a message.
#pragma once

#include <capnp/message.h>

#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/timeline_columns.h"
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
    const std::uint64_t key = std::uint64_t{shard} << 32 | name;
    Slot& slot = find(key);
    if (slot.turn != turn_) slot = {key, make(), turn_}, ++used_;
    return slot.number;
  }
  void clear() { ++turn_, used_ = 0; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t number = 0;
    std::uint32_t turn = 0;
  };
  // Where the key stands, or would.
  Slot& find(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (key * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (slots_[at].turn == turn_ && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }
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
  void add_hot(const engine::View& view, const engine::Timeline& timeline);
  // Of some events that stand in one shard: numbers of the writer in the place of the shard's.
  void number_names(const engine::View& view, std::uint32_t shard, std::size_t from, std::size_t past,
                    wire::EventsWriter::Columns& of);

  const wire::WithDetails details_;
  wire::EventsWriter writer_;
  std::vector<engine::TimelineStretch> stretches_;
  std::vector<std::uint8_t> comparators_;
  NameNumbers codes_, units_, sources_;
};

// Room for pages that the loop reads itself, kept from one to the next.
struct Scratch {
  engine::Timeline timeline;
  EventPage page{wire::WithDetails::no};
};

}  // namespace chartline::server
