// For a person: the page of a chart, of the last events only where that was asked for. For a machine: event by event, with
// every field.
#include <algorithm>

#include "cli/event_row.h"
#include "cli/failure.h"
#include "cli/filters.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "cli/timeline_page.h"

namespace chartline::cli {
namespace {

using record::Event;

Result<Micros> moment_asked_for(const Invocation& invocation, const Source& source) {
  const auto as_of = invocation.given("as-of");
  if (!as_of) return INT64_MAX;
  const record::Zone zone = TRY(record::Zone::find(source.zone()));
  return record::interval(TRY(time_option("as-of", *as_of, zone))).past - 1;
}

record::Identifier name_of(const engine::PersonAbout& person) {
  return person.identifiers.empty() ? record::Identifier{} : person.identifiers.front();
}

}  // namespace

Result<void> run_timeline(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  record::Arena room;
  TimelineAsked asked;
  asked.patient = invocation.argument(0);
  asked.as_of = TRY(moment_asked_for(invocation, *source));
  asked.filter = TRY(filter_of(invocation, *source, room));
  const std::uint64_t last = invocation.number("last");
  if (form == Form::table) {
    const Chart chart = TRY(source->chart(asked, last));
    SystemClock clock;
    const PageOptions options{console.out(), std::min(clock.now(), asked.as_of), chart.earlier, chart.earlier_numbers};
    return console.write(timeline_page(chart.person, chart.events, options));
  }
  const auto writer =
      row_writer(form, event_columns(), console.out(), [&](std::string_view text) { return console.write(text); });
  if (last > 0) {
    const Chart chart = TRY(source->chart(asked, last));
    for (const Event& event : chart.events) TRY(writer->row(event_row(name_of(chart.person), event)));
  } else {
    record::Identifier name;
    const auto remember = [&](const engine::PersonAbout& person) {
      const record::Identifier first = name_of(person);
      name = {room.text(first.system), room.text(first.value)};
      return Result<void>();
    };
    TRY(source->timeline(asked, remember, [&](const Event& event) { return writer->row(event_row(name, event)); }));
  }
  return writer->end();
}

}  // namespace chartline::cli
