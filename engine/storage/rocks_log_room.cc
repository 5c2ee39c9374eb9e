#include "engine/storage/rocks_log_room.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace chartline::engine {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::uint64_t sector_bytes = 512;  // written as a whole or not at all
constexpr std::uint64_t room_bytes = 256 << 10;

class RoomAhead final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (!status.ok()) return status;
    size_ += data.size();
    if (size_ > room_) make_room(options, debug);
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus cut = FSWritableFileOwnerWrapper::Truncate(size_, options, debug);
    const IOStatus closed = FSWritableFileOwnerWrapper::Close(options, debug);
    return cut.ok() ? closed : cut;
  }

 private:
  // A log does without where there is no room to be had: what the disk has to say it says of the records too.
  void make_room(const IOOptions& options, IODebugContext* debug) {
    static const std::string zeros(room_bytes, '\0');
    const bool made = FSWritableFileOwnerWrapper::PositionedAppend(zeros, size_, options, debug).ok();
    room_ = made ? size_ + room_bytes : std::numeric_limits<std::uint64_t>::max();
  }

  std::uint64_t size_ = 0;
  std::uint64_t room_ = 0;  // up to here there are zeros
};

// RocksDB's log, version 1: blocks of 32 KiB, each of records that do not pass its end, zeros where none fits.
//
//   record := crc:u32 length:u16 type:u8 payload          (crc: of type and payload, masked)
constexpr std::size_t block_bytes = 32 << 10;
constexpr std::size_t header_bytes = 7, type_at = 6;

bool all_zeros(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

bool has_its_checksum(std::string_view record) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;  // CRC-32C
  crc.process_bytes(record.data() + type_at, record.size() - type_at);
  const std::uint32_t plain = crc.checksum();
  return Reader(record).u32() == ((plain >> 15) | (plain << 17)) + 0xa282ead8u;
}

// Whether a sector is missing in which [from, past) of the block lies at least in part.
bool misses_a_sector(std::string_view block, std::size_t from, std::size_t past) {
  for (std::size_t sector = from / sector_bytes * sector_bytes; sector < past; sector += sector_bytes)
    if (all_zeros(block.substr(sector, sector_bytes))) return true;
  // The first was written before, up to here: what was added to it is missing.
  const std::size_t next = (from / sector_bytes + 1) * sector_bytes;
  return next < past && all_zeros(block.substr(from, next - from));
}

struct InBlock {
  enum class What : std::uint8_t {
    goes_on,
    ends,
    ends_unless_more,
    damaged
  };  // damaged: not for us to judge what follows
  What what = What::goes_on;
  std::size_t end = 0;
};

InBlock look(std::string_view block) {
  using What = InBlock::What;
  for (std::size_t at = 0; at + header_bytes <= block.size();) {
    const std::string_view header = block.substr(at, header_bytes);
    if (all_zeros(header)) return {What::ends, at};
    const bool typed = header[type_at] != 0;
    const std::size_t past = at + header_bytes + (typed ? Reader(header.substr(4)).u16() : 0u);
    const std::size_t seen = std::min(past, block.size());
    const bool misses = misses_a_sector(block, at, seen), stops_short = all_zeros(block.substr(seen - 1));
    const bool whole = typed && past <= block.size();
    if ((misses || stops_short) && !(whole && has_its_checksum(block.substr(at, past - at))))
      return {misses ? What::ends : What::ends_unless_more, at};
    if (!whole) return {What::damaged, at};
    at = past;
  }
  return {};
}

}  // namespace

std::unique_ptr<rocksdb::FSWritableFile> with_room_ahead(std::unique_ptr<rocksdb::FSWritableFile> log) {
  return std::make_unique<RoomAhead>(std::move(log));
}

IOStatus find_end_of_log(rocksdb::FSSequentialFile& log, const std::uint64_t bytes, std::uint64_t& end) {
  using What = InBlock::What;
  std::string room(block_bytes, '\0');
  end = bytes;
  for (std::uint64_t at = 0; at < bytes; at += block_bytes) {
    Slice read;
    const IOStatus status =
        log.Read(std::min<std::uint64_t>(block_bytes, bytes - at), IOOptions(), &read, room.data(), nullptr);
    if (!status.ok()) return status;
    const std::string_view block(read.data(), read.size());
    if (end < bytes) {  // unless there is more
      if (all_zeros(block)) continue;
      end = bytes;
      return status;
    }
    const InBlock found = look(block);
    if (found.what == What::ends || found.what == What::ends_unless_more) end = at + found.end;
    if (found.what == What::ends || found.what == What::damaged) return status;
  }
  return IOStatus::OK();
}

}  // namespace chartline::engine
