#include "server/records_reader.h"

#include "formats/wire/events_reader.h"

namespace chartline::server {

Result<void> read_records(wire::Records::Reader from, record::Arena& room,
                          std::vector<std::vector<record::Event>>& events, std::vector<record::Record>& into) {
  events.push_back(TRY(wire::read_events(from.getEvents(), room)));
  const std::span<const record::Event> all = events.back();
  std::size_t next = 0;
  if (from.getRecords().size() > wire::events_max)
    return invalid_request("a batch holds at most " + std::to_string(wire::events_max) + " records");
  for (const auto one : from.getRecords()) {
    if (one.getEvents() > all.size() - next) return invalid_request("records: they name more events than there are");
    if (one.getDemand() > static_cast<unsigned>(record::Record::Demand::version))
      return invalid_request("records: the column demand is not as it may be");
    std::vector<record::Identifier> identifiers;
    for (const auto identifier : one.getIdentifiers()) identifiers.push_back(wire::read_identifier(identifier));
    const auto original = one.getOriginal();
    into.push_back({.identifiers = room.array(identifiers),
                    .events = all.subspan(next, one.getEvents()),
                    .original = {reinterpret_cast<const char*>(original.begin()), original.size()},
                    .demand = static_cast<record::Record::Demand>(one.getDemand()),
                    .demanded_version = wire::view(one.getDemandedVersion())});
    next += one.getEvents();
  }
  if (next != all.size()) return invalid_request("records: some events belong to none");
  return {};
}

}  // namespace chartline::server
