// What a Store is made of, for the files of engine/ that do its work.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/lasting_claim.h"
#include "base/thread_pool.h"
#include "engine/identity.h"
#include "engine/scrubber.h"
#include "engine/shard.h"
#include "engine/store.h"

namespace chartline::engine {

// The store's own description, in the catalogue: written at init, never changed by writing records.
struct StoreDescription {
  std::uint32_t format = format_version;
  std::string id;  // 32 hex digits, random
  std::uint32_t shards = 1;
  std::string zone = "UTC";
  std::uint64_t secret = 0;  // keys hashes of identifiers
};
Bytes encode(const StoreDescription& description);
Result<StoreDescription> decode_description(BytesView bytes);
inline constexpr const char* description_entry = "store";
// "started" while a bulk load takes its files in: a store found so was empty before, and is emptied again.
inline constexpr const char* bulk_marker = "bulk-load";
Result<StoreDescription> read_description(Backend& backend);

struct Store::Parts {
  std::shared_ptr<Backend> backend;
  SystemClock system_clock;
  StoreOptions options;
  StoreDescription description;
  std::shared_ptr<Identity> identity;
  std::shared_ptr<DecodedCache> cache;
  std::shared_ptr<RightOfWay> way = std::make_shared<RightOfWay>();  // of commits over those who read
  LastingClaim answers{*way};  // of those who answer once their entry of the audit is durable
  std::vector<std::unique_ptr<Shard>> shards;

  // Folds what is due and notes acknowledged positions, until the store closes.
  std::thread keeper;
  std::mutex keeper_mutex;
  std::condition_variable keeper_wakes;
  bool closing = false;
  void keep();

  std::unique_ptr<Scrubber> scrubber;  // null where it is off

  std::mutex batches_mutex;  // batch ids being written now
  std::condition_variable batch_done;
  std::set<std::string> batches;

  std::mutex helpers_mutex;
  std::unique_ptr<ThreadPool> helpers;  // null until somebody wants them

  std::mutex meta_mutex;                      // see lock_meta
  std::mutex maintenance_mutex;               // one backup or erasure at a time
  std::mutex terminology_mutex;               // beginning and finishing loads of terminology
  std::set<std::uint32_t> terminology_loads;  // their parts, unfinished

  ~Parts();
};

}  // namespace chartline::engine
