#include "server/event_pages.h"

#include <utility>

namespace chartline::server {

using record::Value;

void NameNumbers::grow() {
  std::vector<Slot> before(slots_.size() * 2);
  std::swap(before, slots_);
  for (const Slot& slot : before)
    if (slot.turn == turn_) find(slot.key) = slot;
}

void EventPage::number_names(const engine::View& view, std::uint32_t shard, std::size_t from, std::size_t past,
                             wire::EventsWriter::Columns& of) {
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
  for (std::size_t i = from; i < past; ++i) {
    of.code[i] = code(of.code[i]);
    if (of.unit[i] != last_unit) unit_number = unit(last_unit = of.unit[i]);
    if (of.source[i] != last_source) source_number = source(last_source = of.source[i]);
    of.unit[i] = unit_number, of.source[i] = source_number;
    if (static_cast<Value::Form>(of.value_form[i]) == Value::Form::code)
      of.value[i] = code(static_cast<engine::Name>(of.value[i]));
  }
}

// Text stands in the details: a reader of hot columns is told that there is some, not what it says.
void EventPage::add_hot(const engine::View& view, const engine::Timeline& timeline) {
  const std::size_t begin = writer_.size(), count = timeline.size();
  wire::EventsWriter::Columns& to = writer_.extend(count);
  comparators_.assign(count, 0);
  const auto at = [begin](auto& column) { return column.data() + begin; };
  const engine::TimelineRoom room{.number = at(to.number),
                                  .kind = at(to.kind),
                                  .code = at(to.code),
                                  .unit = at(to.unit),
                                  .source = at(to.source),
                                  .start_local = at(to.start_local),
                                  .end_local = at(to.end_local),
                                  .start_offset = at(to.start_offset),
                                  .end_offset = at(to.end_offset),
                                  .start_precision = at(to.start_precision),
                                  .end_precision = at(to.end_precision),
                                  .end_form = at(to.end_form),
                                  .value_form = at(to.value_form),
                                  .comparator = comparators_.data(),
                                  .value = at(to.value),
                                  .value_scale = at(to.value_scale)};
  engine::copy_columns(timeline, stored::field_hot, room, stretches_);
  std::size_t from = 0;
  for (const auto& stretch : stretches_) {
    number_names(view, stretch.shard, begin + from, begin + stretch.past, to);
    from = stretch.past;
  }
  for (std::size_t i = 0; i < count; ++i)
    to.value_form[begin + i] = wire::form_of(static_cast<Value::Form>(to.value_form[begin + i]),
                                             static_cast<record::Comparator>(comparators_[i]));
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
