// Every event, patient by patient; a patient's events are read in pages, so that memory stays bounded.
#include "cli/event_row.h"
#include "cli/filters.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"

namespace chartline::cli {
namespace {

constexpr std::size_t page_events = 10'000;

Result<void> write_patient(const engine::View& view, engine::PatientRef patient, engine::TimelineFilter filter,
                           engine::Timeline& page, RowWriter& writer) {
  record::Arena room;
  const auto identifiers = TRY(view.identifiers(patient, room));
  const record::Identifier name = identifiers.empty() ? record::Identifier{} : identifiers.front();
  filter.limit = page_events;
  do {
    TRY(view.own_timeline(patient, filter, stored::field_hot, page));
    for (std::size_t i = 0; i < page.size(); ++i) TRY(writer.row(event_row(name, TRY(page.event(i)))));
    filter.cursor = page.next();
    TRY(stop_if_interrupted());
  } while (!filter.cursor.empty());
  return {};
}

}  // namespace

Result<void> run_events(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::ndjson));
  const auto store = TRY(open_store(invocation, Access::read));
  const engine::View view = store->view();
  record::Arena room;
  const engine::TimelineFilter filter = TRY(filter_of(invocation, view, room));
  const auto writer =
      row_writer(form, event_columns(), console.out(), [&](std::string_view text) { return console.write(text); });
  std::uint64_t patients = 0, done = 0;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) patients += view.patients(shard);
  Progress progress(console, "events", Unit::patients);
  engine::Timeline page;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
      TRY(write_patient(view, {shard, id}, filter, page, *writer));
      progress.update(++done, patients);
    }
  }
  return writer->end();
}

}  // namespace chartline::cli
