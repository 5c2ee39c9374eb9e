// What is done with whole files of a database: writing sorted ones for a bulk load, taking them in, checking them,
// naming them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/storage/tables.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace chartline::engine {

using TableHandles = std::array<rocksdb::ColumnFamilyHandle*, table_count>;

// Errors name `place` ("shard 3"). The file is removed again unless it was taken in.
Result<std::unique_ptr<SortedFile>> sorted_file(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* handle, Table table,
                                                const std::string& path, const std::string& place);
Result<void> ingest_files(rocksdb::DB& database, const TableHandles& handles,
                          std::span<const std::unique_ptr<SortedFile>> files, const std::string& place);

Result<std::uint64_t> verify_database_files(rocksdb::DB& database, std::uint64_t bytes_per_second,
                                            const std::function<bool()>& stop, const std::string& place);

// Every file below the folder but locks: those that RocksDB has yet to delete may hold record bytes as well.
Result<std::vector<std::string>> files_below(const std::string& folder);

}  // namespace chartline::engine
