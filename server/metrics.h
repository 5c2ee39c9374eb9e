// Metrics: counters, gauges and histograms, told as Prometheus text. Names, help and labels are literals of the source, so that no
// patient, user or query can become one. Counting is a relaxed atomic step, from any thread.
//
//   Metrics metrics;
//   Counter& refused = metrics.counter("chartline_logins_refused_total", "Logins refused", {"by", "token"});
//   ++refused;
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "server/literal.h"

namespace chartline::server {

class Counter {
 public:
  void operator++() { add(1); }
  void add(std::uint64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

// Durations in fixed buckets, from 10 microseconds to 100 seconds: 1, 2, 5, 10, 20, 50 ...
class Histogram {
 public:
  static constexpr std::size_t bounds = 22;
  static std::uint64_t bound_micros(std::size_t i);

  void observe(std::uint64_t micros);
  std::uint64_t count() const;
  std::uint64_t sum_micros() const { return sum_.load(std::memory_order_relaxed); }
  std::uint64_t at_most(std::size_t i) const;  // of bucket 0 to i; bucket `bounds` is everything beyond

  // The value that a share q of all did not exceed, taken evenly within a bucket; 0 where nothing was observed, the last bound
  // where it lies beyond.
  double quantile_seconds(double q) const;

 private:
  std::array<std::atomic<std::uint64_t>, bounds + 1> buckets_{};
  std::atomic<std::uint64_t> sum_ = 0;
};

struct Label {
  Literal name;
  Literal value;
};

// Made and filled before the threads that count; what it gives lives as long as it does.
class Metrics {
 public:
  Counter& counter(Literal name, Literal help, std::optional<Label> label = {});
  Gauge& gauge(Literal name, Literal help, std::optional<Label> label = {});
  Histogram& histogram(Literal name, Literal help, std::optional<Label> label = {});

  // Prometheus text, version 0.0.4. Beside each histogram NAME stand its p50, p90 and p99 as NAME_quantile.
  std::string text() const;

 private:
  template <typename Instrument>
  struct Named {
    Literal name, help;
    std::optional<Label> label;
    Instrument instrument{};
    Named(Literal n, Literal h, std::optional<Label> l) : name(n), help(h), label(l) {}
  };
  std::deque<Named<Counter>> counters_;
  std::deque<Named<Gauge>> gauges_;
  std::deque<Named<Histogram>> histograms_;
};

}  // namespace chartline::server
