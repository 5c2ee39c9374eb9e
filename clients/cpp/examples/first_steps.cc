#include <cstdio>

#include "clients/cpp/connection.h"

using namespace chartline;

// Prints the rows of every statement.
class Printer final : public client::ResultSink {
 public:
  Result<void> begin(const client::Schema& schema) override {
    std::printf("%s\n", schema.text.c_str());
    return {};
  }
  Result<void> rows(client::Rows rows) override {
    for (const client::Cell& count : rows.columns.front())
      if (const auto* patients = std::get_if<std::int64_t>(&count))
        std::printf("%lld\n", static_cast<long long>(*patients));
    return {};
  }
  Result<void> end() override { return {}; }
};

Result<void> first_steps(const std::string& address) {
  auto server = TRY(client::Connection::open({.address = address}));

  // Write: nothing is in the store before the commit, and a commit that is tried again under its name changes nothing.
  const record::Identifier who{.system = "nhs", .value = "9434765919"};
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"loinc", "4548-4", "Haemoglobin A1c"};
  event.start = record::day_time(record::days_from_civil(2024, 3, 31));
  event.value.form = record::Value::Form::number;
  event.value.number = record::decimal(61, 1);
  event.value.unit = "%";
  event.source.organisation = "RYJ";
  event.record = "lab/77";
  const record::Record result{.identifiers = {&who, 1}, .events = {&event, 1}};
  auto ingest = TRY(server->ingest());
  TRY(ingest.add({&result, 1}));
  const client::Written written = TRY(ingest.commit("lab 2024-03-31"));
  std::printf("%zu record, repeated: %s\n", written.outcomes.size(), written.repeated ? "yes" : "no");

  // Read, page by page.
  auto timeline = TRY(server->timeline("nhs|9434765919", {}));
  for (client::Page page = timeline.first();; page = TRY(timeline.next())) {
    for (const record::Event& one : page.events)
      std::printf("%s %.*s\n", record::print(one.start).c_str(), static_cast<int>(one.code.code.size()),
                  one.code.code.data());
    if (timeline.at_end()) break;
  }

  // Ask.
  auto prepared = TRY(server->prepare("count exists observation[loinc:4548-4]", {}));
  for (const client::Complaint& complaint : prepared.complaints) std::printf("%s\n", complaint.message.c_str());
  Printer printer;
  if (prepared.query) TRY(prepared.query->run({}, printer));
  return {};
}
