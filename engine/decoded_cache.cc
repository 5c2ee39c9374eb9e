#include "engine/decoded_cache.h"

#include <algorithm>
#include <bit>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>
#include <mutex>
#include <utility>

#include "base/hash.h"

namespace chartline::engine {
namespace {

namespace intrusive = boost::intrusive;

constexpr std::size_t part_bits = 4;
constexpr std::size_t part_count = std::size_t{1} << part_bits;
constexpr std::uint64_t bytes_for_each_seen = 256;
constexpr std::uint64_t bytes_for_each_change = 256;
constexpr std::size_t buckets_min = 64;
constexpr std::uint64_t passing_for_each_kept = 64;  // so that what nobody asks for any more leaves in the end

std::uint64_t hash_of(const DecodedCache::Key& key) {
  static_assert(sizeof key == 24, "a key has no padding");
  return hash64({reinterpret_cast<const char*>(&key), sizeof key});
}

}  // namespace

struct DecodedCache::Item : intrusive::list_base_hook<>, intrusive::unordered_set_base_hook<intrusive::store_hash<true>> {
  Item(const DecodedCache::Key& its_key, std::uint64_t its_hash, std::shared_ptr<const void> its_value,
       std::size_t its_bytes)
      : key(its_key), hash(its_hash), value(std::move(its_value)), bytes(its_bytes) {}
  const DecodedCache::Key key;
  const std::uint64_t hash;
  std::shared_ptr<const void> value;
  std::size_t bytes;   // with the item itself
  bool asked = false;  // since it came to the front

  friend bool operator==(const Item& a, const Item& b) { return a.key == b.key; }
  friend std::size_t hash_value(const Item& item) { return item.hash; }
};

// One sixteenth of the cache, with its own lock.
struct DecodedCache::Part {
  using Set = intrusive::unordered_set<Item, intrusive::power_2_buckets<true>>;
  using List = intrusive::list<Item>;

  Part() : buckets(buckets_min), set(Set::bucket_traits(buckets.data(), buckets.size())) {}
  ~Part() { clear(); }

  Item* find(const Key& key, std::uint64_t hash) {
    const auto same = [](const Key& k, const Item& item) { return k == item.key; };
    const auto at = set.find(
        key, [hash](const Key&) { return hash; }, same);
    return at == set.end() ? nullptr : &*at;
  }
  Item* find_counted(const Key& key, std::uint64_t hash) {
    Item* item = find(key, hash);
    ++(item ? hits : misses);
    return item;
  }
  void add(Item& item) {
    if (set.size() == buckets.size()) grow();
    set.insert(item);
    newest_first.push_front(item);
    bytes += item.bytes;
  }
  void drop(Item& item) {
    bytes -= item.bytes;
    set.erase(set.iterator_to(item));
    newest_first.erase(newest_first.iterator_to(item));
    delete &item;
  }
  // What was asked for goes to the front instead of out, once: to move it there at every hit would touch its neighbours too,
  // each of them a miss of the processor's cache.
  void make_room() {
    while (held() > bytes_max && !newest_first.empty()) {
      Item& oldest = newest_first.back();
      if (!std::exchange(oldest.asked, false)) {
        drop(oldest);
      } else {
        newest_first.splice(newest_first.begin(), newest_first, newest_first.iterator_to(oldest));
      }
    }
  }
  void clear() {
    while (!newest_first.empty()) drop(newest_first.back());
  }
  void grow() {
    std::vector<Set::bucket_type> more(buckets.size() * 2);
    set.rehash(Set::bucket_traits(more.data(), more.size()));
    buckets.swap(more);
  }
  bool has_room() const { return held() < bytes_max - bytes_max / 16; }
  std::size_t held() const { return bytes + buckets.size() * sizeof(Set::bucket_type); }

  std::mutex mutex;
  std::vector<Set::bucket_type> buckets;
  Set set;
  List newest_first;
  std::size_t bytes = 0;
  std::size_t bytes_max = 0;
  std::uint64_t hits = 0, misses = 0;
};

DecodedCache::DecodedCache(std::uint64_t bytes_max)
    : parts_(new Part[part_count]),
      seen_(std::bit_floor(bytes_max / bytes_for_each_seen | 1)),
      changes_(std::bit_floor(bytes_max / bytes_for_each_change | 1)) {
  const std::uint64_t tables = seen_.size() * sizeof seen_[0] + changes_.size() * sizeof changes_[0];
  const std::uint64_t left = bytes_max - std::min(bytes_max, tables);
  for (std::size_t i = 0; i < part_count; ++i) parts_[i].bytes_max = left / part_count;
}
DecodedCache::~DecodedCache() = default;

DecodedCache::Part& DecodedCache::part_of(std::uint64_t hash) const { return parts_[hash >> (64 - part_bits)]; }

bool DecodedCache::admits(const Key& key, bool passing) {
  const std::uint64_t hash = hash_of(key);
  const auto fingerprint = static_cast<std::uint32_t>(hash >> 24) | 1;
  if (seen_[hash & (seen_.size() - 1)].exchange(fingerprint, std::memory_order_relaxed) != fingerprint) return false;
  if (!passing) return true;
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  return part.has_room() || part.misses % passing_for_each_kept == 0;
}

std::atomic<std::uint64_t>& DecodedCache::change_of(const Key& key) const {
  Key without = key;
  without.run = 0;
  return changes_[hash_of(without) & (changes_.size() - 1)];
}

// One fold of a shard at a time, but shards share the places: the later serial stays.
void DecodedCache::changed(const Key& key) {
  std::atomic<std::uint64_t>& place = change_of(key);
  for (std::uint64_t last = place.load(); last < key.run && !place.compare_exchange_weak(last, key.run);) {
  }
}

void DecodedCache::all_changed(std::uint64_t serial) {
  for (std::atomic<std::uint64_t>& place : changes_)
    for (std::uint64_t last = place.load(); last < serial && !place.compare_exchange_weak(last, serial);) {
    }
}

DecodedCache::Key DecodedCache::settled(Key key) const {
  key.run = std::min(key.run, change_of(key).load(std::memory_order_relaxed));
  return key;
}

std::shared_ptr<const void> DecodedCache::find_any(const Key& key) {
  const std::uint64_t hash = hash_of(key);
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  Item* item = part.find_counted(key, hash);
  if (!item) return nullptr;
  item->asked = true;
  return item->value;
}

std::shared_ptr<const void> DecodedCache::take_any(const Key& key) {
  const std::uint64_t hash = hash_of(key);
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  Item* item = part.find_counted(key, hash);
  if (!item) return nullptr;
  std::shared_ptr<const void> value = std::move(item->value);
  part.drop(*item);
  return value;
}

std::shared_ptr<const void> DecodedCache::keep_any(const Key& key, std::shared_ptr<const void> value, std::size_t bytes,
                                                   Place place) {
  const std::uint64_t hash = hash_of(key);
  Part& part = part_of(hash);
  auto item = std::make_unique<Item>(key, hash, std::move(value), bytes + sizeof(Item));
  const std::lock_guard lock(part.mutex);
  if (Item* old = part.find(key, hash)) {
    if (place == Place::left) return old->value;
    part.drop(*old);
  }
  if (item->bytes > part.bytes_max) return nullptr;
  part.add(*item.release());
  part.make_room();
  return nullptr;
}

void DecodedCache::clear() {
  for (std::size_t i = 0; i < part_count; ++i) {
    const std::lock_guard lock(parts_[i].mutex);
    parts_[i].clear();
  }
}

std::uint64_t DecodedCache::hits() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < part_count; ++i) {
    const std::lock_guard lock(parts_[i].mutex);
    sum += parts_[i].hits;
  }
  return sum;
}

std::uint64_t DecodedCache::misses() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < part_count; ++i) {
    const std::lock_guard lock(parts_[i].mutex);
    sum += parts_[i].misses;
  }
  return sum;
}

std::uint64_t DecodedCache::bytes() const {
  std::uint64_t sum = seen_.size() * sizeof seen_[0] + changes_.size() * sizeof changes_[0];
  for (std::size_t i = 0; i < part_count; ++i) {
    const std::lock_guard lock(parts_[i].mutex);
    sum += parts_[i].held();
  }
  return sum;
}

}  // namespace chartline::engine
