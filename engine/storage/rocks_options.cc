#include "engine/storage/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <memory>
#include <utility>

namespace chartline::engine {
namespace {

struct Profile {
  std::size_t block_bytes;
  rocksdb::CompressionType compression;
};

Profile profile(Table table) {
  constexpr std::size_t KiB = 1024;
  switch (table) {
    // Read by key while somebody waits: blocks near the size of one run. Heads, and what the runs of many patients have in
    // common, compress by a fifth though runs are packed already; a block from the disk takes some microseconds more.
    case Table::timeline: return {8 * KiB, rocksdb::kZSTD};
    // Two short entries of each patient, one of them under a hash, each looked up by itself.
    case Table::identity: return {4 * KiB, rocksdb::kZSTD};
    case Table::meta: return {4 * KiB, rocksdb::kNoCompression};
    // Runs of many kilobytes, packed already: a value is a block.
    case Table::postings: return {16 * KiB, rocksdb::kNoCompression};
    // Cold: read for one record at a time, or in order.
    case Table::changes:
    case Table::details:
    case Table::history:
    case Table::originals:
    case Table::terminology:
    case Table::audit: return {16 * KiB, rocksdb::kZSTD};
  }
  return {16 * KiB, rocksdb::kZSTD};
}

constexpr std::uint64_t file_bytes = 64 << 20;

// RocksDB's own log of what it does is not kept: a library that is built with assertions, as Debian's is, ends the process at
// the second line that cannot be written, which a full disk must not do. What goes wrong is told by statuses.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// The index and filter of one file take up to a hundredth of its size. Half of the cache is for them at most, and 400
// files stay below the usual limit of 1,024 with other shards and sockets beside them.
int open_files(const TablesOptions& options) {
  return static_cast<int>(std::clamp<std::uint64_t>(options.cache_bytes / 2 / (file_bytes / 100), 32, 400));
}

}  // namespace

rocksdb::DBOptions database_options(const RocksOpening& opening) {
  const TablesOptions& wanted = opening.options;
  rocksdb::DBOptions options;
  if (opening.env) options.env = opening.env.get();

  // Promises. A log that ends within a record was torn by the crash and nothing of it was acknowledged; a record that is
  // damaged before the end is an error, not an end.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.paranoid_checks = true;
  options.file_checksum_gen_factory = file_checksums();  // kept in the manifest: verify_files recomputes them
  options.allow_data_in_errors = false;                  // keys name patients
  options.atomic_flush = true;       // all tables reach their files together: what is durable is a prefix of the writes
  options.unordered_write = false;   // a snapshot is one moment
  options.manual_wal_flush = false;  // a write without sync survives the death of the process
  options.max_bgerror_resume_count = 0;  // fail stop: a failed write is never tried again in place

  // Memory and files are bounded whatever the size of the store.
  options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(wanted.write_buffer_bytes);
  options.max_total_wal_size = 4 * wanted.write_buffer_bytes;  // bounds the replay at open
  options.max_open_files = open_files(wanted);
  options.max_file_opening_threads = 2;

  // Background work yields to the answering of questions.
  options.max_background_jobs = 2;
  options.max_subcompactions = 1;
  options.bytes_per_sync = 1 << 20;  // compaction writes steadily, so that the sync of a commit does not wait behind it
  options.skip_stats_update_on_db_open = true;
  options.use_direct_reads = wanted.direct_reads;
  // Of what is read in order the system reads ahead: twice as fast where nothing is cached.
  options.advise_random_on_open = false;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;

  options.info_log = std::make_shared<NoLog>();
  return options;
}

std::shared_ptr<rocksdb::Cache> block_cache(const TablesOptions& options) {
  rocksdb::LRUCacheOptions cache;
  cache.capacity = options.cache_bytes;
  cache.high_pri_pool_ratio = 0.3;  // indexes and filters stay when a scan passes through
  cache.metadata_charge_policy = rocksdb::kFullChargeCacheMetadata;
  return rocksdb::NewLRUCache(cache);
}

bool has_filter_at_the_bottom(Table table) {
  switch (table) {
    case Table::timeline:
    case Table::details:
    case Table::history:
    case Table::postings:
    case Table::originals: return false;
    case Table::meta:
    case Table::changes:
    case Table::identity:
    case Table::terminology:
    case Table::audit: return true;
  }
  return true;
}

rocksdb::ColumnFamilyOptions table_options(Table table, const TablesOptions& options,
                                           std::shared_ptr<rocksdb::Cache> cache) {
  const Profile chosen = profile(table);

  rocksdb::BlockBasedTableOptions format;
  format.format_version = 5;
  format.checksum = rocksdb::kXXH3;
  format.block_size = chosen.block_bytes;
  format.block_cache = std::move(cache);
  // Indexes and filters count towards the cache, and stay there while their file is open, so that a read does not look
  // them up (a tenth of its time). The number of open files bounds them: see open_files().
  format.cache_index_and_filter_blocks = true;
  format.cache_index_and_filter_blocks_with_high_priority = true;
  format.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  // A point read touches the one file that has the key: above the bottom level by filters, there by its order.
  format.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  format.optimize_filters_for_memory = true;

  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(format));
  family.optimize_filters_for_hits = !has_filter_at_the_bottom(table);
  // What a flush writes is soon written again: only from there on is it worth the time.
  family.compression_per_level = {rocksdb::kNoCompression, chosen.compression};
  family.bottommost_compression = chosen.compression;
  family.compression_opts.level = 1;
  // The write buffer manager bounds all tables together; one alone may fill half of that.
  family.write_buffer_size = std::max<std::uint64_t>(options.write_buffer_bytes / 2, 1 << 20);
  family.max_write_buffer_number = 3;
  // Most of what is asked for by key is not among what was written last: a filter spares the search there.
  if (table == Table::timeline || table == Table::details || table == Table::identity || table == Table::originals) {
    family.memtable_prefix_bloom_size_ratio = 0.03;
    family.memtable_whole_key_filtering = true;
  }
  family.level_compaction_dynamic_level_bytes = true;  // one tenth of space above the bottom level at most
  family.compaction_pri = rocksdb::kMinOverlappingRatio;
  family.target_file_size_base = file_bytes;
  family.force_consistency_checks = true;
  return family;
}

}  // namespace chartline::engine
