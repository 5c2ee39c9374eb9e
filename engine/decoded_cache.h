// DecodedCache: what was decoded lately, shared by all readers of a store and bounded in bytes. Its keys name immutable
// things - a run, a page of one Base - so nothing in it ever turns wrong: what is no longer asked for ages out.
//
// A scan over many patients would only push out what is used again. Therefore readers keep what they decode if admits()
// says so: it does the second time that a key is asked for, as far as a small table of fingerprints remembers.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

namespace chartline::engine {

class DecodedCache {
 public:
  // What a key names; each sort has one type of value.
  enum class Sort : std::uint32_t {
    run,
    past_run,
    postings,
    removals,
    directory,
    demographics,
    head,
    names,
    identifiers,
    atlas,
    last_changes
  };
  struct Key {
    Sort sort;
    std::uint32_t shard;
    std::uint64_t owner;  // patient, code or block; of names: the hash of a value
    std::uint64_t run;    // or serial of the Base, or of Identity's fold
    friend bool operator==(const Key&, const Key&) = default;
  };

  explicit DecodedCache(std::uint64_t bytes_max);
  ~DecodedCache();
  DecodedCache(const DecodedCache&) = delete;
  DecodedCache& operator=(const DecodedCache&) = delete;

  template <typename T>
  std::shared_ptr<const T> find(const Key& key) {
    return std::static_pointer_cast<const T>(find_any(key));
  }
  // The same, and lets go of it: for who is going to change it.
  template <typename T>
  std::shared_ptr<const T> take(const Key& key) {
    return std::static_pointer_cast<const T>(take_any(key));
  }
  // Takes the place of what is there under the same key. `bytes`: what the value holds; one too large for the cache is not kept.
  template <typename T>
  void keep(const Key& key, std::shared_ptr<const T> value, std::size_t bytes) {
    keep_any(key, std::move(value), bytes, Place::taken);
  }
  // The same, unless another has kept one meanwhile: gives the one that is there, for what is added to after it is kept.
  template <typename T>
  std::shared_ptr<const T> keep_first(const Key& key, std::shared_ptr<const T> value, std::size_t bytes) {
    if (auto first = std::static_pointer_cast<const T>(keep_any(key, value, bytes, Place::left))) return first;
    return value;
  }
  // Who passes by everyone, again and again maybe, would find none of them again where they are more than there is room for: takes no
  // place from others, but now and then.
  bool admits(const Key& key, bool passing = false);

  // What a fold changes is told with its keys, under the serial of the base that it makes, before that base is shown to
  // anybody. What it did not change is the same in both bases: settled() gives the key under which it is kept, from one
  // that has the serial of its reader's base. Kept by hash, so that something may count as changed that was not.
  void changed(const Key& key);
  void all_changed(std::uint64_t serial);
  Key settled(Key key) const;

  // Lets go of everything: after an erasure, so that nothing of the patient stays in memory for longer than a reader holds it.
  void clear();

  std::uint64_t hits() const;
  std::uint64_t misses() const;
  std::uint64_t bytes() const;  // held, with what the cache itself takes; beyond its empty tables (16 KiB) at most bytes_max

 private:
  struct Item;
  struct Part;
  Part& part_of(std::uint64_t hash) const;
  std::shared_ptr<const void> find_any(const Key& key);
  std::shared_ptr<const void> take_any(const Key& key);
  enum class Place : std::uint8_t { taken, left };  // where something is there already
  std::shared_ptr<const void> keep_any(const Key& key, std::shared_ptr<const void> value, std::size_t bytes,
                                       Place place);  // gives what was left

  std::unique_ptr<Part[]> parts_;
  std::atomic<std::uint64_t>& change_of(const Key& key) const;

  std::vector<std::atomic<std::uint32_t>> seen_;             // fingerprints of keys asked for, by hash
  mutable std::vector<std::atomic<std::uint64_t>> changes_;  // serials of the last changes, by hash of the keys without them
};

}  // namespace chartline::engine
