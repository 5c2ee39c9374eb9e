#include "engine/scrubber.h"

#include <algorithm>

namespace chartline::engine {
namespace {

constexpr std::uint64_t bytes_per_second_min = 256u << 10;
constexpr auto between_rounds = std::chrono::hours(24);

}  // namespace

Scrubber::Scrubber(std::span<const std::unique_ptr<Shard>> shards, Clock& clock, std::uint64_t bytes_per_second)
    : shards_(shards),
      clock_(clock),
      bytes_per_second_(std::max(bytes_per_second, bytes_per_second_min)),
      thread_([this] { run(); }) {}

Scrubber::~Scrubber() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  thread_.join();
}

void Scrubber::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    std::uint64_t damaged = 0;
    const bool whole = round(damaged);
    lock.lock();
    if (!whole) return;
    damaged_shards_ = damaged, last_finished_ = clock_.now();
    wakes_.wait_for(lock, between_rounds, [&] { return stopping_.load(); });
  }
}

bool Scrubber::round(std::uint64_t& damaged) {
  for (const auto& shard : shards_) {
    const auto read = shard->tables()->verify_files(bytes_per_second_, [&] { return stopping_.load(); });
    if (stopping_) return false;
    damaged += !read;
  }
  return true;
}

}  // namespace chartline::engine
