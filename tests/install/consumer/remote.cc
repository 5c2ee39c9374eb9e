// Writes one event through a server and reads it back: remote ADDRESS
#include <cstdio>

#include "clients/cpp/connection.h"

namespace {

using namespace chartline;

Result<std::size_t> write_and_read(const std::string& address) {
  auto server = TRY(client::Connection::open({.address = address}));
  const record::Identifier person{"clinic", "8"};
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {.system = "loinc", .code = "8867-4", .display = "Heart rate"};
  event.start = record::day_time(record::days_from_civil(2024, 2, 29));
  event.source = {.organisation = "clinic", .system = ""};
  event.record = "observation-8";
  const record::Record one{.identifiers = {&person, 1}, .events = {&event, 1}};
  auto ingest = TRY(server->ingest());
  TRY(ingest.add({&one, 1}));
  TRY(ingest.commit("a batch of one"));
  return TRY(server->timeline("clinic|8", {})).first().events.size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const chartline::Result<std::size_t> events = write_and_read(argv[1]);
  if (!events) std::fprintf(stderr, "%s\n", events.error().message.c_str());
  return events && *events == 1 ? 0 : 1;
}
