#include "server/cursors.h"

#include <utility>

#include "server/random_name.h"

namespace chartline::server {
Cursors::Cursors(std::size_t most, std::uint32_t seconds, Clock& clock)
    : most_(most), lasts_(Micros{seconds} * 1'000'000), clock_(clock) {}

std::string Cursors::keep(const std::string& user, Reading reading) {
  const Micros now = clock_.now();
  const std::lock_guard lock(mutex_);
  drop_expired(now);
  while (kept_.size() >= most_ && !oldest_first_.empty()) {
    kept_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  std::string name = random_name();
  oldest_first_.push_back(name);
  kept_.emplace(name, Kept{user, std::move(reading), now + lasts_, std::prev(oldest_first_.end())});
  return name;
}

Result<Reading> Cursors::find(const std::string& user, const std::string& cursor) {
  const Micros now = clock_.now();
  const std::lock_guard lock(mutex_);
  drop_expired(now);
  const auto found = kept_.find(cursor);
  if (found == kept_.end() || found->second.user != user)
    return not_found("the cursor has expired: read the timeline again");
  return found->second.reading;
}

void Cursors::drop_expired() {
  const Micros now = clock_.now();
  const std::lock_guard lock(mutex_);
  drop_expired(now);
}

void Cursors::clear() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
  oldest_first_.clear();
}

// All last equally long, so that the oldest expire first.
void Cursors::drop_expired(Micros now) {
  while (!oldest_first_.empty()) {
    const auto oldest = kept_.find(oldest_first_.front());
    if (oldest->second.until > now) return;
    kept_.erase(oldest);
    oldest_first_.pop_front();
  }
}

std::size_t Cursors::size() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

}  // namespace chartline::server
