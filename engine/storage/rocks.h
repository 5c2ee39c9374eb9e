// The tables of one shard over RocksDB: one database a shard, one column family a table. Nothing of RocksDB shows here;
// only the sources rocks*.cc include its headers, and only rocks_status.cc turns its words into Errors.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/storage/backend.h"
#include "engine/storage/tables.h"

namespace rocksdb {
class Env;
}

namespace chartline::engine {

struct RocksOpening {
  std::string folder;  // of this database alone; made where it is absent and not read_only
  std::string place;   // how errors name it: "shard 3"
  TablesOptions options;
  std::function<bool()> may_write;  // asked before each write; false (the lease is lost) closes the shard. Empty: always
  std::shared_ptr<rocksdb::Env> env;  // null: the system's own files (tests give one that fails: rocks_faulty_fs.h)
};

// corrupt where a file of the database is missing or damaged, unsupported where a newer build has written it, not_found
// where it is absent and opened read_only. The log is replayed up to a torn tail; damage before that is corrupt.
Result<std::unique_ptr<Tables>> open_rocks(RocksOpening opening);

}  // namespace chartline::engine
