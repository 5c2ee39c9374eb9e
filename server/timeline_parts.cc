#include "server/timeline_parts.h"

#include <optional>
#include <utility>

#include "formats/wire/events_reader.h"

namespace chartline::server {

using engine::TimelineFilter;

namespace {

constexpr unsigned filter_items_max = 1000;

std::optional<engine::Day> day(wire::Filter::From::Reader from) {
  return from.isDay() ? std::optional(engine::Day{from.getDay()}) : std::nullopt;
}
std::optional<engine::Day> day(wire::Filter::To::Reader to) {
  return to.isDay() ? std::optional(engine::Day{to.getDay()}) : std::nullopt;
}

}  // namespace

TimelineFilter read_filter(wire::Filter::Reader from, record::Arena& words) {
  if (from.getCodes().size() > filter_items_max || from.getSources().size() > filter_items_max)
    kj::throwFatalException(to_exception(invalid_request("a filter names at most 1,000 codes, and as many sources")));
  TimelineFilter filter{.from = day(from.getFrom()),
                        .to = day(from.getTo()),
                        .kinds = from.getKinds(),
                        .include_hidden = from.getIncludeHidden(),
                        .backwards = from.getBackwards()};
  for (const auto code : from.getCodes())
    filter.codes.push_back(
        {.system = words.text(wire::view(code.getSystem())), .code = words.text(wire::view(code.getCode()))});
  for (const auto source : from.getSources())
    filter.sources.push_back({.organisation = words.text(wire::view(source.getOrganisation())),
                              .system = words.text(wire::view(source.getSystem()))});
  return filter;
}

wire::WithDetails details_of(wire::Fields fields) {
  return fields == wire::Fields::WHOLE ? wire::WithDetails::yes : wire::WithDetails::no;
}

engine::AuditEntry read_entry(const Holder& holder, std::vector<engine::PatientRef> patients, std::uint64_t rows) {
  engine::AuditEntry entry = holder.entry(engine::Act::read_timeline);
  entry.patients = std::move(patients);
  entry.rows = rows;
  return entry;
}

}  // namespace chartline::server
