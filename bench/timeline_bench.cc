// One patient's timeline of 100 events, of random patients: warm, over RocksDB and over tables in memory, with no decoded
// cache and with one that holds everything. Each round reads the columns named and adds up what it read.
//
//   build/release/timeline_bench [--benchmark_filter=...]
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/content.h"
#include "engine/decoded_cache.h"
#include "engine/identity.h"
#include "engine/moment.h"
#include "engine/storage/memory.h"
#include "engine/view.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

constexpr PatientId patients = 50'000;
constexpr std::size_t events = 100;

template <typename T>
T or_stop(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "timeline_bench: %s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

// A folder that goes when the program does.
struct Folder {
  std::string path =
      (std::filesystem::temp_directory_path() / ("timeline_bench-" + std::to_string(std::random_device()()))).string();
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

class World {
 public:
  explicit World(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {
    lease_ = or_stop(backend_->acquire(0, 1000));
    tables_ = or_stop(backend_->open(0, lease_.get(), {.cache_bytes = 512u << 20}));
    names_ = std::make_shared<Dictionary>();
    identity_ = std::make_shared<Identity>(tables_, std::make_shared<DecodedCache>(0), 1, 1);
    or_stop(identity_->load());
    fill();
    or_stop(tables_->flush());
    or_stop(tables_->compact());
  }

  View view(std::uint64_t cache_bytes) {
    auto parts = std::make_shared<ViewParts>();
    parts->identity = identity_;
    ShardMoment& shard = parts->shards.emplace_back();
    shard.tables = tables_;
    shard.dictionary = names_;
    shard.cache = std::make_shared<DecodedCache>(cache_bytes);
    shard.base = std::make_shared<Base>(Base{tables_->snapshot(), 1});
    shard.segments.push_back(std::make_shared<Segment>());
    shard.commit = 1;
    shard.patients = patients;
    return View(parts);
  }

 private:
  void fill() {
    std::mt19937_64 random(1);
    const record::Source source{.organisation = "north", .system = "bench"};
    const Name from = names_->intern(source), unit = names_->intern_unit("mmol/L");
    std::vector<Name> codes;
    for (int i = 0; i < 1000; ++i)
      codes.push_back(names_->intern(record::Code{.system = "local", .code = std::to_string(i), .display = ""}));
    std::vector<stored::Row> rows(events);
    Batch batch;
    for (PatientId patient = 0; patient < patients; ++patient) {
      Micros at = static_cast<Micros>(random() % 10'000) * record::micros_per_day;
      for (std::size_t i = 0; i < events; ++i) {
        stored::Row& row = rows[i];
        at += static_cast<Micros>(random() % (60 * 86'400)) * record::micros_per_second;
        row = {};
        row.number = static_cast<std::uint32_t>(i + 1);
        row.kind = record::Kind::observation;
        row.code = codes[random() % codes.size() * (random() % codes.size()) / codes.size()];
        row.source = from;
        row.start = {.local = at, .offset_minutes = 0, .precision = record::Precision::second};
        row.value.form = record::Value::Form::number;
        row.value.number = record::decimal(static_cast<std::int64_t>(random() % 2000), 1);
        row.value.unit = unit;
        row.recorded = 1;
      }
      const stored::RunBytes run = stored::encode_run(rows);
      stored::Head head;
      head.events = head.last_number = events;
      head.runs.push_back({rows.front().start.instant(), rows.back().start.instant(), patient + 1u, events, false,
                           run.hot_checksum, run.details_checksum});
      batch.put(Table::timeline, stored::head_key(patient), stored::encode(head));
      batch.put(Table::timeline, stored::run_key(patient, head.runs[0].first, patient + 1u), run.hot);
      if (patient % 1000 == 999) or_stop(tables_->write(batch, false)), batch.clear();
    }
    or_stop(tables_->write(batch, false));
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Lease> lease_;
  std::shared_ptr<Tables> tables_;
  std::shared_ptr<Dictionary> names_;
  std::shared_ptr<Identity> identity_;
};

World& memory_world() {
  static World world(memory_backend(std::make_shared<MemoryDisk>()));
  return world;
}

World& rocks_world() {
  static Folder folder;
  static World world(or_stop(local_backend(folder.path, true)));
  return world;
}

void read(benchmark::State& state, World& world, std::uint64_t cache_bytes, std::uint32_t fields) {
  const View view = world.view(cache_bytes);
  const TimelineFilter filter;
  Timeline timeline;
  std::mt19937_64 random(2);
  for (int warm = cache_bytes == 0 ? 1 : 2; warm > 0; --warm) {  // kept when read the second time
    for (PatientId patient = 0; patient < patients; ++patient)
      or_stop(view.timeline({0, patient}, filter, fields, timeline));
  }
  std::uint64_t sum = 0;
  for (auto _ : state) {
    or_stop(view.timeline({0, static_cast<PatientId>(random() % patients)}, filter, fields, timeline));
    check(timeline.size() == events, "every event is read");
    for (std::size_t i = 0; i < timeline.size(); ++i)
      sum += timeline.code(i) + static_cast<std::uint64_t>(timeline.start(i).local);
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events));
}

constexpr std::uint32_t some = stored::field_time | stored::field_code | stored::field_value;
constexpr std::uint64_t all_cached = 2ull << 30;

void BM_memory(benchmark::State& state) { read(state, memory_world(), 0, some); }
void BM_rocks(benchmark::State& state) { read(state, rocks_world(), 0, some); }
void BM_rocks_all_fields(benchmark::State& state) { read(state, rocks_world(), 0, stored::field_hot); }
void BM_rocks_decoded_cache(benchmark::State& state) { read(state, rocks_world(), all_cached, some); }

void BM_rocks_whole_events(benchmark::State& state) {
  const View view = rocks_world().view(0);
  Timeline timeline;
  std::mt19937_64 random(2);
  std::uint64_t sum = 0;
  for (auto _ : state) {
    or_stop(view.timeline({0, static_cast<PatientId>(random() % patients)}, {}, stored::field_hot, timeline));
    for (std::size_t i = 0; i < timeline.size(); ++i) sum += or_stop(timeline.event(i)).code.code.size();
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events));
}

void BM_rocks_many(benchmark::State& state) {
  const View view = rocks_world().view(0);
  std::mt19937_64 random(2);
  std::vector<PatientRef> asked(1000);
  std::uint64_t sum = 0;
  for (auto _ : state) {
    for (PatientRef& patient : asked) patient.id = static_cast<PatientId>(random() % patients);
    or_stop(view.timelines(asked, {}, some, [&](PatientRef, Timeline& timeline) -> Result<void> {
      return sum += timeline.size(), Result<void>();
    }));
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(static_cast<std::int64_t>(sum));
}

BENCHMARK(BM_memory);
BENCHMARK(BM_rocks);
BENCHMARK(BM_rocks_all_fields);
BENCHMARK(BM_rocks_decoded_cache);
BENCHMARK(BM_rocks_whole_events)->Unit(benchmark::kMicrosecond);
BENCHMARK(BM_rocks_many)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace chartline::engine

BENCHMARK_MAIN();
