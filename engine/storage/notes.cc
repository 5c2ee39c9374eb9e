#include "engine/storage/notes.h"

#include <fcntl.h>

#include "base/hash.h"
#include "engine/storage/backend.h"

namespace chartline::engine {
namespace {

constexpr std::size_t slot_bytes = 2048;
constexpr BytesView magic("CLNOTE1\0", 8);
constexpr std::size_t frame_bytes = 8 + 8 + 4 + 8;
static_assert(note_bytes_max + frame_bytes <= slot_bytes);

Bytes encode_slot(std::uint64_t turn, BytesView bytes) {
  Bytes slot;
  Writer writer(slot);
  writer.raw(magic);
  writer.u64(turn);
  writer.u32(static_cast<std::uint32_t>(bytes.size()));
  writer.raw(bytes);
  writer.u64(hash64(slot));
  slot.resize(slot_bytes, '\0');
  return slot;
}

struct Slot {
  std::uint64_t turn;
  BytesView bytes;
};

std::optional<Slot> decode_slot(BytesView slot) {
  Reader reader(slot);
  if (reader.raw(magic.size()) != magic) return std::nullopt;
  const std::uint64_t turn = reader.u64();
  const BytesView bytes = reader.raw(reader.u32());
  const std::size_t framed = slot.size() - reader.left();
  const std::uint64_t hash = reader.u64();
  if (!reader.ok() || hash != hash64(slot.substr(0, framed))) return std::nullopt;
  return Slot{turn, bytes};
}

}  // namespace

Result<NoteFile::Latest> NoteFile::latest() {
  const std::optional<Bytes> file = TRY(read_whole(path_, line_file_bytes_max));
  if (!file) return Latest();
  std::optional<Slot> best;
  for (const std::size_t offset : {std::size_t{0}, slot_bytes}) {
    if (offset >= file->size()) break;
    const std::optional<Slot> slot = decode_slot(BytesView(*file).substr(offset, slot_bytes));
    if (slot && (!best || slot->turn > best->turn)) best = slot;
  }
  if (!best) return corrupt("the note " + path_ + " is damaged");
  return Latest{best->turn, Bytes(best->bytes)};
}

// The file is born with its first slot whole and its second empty, so that damage is never taken for a new file.
Result<void> NoteFile::open_for_writing() {
  if (file_.open()) return {};
  turn_ = TRY(latest()).turn;
  if (turn_ == 0) {
    TRY(write_durably(path_, encode_slot(++turn_, {}) + Bytes(slot_bytes, '\0')));
  }
  file_ = TRY(open_file(path_, O_WRONLY));
  return {};
}

Result<void> NoteFile::write(BytesView bytes) {
  if (bytes.size() > note_bytes_max)
    return invalid_request("a note holds at most " + std::to_string(note_bytes_max) + " bytes");
  const std::lock_guard lock(mutex_);
  TRY(open_for_writing());
  const std::uint64_t turn = turn_ + 1;
  TRY(write_at(file_, encode_slot(turn, bytes), (turn + 1) % 2 * slot_bytes, path_));
  TRY(sync_data(file_, path_));
  turn_ = turn;  // after a failure the next write goes to the same slot: the other one is whole
  return {};
}

Result<std::optional<Bytes>> NoteFile::read() {
  const std::lock_guard lock(mutex_);
  Latest found = TRY(latest());
  if (found.turn <= 1) return std::optional<Bytes>();  // the first turn is the empty birth of the file
  return std::optional(std::move(found.bytes));
}

}  // namespace chartline::engine
