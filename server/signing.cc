#include "server/signing.h"

#include <algorithm>
#include <string>

namespace chartline::server {
namespace {

using engine::Grant;
using engine::Right;

Error not_ours(std::size_t place, const char* why) { return denied("record " + std::to_string(place + 1) + ": " + why); }

// Its every identifier names someone whose record the session may see: nobody new is made up, and nobody else is named.
Result<bool> is_of_seen_patient(const record::Record& record, const engine::View& view) {
  if (record.identifiers.empty()) return false;
  for (const record::Identifier& identifier : record.identifiers) {
    const auto patient = TRY(view.find(std::string(identifier.system) + "|" + std::string(identifier.value)));
    if (!patient) return false;
  }
  return true;
}

}  // namespace

Result<void> sign(std::vector<record::Record>& records, const Grant& grant, const engine::View& view, record::Arena& room) {
  const bool contributes = !grant.may(Right::write_own_organisation);
  if (contributes && !grant.may(Right::contribute)) return denied("this session may not write");
  const record::Author author = grant.role == engine::Role::carer ? record::Author::carer : record::Author::patient;
  for (std::size_t i = 0; i < records.size(); ++i) {
    record::Record& record = records[i];
    std::vector<record::Event> events(record.events.begin(), record.events.end());
    if (contributes) {
      if (!TRY(is_of_seen_patient(record, view))) return not_ours(i, "it is not of the record that this session may add to");
      for (record::Event& event : events) {
        event.author = author;
        event.source = {.organisation = name(grant.role), .system = "contribution"};
      }
    } else if (grant.organisation.empty() ||
               !std::ranges::all_of(events, [&](const record::Event& event) { return event.source.organisation == grant.organisation; })) {
      return not_ours(i, "its source is another organisation");
    }
    record.events = room.array(events);
  }
  return {};
}

}  // namespace chartline::server
