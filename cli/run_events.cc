// Every event, patient by patient.
#include "cli/event_row.h"
#include "cli/filters.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"

namespace chartline::cli {

Result<void> run_events(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::ndjson));
  const auto source = TRY(open_source(invocation, Access::read));
  record::Arena room;
  const engine::TimelineFilter filter = TRY(filter_of(invocation, *source, room));
  const auto writer =
      row_writer(form, event_columns(), console.out(), [&](std::string_view text) { return console.write(text); });
  Progress progress(console, "events", Unit::patients);
  TRY(source->events(filter, progress, [&](const record::Identifier& patient, const record::Event& event) {
    return writer->row(event_row(patient, event));
  }));
  return writer->end();
}

}  // namespace chartline::cli
