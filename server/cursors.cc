#include "server/cursors.h"

#include <algorithm>
#include <utility>

#include "server/random_name.h"

namespace chartline::server {
Cursors::Cursors(std::size_t most, std::size_t most_of_user, std::uint32_t seconds, Clock& clock)
    : most_(most), most_of_user_(most_of_user), lasts_(Micros{seconds} * 1'000'000), clock_(clock) {}

std::string Cursors::keep(const std::string& user, Reading reading) {
  const Micros now = clock_.now();
  const std::lock_guard lock(mutex_);
  drop_expired(now);
  if (const auto own = of_user_.find(user); own != of_user_.end() && own->second >= most_of_user_) {
    const auto is_own = [&](const std::string& name) { return kept_.at(name).user == user; };
    forget(std::ranges::find_if(oldest_first_, is_own));
  }
  while (kept_.size() >= most_ && !oldest_first_.empty()) forget(oldest_first_.begin());
  std::string name = random_name();
  oldest_first_.push_back(name);
  ++of_user_[user];
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
  of_user_.clear();
  oldest_first_.clear();
}

// All last equally long, so that the oldest expire first.
void Cursors::drop_expired(Micros now) {
  while (!oldest_first_.empty()) {
    const auto oldest = kept_.find(oldest_first_.front());
    if (oldest->second.until > now) return;
    forget(oldest_first_.begin());
  }
}

void Cursors::forget(std::list<std::string>::iterator oldest) {
  const auto kept = kept_.find(*oldest);
  const auto own = of_user_.find(kept->second.user);
  if (--own->second == 0) of_user_.erase(own);
  kept_.erase(kept);
  oldest_first_.erase(oldest);
}

std::size_t Cursors::size() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

}  // namespace chartline::server
