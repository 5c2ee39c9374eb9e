// The file system below RocksDB, without ways in which it would lose what was acknowledged, with logs that have room ahead
// (rocks_log_room.h), and with files that come by pieces where they are read often: ByPieces.
//
// A file that is read from its beginning on does not end before its end: RocksDB takes a log or a manifest that ends early for one
// whose tail was torn by a crash, opens without what it held, and deletes it; so a read that falls short once, of a disk that is
// well the next time, would cost all behind it. And files are taken in whole and kept while the manifest may name them: TakingIn.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace chartline::engine {

// While one of these stands, its thread takes files into a database. RocksDB 7.8 takes a file whose first block it could not read for one
// without keys, and puts what comes later below it or beside it; where it could read the first and not the last, it ends the process. So
// whoever takes files in reads the ends of each before, while a Keeping stands, and RocksDB is given the bytes that were read then. And
// no file is deleted: where the manifest cannot be synced after files were taken in, RocksDB deletes them, though what names them may be
// on the disk already, and the database could not be opened again. What nothing names is swept when it is next opened.
class TakingIn {
 public:
  TakingIn();
  ~TakingIn();
  TakingIn(const TakingIn&) = delete;
  TakingIn& operator=(const TakingIn&) = delete;

  class Keeping {
   public:
    Keeping();
    ~Keeping();
    Keeping(const Keeping&) = delete;
    Keeping& operator=(const Keeping&) = delete;
  };
};

// While one of these stands that is `wanted`, its thread reads a block here and one there, as whoever asks for one patient after
// another does. A file that was read so half as many times as it has pieces of 256 KiB comes into the system's cache by pieces from
// then on: one with each read, from where that was, each once while the file is open, and nobody waits for it. Who asks once thus
// waits for a block and no more, and a file that memory does not hold is read again block by block.
class ByPieces {
 public:
  explicit ByPieces(bool wanted);
  ~ByPieces();
  ByPieces(const ByPieces&) = delete;
  ByPieces& operator=(const ByPieces&) = delete;

 private:
  const bool outer_;
};

// `below` null: over the system's own files.
std::shared_ptr<rocksdb::Env> careful_files(const std::shared_ptr<rocksdb::Env>& below);

}  // namespace chartline::engine
