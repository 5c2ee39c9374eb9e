// What every measuring program shares: a stopwatch, percentiles, and the line in which it reports a figure.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"

namespace chartline::bench {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double micros() const { return seconds() * 1e6; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// One figure: who, what, how much; a line of tab-separated values that bench/report.mjs reads.
inline void report(const char* who, const char* figure, double amount) {
  std::printf("%s\t%s\t%.9g\n", who, figure, amount);
  std::fflush(stdout);
}

// Mean, median and 99th percentile of times, under the names FIGURE.mean_us, FIGURE.p50_us and FIGURE.p99_us.
inline void report_times(const char* who, const std::string& figure, std::vector<double> micros) {
  if (micros.empty()) return;
  std::sort(micros.begin(), micros.end());
  double sum = 0;
  for (const double each : micros) sum += each;
  report(who, (figure + ".mean_us").c_str(), sum / static_cast<double>(micros.size()));
  report(who, (figure + ".p50_us").c_str(), micros[micros.size() / 2]);
  report(who, (figure + ".p99_us").c_str(), micros[micros.size() * 99 / 100]);
}

inline double peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

// Processor time of all threads so far.
inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <typename T>
T or_stop(Result<T> result) {
  if (!result) std::fprintf(stderr, "bench: %s\n", result.error().message.c_str()), std::exit(1);
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

// What all stores must agree on. Each fact mixes the fields of one event, so that a value which stands beside the wrong
// time or patient shows; sums, so that order does not count. Every peer computes the same in its own language.
struct Fingerprint {
  std::uint64_t events = 0, with_value = 0;
  std::int64_t hundredths = 0;  // of all values
  std::int64_t seconds = 0;     // since 1970, of all times
  std::int64_t mixed = 0;

  // `hundredths_or` is -1 where the event has no value.
  void add(std::int64_t patient, std::int64_t at_seconds, std::string_view code, std::int64_t hundredths_or) {
    ++events;
    seconds += at_seconds;
    if (hundredths_or >= 0) ++with_value, hundredths += hundredths_or;
    const std::int64_t word = static_cast<std::int64_t>(code.size()) * 128 + code.back();
    mixed += (at_seconds % 86'423 + word) * (hundredths_or + 2) % 1'000'003 * (patient % 1'009 + 1);
  }
  void print(const char* who) const {
    std::printf("%s\tfingerprint\t%llu/%llu/%lld/%lld/%lld\n", who, static_cast<unsigned long long>(events),
                static_cast<unsigned long long>(with_value), static_cast<long long>(hundredths),
                static_cast<long long>(seconds), static_cast<long long>(mixed));
    std::fflush(stdout);
  }
};

// The patients whose timelines are asked for: the same in every store.
inline constexpr std::uint64_t question_seed = 20'240'301;
inline constexpr std::uint64_t cold_reads_divisor = 5;  // reads from the disk take long: fewer of them

}  // namespace chartline::bench
