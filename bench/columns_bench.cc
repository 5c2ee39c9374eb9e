// What questions cost that are answered from columns: one thread, a store in memory, everything decoded before where that is
// kept. Items are the events that the question is about.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/measure.h"
#include "engine/import.h"
#include "engine/storage/memory.h"
#include "query/run.h"

namespace chartline::bench {
namespace {

constexpr std::uint64_t seed = 1;
constexpr int patients = 3 * 4096, events_each = 60, codes = 40;

// Each code is half as frequent as the one before it, down to one in sixteen of the first; every second has values.
int some_code(std::mt19937_64& random) {
  const std::uint64_t word = random();
  const int rank = std::min(4, std::countr_zero(word | 1u << 31));
  return static_cast<int>(word >> 40) % (codes / 5) * 5 + rank;
}

engine::Store& store() {
  static const std::unique_ptr<engine::Store> made = [] {
    auto disk = std::make_shared<engine::MemoryDisk>();
    or_stop(engine::Store::init(*engine::memory_backend(disk), {.shards = 1, .zone = "UTC"}));
    auto opened = or_stop(engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk)), {}));
    auto import = or_stop(engine::Import::begin(
        *opened, {.path = engine::ImportOptions::Path::bulk, .memory_bytes = 256 << 20, .threads = 2}));
    std::mt19937_64 random(seed);
    for (int patient = 0; patient < patients; ++patient) {
      const std::string name = std::to_string(patient);
      const record::Identifier who{.system = "bench", .value = name};
      for (int i = 0; i < events_each; ++i) {
        const int code = some_code(random);
        const std::string text = std::to_string(code);
        record::Event event;
        event.kind = record::Kind::observation;
        event.code = {.system = "local", .code = text, .display = {}};
        event.start = record::day_time(10'000 + static_cast<int>(random() % 9'000));
        event.source = {.organisation = "bench", .system = {}};
        if (code % 2 == 0) {
          event.value.form = record::Value::Form::number;
          event.value.number = record::decimal(static_cast<std::int64_t>(random() % 4'000), 1);
        }
        or_stop(import->add({.identifiers = {&who, 1}, .events = {&event, 1}, .original = {}, .demanded_version = {}}));
      }
    }
    or_stop(import->finish());
    return opened;
  }();
  return *made;
}

void ask(benchmark::State& state, const char* text, query::Executor executor) {
  engine::Store& asked = store();
  const query::Prepared prepared = or_stop(query::prepare(asked, text, {}));
  if (!prepared.complaints.empty()) return state.SkipWithError(query::render(prepared.complaints, text).c_str());
  const query::RunOptions options{.executor = executor, .threads = 1};
  for (auto _ : state) {
    query::Answers answers;
    or_stop(query::run(prepared, asked, asked.view(), options, answers));
    benchmark::DoNotOptimize(answers.all.back().rows.size());
  }
  state.SetItemsProcessed(state.iterations() * patients * events_each);
}

constexpr const char* count = "count exists observation[local:0]";
constexpr const char* gap =
    "let dx = first observation[local:4]\ncount exists dx and no observation[local:0] within 365d after dx";
constexpr const char* sequence =
    "count exists observation[local:0] with (observation[local:2] where value > 300 within 365d after it with "
    "(observation[local:1] within 365d after it))";
constexpr const char* last_value = "count (last observation[local:0] in 2010-01-01..2010-12-31).value > 300";
constexpr const char* monthly = "tally observation[local:0] by month(it)";
constexpr const char* every_value = "count exists any[*] where value > 390";
constexpr const char* every_year = "tally any[*] where value > 100 by year(it)";

BENCHMARK_CAPTURE(ask, count, count, query::Executor::vectorised)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(ask, gap, gap, query::Executor::vectorised)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(ask, sequence, sequence, query::Executor::vectorised)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(ask, last_value, last_value, query::Executor::vectorised)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(ask, monthly, monthly, query::Executor::vectorised)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(ask, every_value, every_value, query::Executor::vectorised)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(ask, every_year, every_year, query::Executor::vectorised)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(ask, gap_by_the_reference, gap, query::Executor::reference)->MeasureProcessCPUTime();

}  // namespace
}  // namespace chartline::bench
