#include "server/event_pages.h"

#include <utility>

namespace chartline::server {

using record::Value;

NameNumbers::Slot& NameNumbers::find(std::uint64_t key) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (key * 0x9E3779B97F4A7C15u >> 32) & mask;
  while (slots_[at].turn == turn_ && slots_[at].key != key) at = (at + 1) & mask;
  return slots_[at];
}

void NameNumbers::grow() {
  std::vector<Slot> before(slots_.size() * 2);
  std::swap(before, slots_);
  for (const Slot& slot : before)
    if (slot.turn == turn_) find(slot.key) = slot;
}

void EventPage::add_hot(const engine::View& view, const engine::Timeline& timeline, std::size_t i) {
  const std::uint32_t shard = timeline.patient(i).shard;
  const auto value = timeline.value(i);
  const auto code = [&](engine::Name name) {
    return codes_.of(shard, name, [&] {
      record::Code known = view.code_of(shard, name);
      known.display = {};
      return writer_.new_code(known);
    });
  };
  wire::EventsWriter::Hot hot{
      .start = timeline.start(i),
      .end = timeline.end(i),
      .kind = timeline.kind(i),
      .number = timeline.number(i),
      .code = code(timeline.code(i)),
      .unit = units_.of(shard, value.unit, [&] { return writer_.new_unit(view.unit_of(shard, value.unit)); }),
      .source = sources_.of(shard, timeline.source(i),
                            [&] { return writer_.new_source(view.source_of(shard, timeline.source(i))); }),
      .form = value.form,
      .comparator = value.comparator};
  switch (value.form) {
    case Value::Form::number: hot.value = value.number.mantissa, hot.scale = value.number.scale; break;
    case Value::Form::boolean: hot.value = value.boolean; break;
    case Value::Form::code: hot.value = code(value.code); break;
    // Text stands in the details: a reader of hot columns is told that there is some, not what it says.
    case Value::Form::text:
    case Value::Form::none:
    case Value::Form::date: break;
  }
  writer_.add(hot);
}

Result<void> EventPage::add(const engine::View& view, engine::Timeline& timeline) {
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    if (details_ == wire::WithDetails::no) {
      add_hot(view, timeline, i);
    } else {
      writer_.add(TRY(timeline.event(i)), details_);
    }
  }
  return {};
}

void EventPage::clear() {
  writer_.clear();
  codes_.clear(), units_.clear(), sources_.clear();
}

}  // namespace chartline::server
