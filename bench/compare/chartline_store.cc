// Chartline as a program has it that links the library: chartline_store STORE QUESTIONS ASKED; serve.h says what it answers.
#include <string>

#include "bench/compare/serve.h"
#include "engine/store.h"
#include "query/run.h"

namespace chartline::bench {
namespace {

using engine::Timeline;
using engine::TimelineFilter;

constexpr std::uint32_t hot_three = stored::field_time | stored::field_code | stored::field_value;

std::int64_t hundredths(const stored::RowValue& value) {
  if (value.form != record::Value::Form::number) return 0;
  std::int64_t n = value.number.mantissa;
  for (int scale = value.number.scale; scale < 2; ++scale) n *= 10;
  return n;
}

class Client final : public StoreClient {
 public:
  Client(engine::Store& store, const Questions& questions, bool alone) : store_(store), questions_(questions) {
    if (!alone) options_.threads = 1;
    year_.from = static_cast<record::Day>(last_year_from / 86'400),
    year_.to = static_cast<record::Day>(last_year_past / 86'400 - 1);
    const std::string_view code = measured_code;
    latest_.codes = {{.system = code.substr(0, code.find('|')), .code = code.substr(code.find('|') + 1), .display = {}}};
    latest_.backwards = true, latest_.limit = latest;
  }

  Rows question(const std::string& name) override {
    const query::Prepared& prepared = prepared_for(questions_.query(name));
    query::Answers answers;
    or_stop(query::run(prepared, store_, store_.view(), options_, answers));
    Rows rows;
    for (std::size_t s = 0; s < answers.all.size(); ++s) {
      for (const auto& row : answers.all[s].rows) {
        auto& cells = rows.emplace_back();
        if (answers.all.size() > 1) cells.push_back(std::to_string(s + 1));
        for (const query::Cell& cell : row) cells.push_back(query::print(cell));
      }
    }
    return rows;
  }

  void point(const std::string& name, std::uint64_t patient, PointSums& sums) override {
    const engine::View view = store_.view();
    const auto found = or_stop(view.find(std::to_string(patient)));
    if (!found) std::fprintf(stderr, "chartline_store: a patient is not there\n"), std::exit(1);
    const TimelineFilter& filter = name == "last_year" ? year_ : name == "latest_values" ? latest_ : whole_;
    or_stop(view.timeline(*found, filter, hot_three, timeline_));
    for (std::size_t i = 0; i < timeline_.size(); ++i)
      if (const record::Time at = timeline_.start(i); at.known())
        sums.add(at.local / record::micros_per_second, hundredths(timeline_.value(i)));
  }

  void write(const std::vector<std::uint64_t>& patients) override {
    static std::atomic<std::uint64_t> serial = 0;
    static const std::string run = std::to_string(std::random_device{}());
    std::vector<std::string> names, ids;
    for (const std::uint64_t patient : patients)
      names.push_back(std::to_string(patient)), ids.push_back("written-" + run + "-" + std::to_string(++serial));
    std::vector<record::Identifier> who(patients.size());
    std::vector<record::Event> events(patients.size());
    std::vector<record::Record> records(patients.size());
    for (std::size_t i = 0; i < patients.size(); ++i) {
      who[i] = {.system = "bench", .value = names[i]};
      record::Event& event = events[i];
      event.kind = record::Kind::observation;
      event.code = {.system = "local", .code = "written", .display = {}};
      event.start = record::at_instant(static_cast<Micros>(1'700'000'000 + serial) * record::micros_per_second);
      event.value.form = record::Value::Form::number, event.value.number = record::decimal(15, 1);
      event.source = {.organisation = "bench", .system = {}};
      event.record = ids[i];
      records[i] = {.identifiers = {&who[i], 1}, .events = {&event, 1}, .original = {}, .demanded_version = {}};
    }
    for (const auto& outcome : or_stop(store_.write(records, {})).outcomes)
      if (outcome.what != engine::Outcome::What::created)
        std::fprintf(stderr, "chartline_store: a record was not created\n"), std::exit(1);
  }

 private:
  // Kept prepared.
  const query::Prepared& prepared_for(const std::string& text) {
    const auto [at, is_new] = prepared_.try_emplace(text);
    if (is_new) at->second = or_stop(query::prepare(store_, text, {}));
    if (!at->second.complaints.empty())
      std::fputs(query::render(at->second.complaints, text).c_str(), stderr), std::exit(1);
    return at->second;
  }

  engine::Store& store_;
  const Questions& questions_;
  std::map<std::string, query::Prepared> prepared_{};
  query::RunOptions options_;
  TimelineFilter whole_, year_, latest_;
  Timeline timeline_;
};

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  if (argc != 4) return std::fprintf(stderr, "usage: chartline_store STORE QUESTIONS ASKED\n"), 2;
  const auto store = or_stop(chartline::engine::Store::open(argv[1], {}));
  const Questions questions(argv[2]);
  Served([&](bool alone) { return std::make_unique<Client>(*store, questions, alone); }, argv[3]).run();
  return 0;
}
