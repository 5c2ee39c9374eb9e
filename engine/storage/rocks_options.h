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

// Whole-file checksums with XXH3: many times as fast as the CRC32C of a library built without the processor's instruction.
std::shared_ptr<rocksdb::FileChecksumGenFactory> file_checksums();
std::unique_ptr<rocksdb::FileChecksumGenerator> file_checksum();

}  // namespace chartline::engine
