// Progress: a bar with rate and time left, drawn on a terminal once the work has taken half a second. Thread safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/console.h"

namespace chartline::cli {

enum class Unit : std::uint8_t { bytes, records, patients, steps };

struct ProgressState {
  std::string_view label;
  Unit unit = Unit::steps;
  std::uint64_t done = 0;
  std::uint64_t of = 0;  // 0: nobody knows
  double seconds = 0;    // since the start
};
// One line, at most look.width - 1 columns: "import  ██████░░░░  62 %  1.2 of 2.0 GB  85 MB/s  0:12 left".
std::string progress_line(const ProgressState& state, const Look& look);

class Progress {
 public:
  Progress(Console& console, std::string_view label, Unit unit);
  ~Progress();  // takes the line away
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t done, std::uint64_t of);

 private:
  using Clock = std::chrono::steady_clock;
  Console& console_;
  const std::string label_;
  const Unit unit_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  Clock::time_point drawn_{};
};

}  // namespace chartline::cli
