// The time of the hot paths, with events and bytes a second; and, for who counts their instructions:
//
//   paths_bench [--benchmark_filter=...]
//   paths_bench --repeat PATH TIMES      prepares PATH, does it twice to be warm, then so many times; prints the events of one
//                                        time. Under callgrind with --instr-atstart=no only those times are counted
//   paths_bench --list
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench/hot_paths.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

namespace chartline::bench {
namespace {

void measure(benchmark::State& state, const HotPath& path) {
  const auto work = path.prepare();
  Done all;
  for (auto _ : state) {
    const Done done = work();
    all.events += done.events, all.bytes += done.bytes;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(all.events));
  if (all.bytes > 0) state.SetBytesProcessed(static_cast<std::int64_t>(all.bytes));
}

int repeat(const char* name, int times) {
  for (const HotPath& path : hot_paths()) {
    if (path.name != name) continue;
    const auto work = path.prepare();
    Done done;
    for (int i = 0; i < 2; ++i) work();
    CALLGRIND_START_INSTRUMENTATION;
    for (int i = 0; i < times; ++i) done = work();
    CALLGRIND_STOP_INSTRUMENTATION;
    std::printf("%llu\n", static_cast<unsigned long long>(done.events));
    return 0;
  }
  return std::fprintf(stderr, "paths_bench: there is no path %s\n", name), 2;
}

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  if (argc == 4 && std::strcmp(argv[1], "--repeat") == 0) return repeat(argv[2], std::atoi(argv[3]));
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const HotPath& path : hot_paths()) std::puts(path.name.c_str());
    return 0;
  }
  for (const HotPath& path : hot_paths())
    benchmark::RegisterBenchmark(path.name.c_str(), [&path](benchmark::State& state) { measure(state, path); })
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
