// Keeps one event in a store and reads it back: consumer FOLDER
#include <cstdio>

#include "base/clock.h"
#include "engine/store.h"

namespace {

using namespace chartline;

Result<std::size_t> write_and_read(const std::string& folder) {
  TRY(engine::Store::init(folder, {}));
  const std::unique_ptr<engine::Store> store = TRY(engine::Store::open(folder, {}));

  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {.system = "loinc", .code = "8867-4", .display = "Heart rate"};
  event.start = record::day_time(record::days_from_civil(2024, 2, 29));
  event.source = {.organisation = "clinic", .system = ""};
  event.record = "observation-1";
  const record::Identifier person{"clinic", "7"};
  record::Record record;
  record.identifiers = {&person, 1};
  record.events = {&event, 1};
  TRY(store->write({&record, 1}, {}));

  const engine::View view = store->view();
  const std::optional<engine::PatientRef> patient = TRY(view.find("clinic|7"));
  if (!patient) return not_found("the patient that was just written");
  return TRY(view.timeline(*patient, {})).size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const chartline::Result<std::size_t> events = write_and_read(argv[1]);
  if (!events) std::fprintf(stderr, "%s\n", events.error().message.c_str());
  return events && *events == 1 ? 0 : 1;
}
