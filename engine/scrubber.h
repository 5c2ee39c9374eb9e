// Scrubber: reads every file of the store against its checksum, over and over, at a pace that nobody notices. What it found
// stands in the store's statistics.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/shard.h"

namespace chartline::engine {

class Scrubber {
 public:
  // Faster than asked where less than 256 KiB per second is: so that it stops within about a second.
  Scrubber(std::span<const std::unique_ptr<Shard>> shards, Clock& clock, std::uint64_t bytes_per_second);
  ~Scrubber();  // stops
  Scrubber(const Scrubber&) = delete;
  Scrubber& operator=(const Scrubber&) = delete;

  Micros last_finished() const { return last_finished_; }           // 0: none yet
  std::uint64_t damaged_shards() const { return damaged_shards_; }  // in the last whole round

 private:
  void run();
  bool round(std::uint64_t& damaged);  // false where it was stopped

  std::span<const std::unique_ptr<Shard>> shards_;
  Clock& clock_;
  const std::uint64_t bytes_per_second_;
  std::atomic<Micros> last_finished_ = 0;
  std::atomic<std::uint64_t> damaged_shards_ = 0;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace chartline::engine
