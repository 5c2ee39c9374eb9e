// The file system below RocksDB, without two ways in which it would lose what was acknowledged, and with logs that have room ahead
// (rocks_log_room.h).
//
// A file that is read from its beginning on does not end before its end: RocksDB takes a log or a manifest that ends early for one
// whose tail was torn by a crash, opens without what it held, and deletes it; so a read that falls short once, of a disk that is
// well the next time, would cost all behind it. And files may be kept while the manifest may name them: KeptFiles.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace chartline::engine {

// While one of these stands, its thread deletes no file of a database. Where the manifest cannot be synced after files were taken
// in, RocksDB deletes them, though what names them may be on the disk already, and the database could not be opened again.
// What nothing names is swept when it is next opened.
class KeptFiles {
 public:
  KeptFiles();
  ~KeptFiles();
  KeptFiles(const KeptFiles&) = delete;
  KeptFiles& operator=(const KeptFiles&) = delete;
};

// `below` null: over the system's own files.
std::shared_ptr<rocksdb::Env> careful_files(const std::shared_ptr<rocksdb::Env>& below);

}  // namespace chartline::engine
