// Keeps one event in a store, reads it back and asks a query about it: consumer FOLDER
#include <cstdio>

#include "base/clock.h"
#include "engine/store.h"
#include "query/run.h"

namespace {

using namespace chartline;

// Adds up a column of numbers as the rows come.
class Sum final : public query::ResultSink {
 public:
  Result<void> begin(const query::Schema&) override { return {}; }
  Result<void> rows(const query::Batch& batch) override {
    for (const query::Cell& cell : batch.columns.at(0)) total += std::get<double>(cell);
    return {};
  }
  Result<void> end() override { return {}; }
  double total = 0;
};

Result<double> ask(engine::Store& store) {
  const query::Prepared query =
      TRY(query::prepare(store, "list true per observation[loinc:8867-4] in year select value to '/min' as rate",
                         {.parameters = {{"year", "2024-01-01..2024-12-31"}}}));
  if (!query.complaints.empty()) return invalid_request(query.complaints.front().message);
  Sum sum;
  TRY(query::run(query, store, store.view(), {.threads = 2}, sum));
  return sum.total;
}

Result<double> write_and_read(const std::string& folder) {
  TRY(engine::Store::init(folder, {}));
  const std::unique_ptr<engine::Store> store = TRY(engine::Store::open(folder, {}));

  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {.system = "loinc", .code = "8867-4", .display = "Heart rate"};
  event.start = record::day_time(record::days_from_civil(2024, 2, 29));
  event.value.form = record::Value::Form::number;
  event.value.number = record::decimal(72, 0);
  event.value.unit = "/min";
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
  if (TRY(view.timeline(*patient, {})).size() != 1) return corrupt("one event was written");
  return ask(*store);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const chartline::Result<double> rate = write_and_read(argv[1]);
  if (!rate) std::fprintf(stderr, "%s\n", rate.error().message.c_str());
  return rate && *rate == 72 ? 0 : 1;
}
