#include "server/signing.h"

#include <string>

#include "engine/trust/grant.h"
#include "engine/trust/writing.h"

namespace chartline::server {

using engine::Right;

Result<void> sign(std::vector<record::Record>& records, const engine::View& narrowed, record::Arena& room) {
  const engine::Grant& grant = *narrowed.grant();
  for (std::size_t i = 0; i < records.size(); ++i)
    if (records[i].events.empty()) return denied("record " + std::to_string(i + 1) + ": it says nothing");
  if (grant.may(Right::contribute)) {
    const std::string_view system = room.text(engine::contribution_system(grant));
    const record::Author author = grant.role == engine::Role::carer ? record::Author::carer : record::Author::patient;
    for (record::Record& record : records) {
      std::vector<record::Event> events(record.events.begin(), record.events.end());
      for (record::Event& event : events)
        event.author = author, event.source = {.organisation = name(grant.role), .system = system};
      record.events = room.array(events);
    }
  }
  return engine::may_write(narrowed, records);
}

}  // namespace chartline::server
