#include "cli/filters.h"

#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/text.h"
#include "formats/record/systems.h"

namespace chartline::cli {
namespace {

using record::Code;

// "loinc:4548-4", "http://loinc.org|4548-4"; the first part is a system that is known, or stands before a bar.
bool split_code(std::string_view text, std::string_view& system, std::string_view& code) {
  auto at = text.rfind('|');
  if (at == std::string_view::npos) {
    at = text.find(':');
    if (at == std::string_view::npos || !record::find_system(text.substr(0, at))) return false;
  }
  system = record::system_from_uri(text.substr(0, at));
  code = text.substr(at + 1);
  return !code.empty();
}

Result<void> add_codes(const std::string& text, Source& source, record::Arena& room, std::vector<Code>& into) {
  std::string_view system, code;
  if (split_code(text, system, code)) {
    const bool is_prefix = code.ends_with('*');
    const std::string canonical = is_prefix ? std::string(code) : record::canonical_code(system, code);
    into.push_back({room.text(system), room.text(canonical), {}});
    return {};
  }
  const auto systems = TRY(source.systems_with(text));
  if (systems.empty()) {
    if (const auto colon = text.find(':'); colon != std::string::npos)
      return advise(not_found(fmt::format("--code {}: there is no code system {}, nor has the store such a code in any",
                                          printable(text, true), printable(text.substr(0, colon), true))),
                    "a system of one's own stands before a bar, as in https://example.org/codes|1");
    return advise(not_found(fmt::format("--code {}: the store knows no such code in any system", printable(text, true))),
                  "name the system too, as in loinc:4548-4");
  }
  for (const std::string& name : systems) into.push_back({room.text(name), room.text(text), {}});
  return {};
}

record::Source source_of(std::string_view text, record::Arena& room) {
  const auto bar = text.find('|');
  const std::string_view system = bar == std::string_view::npos ? std::string_view{} : text.substr(bar + 1);
  return {room.text(text.substr(0, bar)), room.text(system)};
}

}  // namespace

Result<record::Time> time_option(std::string_view option, const std::string& text, const record::Zone& zone) {
  auto time = record::parse_time(text);
  if (!time || !time->known())
    return invalid_request(
        fmt::format("--{}: '{}' is no date or time; write 2019, 2019-03, 2019-03-31 or 2019-03-31T14:30", option,
                    printable(text, true)));
  if (const auto zoned = record::parse_time(text, zone.offset_minutes(time->local))) time = zoned;
  return *time;
}

Result<engine::TimelineFilter> filter_of(const Invocation& invocation, Source& source, record::Arena& room) {
  engine::TimelineFilter filter;
  const record::Zone utc;
  if (const auto from = invocation.given("from")) filter.from = TRY(time_option("from", *from, utc)).day();
  if (const auto to = invocation.given("to")) {
    const record::Interval covered = record::interval(TRY(time_option("to", *to, utc)));
    filter.to = record::at_instant(covered.past - 1).day();
  }
  if (filter.from && filter.to && *filter.from > *filter.to)
    return invalid_request("--from lies after --to: no event can be in between");
  if (!invocation.all("kind").empty()) filter.kinds = 0;
  for (const std::string& word : invocation.all("kind"))
    filter.kinds |= 1u << static_cast<unsigned>(*record::parse_kind(word));
  for (const std::string& code : invocation.all("code")) TRY(add_codes(code, source, room, filter.codes));
  for (const std::string& name : invocation.all("source")) filter.sources.push_back(source_of(name, room));
  filter.include_hidden = invocation.on("hidden");
  return filter;
}

}  // namespace chartline::cli
