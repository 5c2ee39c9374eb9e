// Packed runs and postings: bytes for each event, and events for each second, on one core.
//
// The shape is a store of patients with 100 events each over thirty years: 1,000 codes with Zipf frequencies, a number with
// one decimal whose range depends on the code, numbered in order of time. `timed` gives each event a second of the day too.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "formats/stored/head.h"
#include "formats/stored/keys.h"
#include "formats/stored/postings.h"
#include "formats/stored/run.h"

namespace chartline::stored {
namespace {

constexpr std::size_t codes = 1000;

class Population {
 public:
  Population(std::size_t patients, std::size_t events_each, bool timed) : events_each_(events_each) {
    std::mt19937_64 random(20240301);
    std::vector<double> weights;
    for (std::size_t rank = 1; rank <= codes; ++rank) weights.push_back(1.0 / static_cast<double>(rank));
    std::discrete_distribution<Name> code(weights.begin(), weights.end());
    std::uniform_int_distribution<Day> day(9'000, 20'000);
    std::uniform_int_distribution<Micros> second(0, 86'399);
    std::normal_distribution<double> spread(1, 0.15);
    std::vector<record::Time> times(events_each);
    for (std::size_t p = 0; p < patients; ++p) {
      for (record::Time& time : times) {
        time = record::day_time(day(random));
        if (timed) time = record::at_instant(time.local + second(random) * record::micros_per_second);
      }
      std::sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.local < b.local; });
      for (std::size_t i = 0; i < events_each; ++i) {
        Row row;
        row.number = static_cast<std::uint32_t>(i + 1);
        row.kind = record::Kind::observation;
        row.start = times[i];
        row.code = code(random) + 1;
        row.source = 1;
        row.value.form = record::Value::Form::number;
        row.value.number =
            record::decimal(std::llround(spread(random) * static_cast<double>(20 + row.code * 7 % 1800)), 1);
        row.recorded = 1'764'000'000'123'456;
        rows_.push_back(row);
      }
    }
  }
  std::size_t patients() const { return rows_.size() / events_each_; }
  std::size_t events() const { return rows_.size(); }
  std::span<const Row> rows(std::size_t patient) const {
    return std::span(rows_).subspan(patient * events_each_, events_each_);
  }

  std::vector<std::vector<Posting>> postings() const {
    std::vector<std::vector<Posting>> by_code(codes + 1);
    for (std::size_t i = 0; i < rows_.size(); ++i)
      by_code[rows_[i].code].push_back(posting_of(static_cast<PatientId>(i / events_each_), rows_[i]));
    return by_code;
  }

 private:
  std::size_t events_each_;
  std::vector<Row> rows_;
};

std::vector<RunBytes> encode_all(const Population& population) {
  std::vector<RunBytes> runs;
  for (std::size_t p = 0; p < population.patients(); ++p) runs.push_back(encode_run(population.rows(p)));
  return runs;
}

constexpr std::size_t postings_each = 10'000;  // of one run

std::vector<Bytes> encode_all(const std::vector<std::vector<Posting>>& by_code) {
  std::vector<Bytes> runs;
  for (const std::vector<Posting>& all : by_code) {
    for (std::size_t at = 0; at < all.size(); at += postings_each) {
      runs.push_back(encode_postings(std::span(all).subspan(at, std::min(postings_each, all.size() - at))).bytes);
    }
  }
  return runs;
}

// `bytes_each`: of packed runs read or written; 0 where there are none.
void set_events(benchmark::State& state, std::size_t each_iteration, std::size_t bytes_each = 0) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * each_iteration));
  if (bytes_each > 0) state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes_each));
}

// The bytes of everything that a store of such patients keeps, for each event.
void bytes_per_event(benchmark::State& state, bool timed) {
  const Population population(20'000, 100, timed);
  const double events = static_cast<double>(population.events());
  std::array<double, 4> sizes{};
  for (auto _ : state) {
    sizes = {};
    auto& [hot, heads, postings, keys] = sizes;
    for (std::size_t p = 0; p < population.patients(); ++p) {
      const std::span<const Row> rows = population.rows(p);
      const RunBytes run = encode_run(rows);
      Head head;
      head.last_number = head.events = static_cast<std::uint32_t>(rows.size());
      head.content = {run.hot_checksum, ~run.hot_checksum};  // any 128 bits: they do not pack
      head.runs.push_back(
          {rows.front().start.instant(), rows.back().start.instant(), p + 1, head.events, false, run.hot_checksum, 0});
      hot += static_cast<double>(run.hot.size());
      heads += static_cast<double>(encode(head).size());
      keys += static_cast<double>(head_key(0).size() + run_key(0, 0, 0).size());
    }
    for (const Bytes& run : encode_all(population.postings())) {
      postings += static_cast<double>(run.size());
      keys += static_cast<double>(postings_key(0, 0, 0).size());
    }
  }
  const auto& [hot, heads, postings, keys] = sizes;
  state.counters["run"] = hot / events;
  state.counters["head"] = heads / events;
  state.counters["postings"] = postings / events;
  state.counters["keys"] = keys / events;
  state.counters["total"] = (hot + heads + postings + keys) / events;
}
BENCHMARK_CAPTURE(bytes_per_event, days, false)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_per_event, timed, true)->Iterations(1)->Unit(benchmark::kMillisecond);

void encode_runs(benchmark::State& state) {
  const Population population(200, 100, false);
  std::size_t p = 0;
  for (auto _ : state) benchmark::DoNotOptimize(encode_run(population.rows(p++ % population.patients())));
  set_events(state, 100, encode_run(population.rows(0)).hot.size());
}
BENCHMARK(encode_runs);

void encode_postings(benchmark::State& state) {
  const std::vector<Posting> postings =
      Population(2'000, 100, false).postings()[static_cast<std::size_t>(state.range(0))];
  for (auto _ : state) benchmark::DoNotOptimize(encode_postings(postings));
  set_events(state, postings.size(), encode_postings(postings).bytes.size());
}
BENCHMARK(encode_postings)->ArgName("code")->Arg(1)->Arg(30);

constexpr std::array<const char*, 4> sets = {"plain", "sse4.1", "avx2", "neon"};

// Day and code of every event, over some megabytes of runs. Arguments: rows of a run, instruction set, timed.
void decode_time_and_code(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  if (!set_instruction_set(sets[static_cast<std::size_t>(state.range(1))]))
    return state.SkipWithError("this machine lacks it");
  const std::vector<RunBytes> runs = encode_all(Population(1'000'000 / rows, rows, state.range(2) != 0));
  RunColumns columns;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    for (const RunBytes& run : runs) {
      if (!decode_hot(run.hot, field_time | field_code, columns, run.hot_checksum))
        return state.SkipWithError("not decoded");
      sum += columns.day[rows - 1] + columns.code[rows - 1];
    }
  }
  benchmark::DoNotOptimize(sum);
  std::size_t bytes = 0;
  for (const RunBytes& run : runs) bytes += run.hot.size();
  set_events(state, runs.size() * rows, bytes);
}
BENCHMARK(decode_time_and_code)
    ->ArgNames({"rows", "set", "timed"})
    ->ArgsProduct({{100, 10'000}, {0, 1, 2, 3}, {0}})
    ->Args({100, 2, 1})
    ->Unit(benchmark::kMillisecond);

void decode_postings(benchmark::State& state, std::uint32_t fields) {
  if (!set_instruction_set(sets[static_cast<std::size_t>(state.range(0))]))
    return state.SkipWithError("this machine lacks it");
  const Population population(10'000, 100, false);
  const std::vector<Bytes> runs = encode_all(population.postings());
  PostingColumns columns;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    for (const Bytes& run : runs) {
      if (!decode_postings(run, fields, columns)) return state.SkipWithError("not decoded");
      sum += columns.patient[columns.count - 1];
    }
  }
  benchmark::DoNotOptimize(sum);
  std::size_t bytes = 0;
  for (const Bytes& run : runs) bytes += run.size();
  set_events(state, population.events(), bytes);
}
BENCHMARK_CAPTURE(decode_postings, patient, posting_field_patient)
    ->ArgName("set")
    ->DenseRange(0, 3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode_postings, patient_day_value, posting_field_patient | posting_field_day | posting_field_value)
    ->ArgName("set")
    ->DenseRange(0, 3)
    ->Unit(benchmark::kMillisecond);

void count_patients(benchmark::State& state) {
  const std::vector<Posting> postings = Population(1'000, 100, false).postings()[1];
  PostingColumns columns;
  if (!decode_postings(encode_postings(postings).bytes, posting_field_patient, columns))
    return state.SkipWithError("not decoded");
  const std::uint32_t* const patient = columns.patient.values();
  for (auto _ : state) {
    std::size_t patients = 1;
    for (std::size_t i = 1; i < columns.count; ++i) patients += patient[i] != patient[i - 1];
    benchmark::DoNotOptimize(patients);
  }
  set_events(state, columns.count);
}
BENCHMARK(count_patients);

}  // namespace
}  // namespace chartline::stored
