// Every event, patient by patient.
#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "cli/event_row.h"
#include "cli/filters.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"

namespace chartline::cli {
namespace {

// Writes a patient's events so that those of one record stand together, which the event CSV is read by: else in their order.
class ByRecord {
 public:
  explicit ByRecord(RowWriter& writer) : writer_(writer) {}

  Result<void> event(const record::Identifier& patient, const record::Event& event) {
    if (patient.value != patient_.value || patient.system != patient_.system) {
      TRY(flush());
      patient_ = {room_.text(patient.system), room_.text(patient.value)};
    }
    has_parts_ = has_parts_ || event.part > 0;
    events_.push_back(record::copy(event, room_));
    return {};
  }

  Result<void> flush() {
    if (has_parts_) gather();
    for (const record::Event& event : events_) TRY(writer_.row(event_row(patient_, event)));
    events_.clear(), room_.clear(), patient_ = {}, has_parts_ = false;
    return {};
  }

 private:
  // Each record where its first event stands.
  void gather() {
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, std::size_t> places;
    std::vector<std::tuple<std::size_t, std::uint32_t, std::size_t>> order;  // place of the record, part, own place
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const record::Event& event = events_[i];
      const std::size_t place =
          event.record.empty()
              ? i
              : places.try_emplace({event.source.organisation, event.source.system, event.record}, i).first->second;
      order.emplace_back(place, event.part, i);
    }
    std::ranges::sort(order);
    std::vector<record::Event> gathered;
    gathered.reserve(events_.size());
    for (const auto& [place, part, own] : order) gathered.push_back(events_[own]);
    events_ = std::move(gathered);
  }

  RowWriter& writer_;
  record::Arena room_;
  record::Identifier patient_;
  std::vector<record::Event> events_;
  bool has_parts_ = false;
};

}  // namespace

Result<void> run_events(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::ndjson));
  const auto source = TRY(open_source(invocation, Access::read));
  record::Arena room;
  const engine::TimelineFilter filter = TRY(filter_of(invocation, *source, room));
  const auto writer =
      row_writer(form, event_columns(), console.out(), [&](std::string_view text) { return console.write(text); });
  Progress progress(console, "events", Unit::patients);
  ByRecord records(*writer);
  TRY(source->events(filter, progress, [&](const record::Identifier& patient, const record::Event& event) {
    return form == Form::csv ? records.event(patient, event) : writer->row(event_row(patient, event));
  }));
  TRY(records.flush());
  return writer->end();
}

}  // namespace chartline::cli
