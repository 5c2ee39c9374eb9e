#include "server/event_pages.h"

#include <algorithm>
#include <utility>

namespace chartline::server {

using record::Value;

void NameNumbers::grow() {
  std::vector<Slot> before(slots_.size() * 2);
  std::swap(before, slots_);
  for (const Slot& slot : before)
    if (slot.turn == turn_) find(slot.key) = slot;
}

void EventPage::add_names(const engine::View& view, std::uint32_t shard, std::size_t from, std::size_t past,
                          wire::EventsWriter::Columns& into, std::size_t at) {
  const auto code = [&](engine::Name name) {
    return codes_.of(shard, name, [&] {
      record::Code known = view.code_of(shard, name);
      known.display = {};
      return writer_.new_code(known);
    });
  };
  const auto unit = [&](engine::Name name) {
    return units_.of(shard, name, [&] { return writer_.new_unit(view.unit_of(shard, name)); });
  };
  const auto source = [&](engine::Name name) {
    return sources_.of(shard, name, [&] { return writer_.new_source(view.source_of(shard, name)); });
  };
  // Mostly the one of the event before.
  engine::Name last_unit = 0, last_source = 0;
  std::uint32_t unit_number = 0, source_number = 0;
  for (std::size_t i = from; i < past; ++i, ++at) {
    into.code[at] = code(hot_.code[i]);
    if (hot_.unit[i] != last_unit) unit_number = unit(last_unit = hot_.unit[i]);
    if (hot_.source[i] != last_source) source_number = source(last_source = hot_.source[i]);
    into.unit[at] = unit_number, into.source[at] = source_number;
    if (static_cast<Value::Form>(hot_.value_form[i]) == Value::Form::code)
      into.value[at] = code(static_cast<engine::Name>(hot_.value[i]));
  }
}

// Text stands in the details: a reader of hot columns is told that there is some, not what it says.
void EventPage::add_hot(const engine::View& view, const engine::Timeline& timeline) {
  hot_.read(timeline);
  const std::size_t begin = writer_.size();
  wire::EventsWriter::Columns& into = writer_.extend(hot_.size());
  const auto copy = [begin](const auto& from, auto& to) { std::ranges::copy(from, to.begin() + static_cast<std::ptrdiff_t>(begin)); };
  copy(hot_.number, into.number), copy(hot_.kind, into.kind);
  copy(hot_.start_local, into.start_local), copy(hot_.start_offset, into.start_offset);
  copy(hot_.start_precision, into.start_precision), copy(hot_.end_form, into.end_form);
  copy(hot_.end_local, into.end_local), copy(hot_.end_offset, into.end_offset), copy(hot_.end_precision, into.end_precision);
  copy(hot_.value, into.value), copy(hot_.value_scale, into.value_scale);
  for (std::size_t i = 0; i < hot_.size(); ++i)
    into.value_form[begin + i] =
        wire::form_of(static_cast<Value::Form>(hot_.value_form[i]), static_cast<record::Comparator>(hot_.comparator[i]));
  std::size_t from = 0;
  for (const auto& stretch : hot_.stretches) {
    add_names(view, stretch.shard, from, stretch.past, into, begin + from);
    from = stretch.past;
  }
}

Result<void> EventPage::add(const engine::View& view, engine::Timeline& timeline) {
  if (details_ == wire::WithDetails::no) return add_hot(view, timeline), Result<void>();
  for (std::size_t i = 0; i < timeline.size(); ++i) writer_.add(TRY(timeline.event(i)), details_);
  return {};
}

void EventPage::clear() {
  writer_.clear();
  codes_.clear(), units_.clear(), sources_.clear();
}

}  // namespace chartline::server
