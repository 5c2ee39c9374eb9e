// A note: a few bytes that are replaced in place, often, and durably, at the price of one sync. A write that is torn by a
// crash leaves what was there before.
//
// note file := slot[2] of 2048 bytes each, written in turn
// slot      := "CLNOTE1\0" turn:u64 length:u32 bytes[length] hash64 of all before:u64, zeros to the end
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/storage/disk.h"

namespace chartline::engine {

class NoteFile {
 public:
  explicit NoteFile(std::string path) : path_(std::move(path)) {}

  Result<void> write(BytesView bytes);  // at most note_bytes_max
  // nullopt where none was written; corrupt where neither slot is whole.
  Result<std::optional<Bytes>> read();

 private:
  struct Latest {
    std::uint64_t turn = 0;  // 0: none was written
    Bytes bytes;
  };
  Result<Latest> latest();
  Result<void> open_for_writing();

  std::mutex mutex_;
  std::string path_;
  OpenFile file_;           // open for writing from the first write on
  std::uint64_t turn_ = 0;  // of the last write
};

}  // namespace chartline::engine
