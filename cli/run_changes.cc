// The feed, read in steps so that memory stays bounded. A reader goes on from the position said at the end.
#include <fmt/format.h>

#include <algorithm>

#include "cli/event_row.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

using engine::FeedEntry;
using Position = std::vector<std::uint64_t>;

constexpr std::size_t commits_at_once = 256;  // of each shard

// `now`: where the feed ends.
Result<Position> parse_position(std::string_view text, const Position& now) {
  Position position;
  while (true) {
    const std::string_view number = text.substr(0, text.find(','));
    const auto commit = parse_number(number);
    if (!commit)
      return invalid_request(
          "--since: a position is a commit number for each shard, joined by commas, as in 1200 or 1200,1187");
    position.push_back(*commit);
    if (number.size() == text.size()) break;
    text.remove_prefix(number.size() + 1);
  }
  if (position.size() != now.size())
    return invalid_request(fmt::format("--since names {} shards, and the store has {}", position.size(), now.size()));
  for (std::size_t shard = 0; shard < now.size(); ++shard) {
    if (position[shard] > now[shard])
      return invalid_request(fmt::format("--since lies ahead of shard {}, whose last commit is {}", shard, now[shard]));
  }
  return position;
}

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
class Names {
 public:
  explicit Names(engine::View view) : view_(std::move(view)) {}
  Result<record::Identifier> of(engine::PatientRef patient) {
    room_.clear();
    const auto identifiers = TRY(view_.identifiers(patient, room_));
    return identifiers.empty() ? record::Identifier{} : identifiers.front();
  }
  Result<std::string> json(engine::PatientRef patient) {
    const record::Identifier identifier = TRY(of(patient));
    return identifier.value.empty() ? std::string("null") : identifier_json(identifier);
  }

 private:
  const engine::View view_;
  record::Arena room_;
};

Result<std::string> added_json(const FeedEntry& entry, Names& names) {
  const record::Identifier patient = TRY(names.of(entry.patient));
  std::string out;
  for (const record::Event& event : entry.added) {
    out += out.empty() ? "[" : ",";
    out += json_object(event_columns(), event_row(patient, event));
  }
  return out.empty() ? std::string("[]") : out + "]";
}

Result<std::string> line_of(const FeedEntry& entry, Names& names) {
  std::string line =
      fmt::format("{{\"shard\":{},\"commit\":{},\"recorded\":{},\"what\":\"{}\"", entry.shard, entry.commit,
                  json_text(record::print(record::at_instant(entry.recorded))), name(entry.what));
  line += ",\"patient\":" + TRY(names.json(entry.patient));
  if (entry.what == FeedEntry::What::identifier) line += ",\"identifier\":" + identifier_json(entry.identifier);
  if (entry.what == FeedEntry::What::link || entry.what == FeedEntry::What::unlink)
    line += ",\"other\":" + TRY(names.json(entry.other));
  if (entry.what == FeedEntry::What::events) {
    std::string removed;
    for (const std::uint32_t number : entry.removed)
      removed.append(removed.empty() ? "" : ",").append(std::to_string(number));
    line += ",\"removed\":[" + removed + "],\"added\":" + TRY(added_json(entry, names));
  }
  return line + "}\n";
}

// A shard without entries keeps no change: it goes on from where it stands now.
Position before_first(const std::vector<FeedEntry>& entries, Position now) {
  for (const FeedEntry& entry : entries) now[entry.shard] = 0;
  return now;
}

}  // namespace

Result<void> run_changes(const Invocation& invocation, Console& console) {
  const auto store = TRY(open_store(invocation, Access::read));
  const engine::View view = store->view();
  const Position now = view.position();
  Position position;  // empty: from the oldest change kept, wherever that is in each shard
  if (const auto since = invocation.given("since")) position = TRY(parse_position(*since, now));
  Names names(view);
  record::Arena room;
  for (;;) {
    TRY(stop_if_interrupted());
    room.clear();
    const auto entries = TRY(store->changes(position, commits_at_once, room));
    if (entries.empty()) break;
    if (position.empty()) position = before_first(entries, now);
    for (const FeedEntry& entry : entries) {
      TRY(console.write(TRY(line_of(entry, names))));
      position[entry.shard] = std::max(position[entry.shard], entry.commit);
    }
  }
  if (position.empty()) position = now;
  TRY(console.flush());
  console.note("position " + position_text(position) + "; go on with --since " + position_text(position));
  return {};
}

}  // namespace chartline::cli
