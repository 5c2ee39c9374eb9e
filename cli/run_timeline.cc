// 1. Find the patient at the moment asked for.
// 2. For a person: read the events (latest first where only the last ones are wanted, then turned around), and what came
//    before them as far as trends need it; print the page.
// 3. For a machine: write them row by row with every field.
#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "cli/event_row.h"
#include "cli/failure.h"
#include "cli/filters.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/timeline_page.h"
#include "engine/person_about.h"

namespace chartline::cli {
namespace {

using engine::TimelineFilter;
using engine::View;
using record::Event;
using record::Kind;

Result<View> view_asked_for(const Invocation& invocation, engine::Store& store) {
  const auto as_of = invocation.given("as-of");
  if (!as_of) return store.view();
  const record::Zone zone = TRY(record::Zone::find(store.zone()));
  return store.view_as_of(record::interval(TRY(time_option("as-of", *as_of, zone))).past - 1);
}

// Owns the timeline that its events borrow from.
struct Reading {
  engine::Timeline timeline;
  std::vector<Event> events;
};

Result<Reading> read(const View& view, engine::PatientRef patient, TimelineFilter filter, std::uint64_t last) {
  Reading reading;
  if (last > 0) filter.backwards = true, filter.limit = static_cast<std::size_t>(last);
  reading.timeline = TRY(view.timeline(patient, filter));
  for (std::size_t i = 0; i < reading.timeline.size(); ++i) reading.events.push_back(TRY(reading.timeline.event(i)));
  if (last > 0) std::reverse(reading.events.begin(), reading.events.end());
  return reading;
}

// In pages, so that memory stays bounded.
Result<void> for_each_event(const View& view, engine::PatientRef patient, TimelineFilter filter,
                            const std::function<Result<void>(const Event&)>& each) {
  constexpr std::size_t page_events = 10'000;
  engine::Timeline page;
  filter.limit = page_events;
  do {
    TRY(stop_if_interrupted());
    TRY(view.timeline(patient, filter, stored::field_hot, page));
    for (std::size_t i = 0; i < page.size(); ++i) TRY(each(TRY(page.event(i))));
    filter.cursor = page.next();
  } while (!filter.cursor.empty());
  return {};
}

// What --from and --last left out.
struct Earlier {
  std::size_t count = 0;       // without those that tell who it is
  std::vector<Event> numbers;  // the last of each code and unit
};

// They cut at the beginning only, so it is all but the last `shown`.
Result<Earlier> read_earlier(const View& view, engine::PatientRef patient, TimelineFilter filter, std::size_t shown) {
  filter.from.reset();
  const auto all = TRY(view.timeline(
      patient, filter,
      stored::field_time | stored::field_kind | stored::field_code | stored::field_value | stored::field_unit));
  Earlier earlier;
  std::map<std::tuple<std::uint32_t, engine::Name, engine::Name>, std::size_t> last;  // shard, code, unit -> row
  for (std::size_t i = 0; i + shown < all.size(); ++i) {
    earlier.count += all.kind(i) == Kind::patient ? 0 : 1;
    const auto value = all.value(i);
    if (value.form == record::Value::Form::number && all.code(i) != 0)
      last[{all.patient(i).shard, all.code(i), value.unit}] = i;
  }
  for (const auto& [names, row] : last) {
    const auto& [shard, code, unit] = names;
    const auto value = all.value(row);
    Event& event = earlier.numbers.emplace_back();
    event.code = view.code_of(shard, code);
    event.value.form = value.form, event.value.comparator = value.comparator, event.value.number = value.number;
    if (unit != 0) event.value.unit = view.unit_of(shard, unit);
  }
  return earlier;
}

Micros now_of(const View& view) {
  SystemClock clock;
  return std::min(clock.now(), view.as_of());
}

}  // namespace

Result<void> run_timeline(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::read));
  record::Arena room;
  const View view = TRY(view_asked_for(invocation, *store));
  const engine::PatientRef patient = TRY(find_patient(view, invocation.argument(0)));
  const TimelineFilter filter = TRY(filter_of(invocation, view, room));
  const engine::PersonAbout person = TRY(engine::person_about(view, patient, room));
  const std::uint64_t last = invocation.number("last");
  if (form == Form::table) {
    const Reading reading = TRY(read(view, patient, filter, last));
    const Earlier earlier = TRY(read_earlier(view, patient, filter, reading.events.size()));
    const PageOptions options{console.out(), now_of(view), earlier.count, earlier.numbers};
    return console.write(timeline_page(person, reading.events, options));
  }
  const auto writer =
      row_writer(form, event_columns(), console.out(), [&](std::string_view text) { return console.write(text); });
  const record::Identifier name = person.identifiers.empty() ? record::Identifier{} : person.identifiers.front();
  const auto write = [&](const Event& event) { return writer->row(event_row(name, event)); };
  if (last > 0) {
    const Reading reading = TRY(read(view, patient, filter, last));
    for (const Event& event : reading.events) TRY(write(event));
  } else {
    TRY(for_each_event(view, patient, filter, write));
  }
  return writer->end();
}

}  // namespace chartline::cli
