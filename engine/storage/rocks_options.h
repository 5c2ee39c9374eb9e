// How RocksDB is set up, each setting with its reason (in the source).
#pragma once

#include <memory>

#include "engine/storage/rocks.h"
#include "engine/storage/tables.h"

namespace rocksdb {
class Cache;
struct ColumnFamilyOptions;
struct DBOptions;
class FileChecksumGenFactory;
class FileChecksumGenerator;
}  // namespace rocksdb

namespace chartline::engine {

rocksdb::DBOptions database_options(const RocksOpening& opening);
std::shared_ptr<rocksdb::Cache> block_cache(const TablesOptions& options);
rocksdb::ColumnFamilyOptions table_options(Table table, const TablesOptions& options,
                                           std::shared_ptr<rocksdb::Cache> cache);

// Whether the files of the bottom level have filters, as those above have. Runs and originals are read by names that heads and
// directories gave, so that the key is there: a filter of the level that holds nearly everything would say yes, and take ten
// bits for each key, in memory too, eight bytes while the file is written.
bool has_filter_at_the_bottom(Table table);

// Whole-file checksums with XXH3: many times as fast as the CRC32C of a library built without the processor's instruction.
std::shared_ptr<rocksdb::FileChecksumGenFactory> file_checksums();
std::unique_ptr<rocksdb::FileChecksumGenerator> file_checksum();

}  // namespace chartline::engine
