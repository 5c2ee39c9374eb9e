// The feed, read in steps so that memory stays bounded. A reader goes on from the position said at the end.
#include <fmt/format.h>

#include "cli/event_row.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/position.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

using engine::FeedEntry;

std::string_view name(FeedEntry::What what) {
  switch (what) {
    case FeedEntry::What::events: return "events";
    case FeedEntry::What::identifier: return "identifier";
    case FeedEntry::What::link: return "link";
    case FeedEntry::What::unlink: return "unlink";
    case FeedEntry::What::erased: return "erased";
  }
  return "unknown";
}

std::string identifier_json(const record::Identifier& identifier) {
  return "{\"system\":" + json_text(identifier.system) + ",\"value\":" + json_text(identifier.value) + "}";
}

// The patient by the first identifier known now; null once erased.
std::string patient_json(const record::Identifier& identifier) {
  return identifier.value.empty() ? std::string("null") : identifier_json(identifier);
}

std::string added_json(const ChangeRow& row) {
  std::string out;
  for (const record::Event& event : row.added) {
    out += out.empty() ? "[" : ",";
    out += json_object(event_columns(), event_row(row.patient, event));
  }
  return out.empty() ? std::string("[]") : out + "]";
}

std::string line_of(const ChangeRow& row) {
  std::string line = fmt::format("{{\"shard\":{},\"commit\":{},\"recorded\":{},\"what\":\"{}\"", row.shard, row.commit,
                                 json_text(record::print(record::at_instant(row.recorded))), name(row.what));
  line += ",\"patient\":" + patient_json(row.patient);
  if (row.what == FeedEntry::What::identifier) line += ",\"identifier\":" + identifier_json(row.identifier);
  if (row.what == FeedEntry::What::link || row.what == FeedEntry::What::unlink)
    line += ",\"other\":" + patient_json(row.other);
  if (row.what == FeedEntry::What::events) {
    std::string removed;
    for (const std::uint32_t number : row.removed)
      removed.append(removed.empty() ? "" : ",").append(std::to_string(number));
    line += ",\"removed\":[" + removed + "],\"added\":" + added_json(row);
  }
  return line + "}\n";
}

}  // namespace

Result<void> run_changes(const Invocation& invocation, Console& console) {
  const auto source = TRY(open_source(invocation, Access::read));
  std::optional<Position> since;
  if (const auto position = invocation.given("since")) since = TRY(parse_position(*position, TRY(source->position())));
  const auto feed = TRY(source->changes(since));
  for (;;) {
    TRY(stop_if_interrupted());
    const std::vector<ChangeRow> rows = TRY(feed->next());
    if (rows.empty()) break;
    for (const ChangeRow& row : rows) TRY(console.write(line_of(row)));
  }
  TRY(console.flush());
  console.note("position " + position_text(feed->position()) + "; go on with --since " + position_text(feed->position()));
  return {};
}

}  // namespace chartline::cli
