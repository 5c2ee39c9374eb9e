// Logs with room ahead. A file that grows with each commit costs its file system an entry in a journal of its own at each sync; one
// that is written over does not, and the sync takes two thirds of the time. So a log is given zeros to be written over, some at a
// time, and loses what is left of them when it is closed.
//
//   log := record* zeros                         (after a crash; a log that was closed ends with its last record)
//
// A power cut may leave any of the 512-byte sectors that were not synced as they were: zeros. So where the log ends is
// looked for before it is read: at the first record that is missing, of which a whole sector is, or which stops short and has
// nothing behind it. From there on nothing was acknowledged, because a sync covers all that was written before it. A record that
// is damaged in another way is no end. Damage that zeroes a whole sector looks the same as a power cut: that more was acknowledged
// only the position note beside the shard tells.
#pragma once

#include <cstdint>
#include <memory>

namespace rocksdb {
class FSSequentialFile;
class FSWritableFile;
class IOStatus;
}  // namespace rocksdb

namespace chartline::engine {

std::unique_ptr<rocksdb::FSWritableFile> with_room_ahead(std::unique_ptr<rocksdb::FSWritableFile> log);

// `log` is at its beginning, and `bytes` long. It is read to its end; `end` is at most `bytes`.
rocksdb::IOStatus find_end_of_log(rocksdb::FSSequentialFile& log, std::uint64_t bytes, std::uint64_t& end);

}  // namespace chartline::engine
