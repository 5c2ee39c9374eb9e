#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/measure.h"
#include "bench/store_bench.h"
#include "engine/store.h"

namespace chartline::bench {
namespace {

constexpr std::uint64_t group = 10'000;  // records of one write where time is not measured

// A single-event record that borrows from itself: neither copied nor moved.
struct OneEvent {
  std::string patient, id, code;
  record::Event event;
  record::Identifier identifier;
  record::Record record;

  OneEvent() = default;
  OneEvent(const OneEvent&) = delete;
  OneEvent& operator=(const OneEvent&) = delete;

  void make(std::uint64_t patient_number, std::string record_id, std::mt19937_64& random) {
    patient = std::to_string(patient_number), id = std::move(record_id), code = std::to_string(random() % 1'000);
    event = {};
    event.kind = record::Kind::observation;
    event.code = {"local", code, {}};
    event.start =
        record::at_instant(static_cast<Micros>(1'500'000'000 + random() % 100'000'000) * record::micros_per_second);
    event.value.form = record::Value::Form::number;
    event.value.number = record::decimal(static_cast<std::int64_t>(random() % 2'000), 1);
    event.source = {"bench", "feed"};
    event.record = id;
    identifier = {"bench", patient};
    record.identifiers = {&identifier, 1};
    record.events = {&event, 1};
  }
};

engine::StoreOptions unfolded() {
  engine::StoreOptions options;
  options.fold_in_background = false;
  options.delta_bytes_max = 8ull << 30;
  return options;
}

// `events` events of events/each patients into the log, in large groups.
void fill_log(engine::Store& store, std::uint64_t events, std::uint64_t each) {
  std::mt19937_64 random(question_seed);
  std::vector<OneEvent> made(group);
  std::vector<record::Record> records(group);
  for (std::uint64_t done = 0; done < events; done += group) {
    for (std::uint64_t i = 0; i < group; ++i) {
      made[i].make((done + i) / each + 1, "r" + std::to_string(done + i), random);
      records[i] = made[i].record;
    }
    for (const engine::Outcome& outcome : or_stop(store.write(records, {})).outcomes)
      if (outcome.what != engine::Outcome::What::created)
        std::fprintf(stderr, "bench: a record was not created\n"), std::exit(1);
  }
}

void make_fresh(const std::string& folder) {
  std::filesystem::remove_all(folder);
  or_stop(engine::Store::init(folder, {}));
}

}  // namespace

void commits(const std::string& folder, const std::string& name, std::uint64_t patients, unsigned writers,
             double seconds) {
  if (!std::filesystem::exists(folder)) or_stop(engine::Store::init(folder, {}));
  const auto store = or_stop(engine::Store::open(folder, {}));
  const std::string run = std::to_string(store->view().position()[0]);  // names the records of one run after another
  std::vector<std::vector<double>> micros(writers);
  const Stopwatch whole;
  std::vector<std::thread> threads;
  for (unsigned writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      std::mt19937_64 random(question_seed + writer);
      OneEvent one;
      for (std::uint64_t i = 0; whole.seconds() < seconds; ++i) {
        one.make(random() % patients + 1, run + "-" + std::to_string(writer) + "-" + std::to_string(i), random);
        const Stopwatch watch;
        const engine::Written written = or_stop(store->write({&one.record, 1}, {}));
        micros[writer].push_back(watch.micros());
        if (written.outcomes[0].what != engine::Outcome::What::created)
          std::fprintf(stderr, "bench: a record was not created\n"), std::exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double took = whole.seconds();
  std::vector<double> all;
  for (const auto& some : micros) all.insert(all.end(), some.begin(), some.end());
  const std::string figure = "commit." + name + ".writers_" + std::to_string(writers);
  report("chartline", (figure + ".per_second").c_str(), static_cast<double>(all.size()) / took);
  report_times("chartline", figure, std::move(all));
}

void fold(const std::string& folder, std::uint64_t events, std::uint64_t each) {
  make_fresh(folder);
  const auto store = or_stop(engine::Store::open(folder, unfolded()));
  fill_log(*store, events, each);
  const double before = cpu_seconds();
  const Stopwatch watch;
  or_stop(store->fold());
  const double cpu = cpu_seconds() - before;
  if (store->stats().events != events) std::fprintf(stderr, "bench: not every event was folded\n"), std::exit(1);
  const std::string figure = "fold.each_" + std::to_string(each);
  report("chartline", (figure + ".events_per_core_second").c_str(), static_cast<double>(events) / cpu);
  report("chartline", (figure + ".events_per_second").c_str(), static_cast<double>(events) / watch.seconds());
}

void start_up(const std::string& folder, std::uint64_t events) {
  make_fresh(folder);
  {
    const auto store = or_stop(engine::Store::open(folder, unfolded()));
    fill_log(*store, events, 10);
  }
  const Stopwatch watch;
  const auto store = or_stop(engine::Store::open(folder, {}));
  report("chartline", "start_up.seconds", watch.seconds());
}

}  // namespace chartline::bench
