#include "engine/row_sorter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <limits>
#include <thread>

#include "engine/storage/disk.h"
#include "formats/stored/change_rows.h"
#include "formats/stored/postings.h"

namespace chartline::engine {
namespace {

constexpr std::size_t index_every_bytes = 1u << 20;
constexpr std::size_t sample_every = 1024;  // rows, when cutting the patients into ranges
constexpr std::size_t buffer_bytes = 1u << 20;
constexpr std::size_t piece_bytes_min = 16u << 10;  // smaller reads would cost more than they save
// What a file has before the rows of a stretch.
struct StretchHead {
  std::uint64_t patient, arrival, rows;
};

std::uint64_t order_of(PatientRef patient) { return std::uint64_t{patient.shard} << 32 | patient.id; }
PatientRef patient_of(std::uint64_t order) {
  return {static_cast<std::uint32_t>(order >> 32), static_cast<stored::PatientId>(order)};
}

// The whole row as the log writes it, and the original behind.
Bytes encode_extra(const stored::Row& row, std::string_view original) {
  Bytes bytes;
  Writer w(bytes);
  stored::write_row(w, row);
  w.raw(original);
  return bytes;
}

const char* whole_of(const WaitingRow& row) { return std::bit_cast<const char*>(row.mantissa); }
void set_whole(WaitingRow& row, const char* at) { row.mantissa = std::bit_cast<std::int64_t>(at); }

BytesView whole_bytes(const WaitingRow& row) {
  std::uint32_t length = 0;
  std::memcpy(&length, whole_of(row), sizeof length);
  return {whole_of(row) + sizeof length, length};
}

}  // namespace

// Rows of one patient that arrived one after another, in one chunk of a lane.
struct Stretch {
  std::uint64_t patient;
  std::uint64_t arrival;  // of the first
  std::uint32_t place, rows;
};

// Room that grows by chunks, which stay where they are and are used again.
template <typename T>
class Chunks {
 public:
  static constexpr unsigned bits = 14;
  static constexpr std::uint32_t size = 1u << bits;

  const T& operator[](std::uint32_t place) const { return chunks_[place >> bits][place & (size - 1)]; }
  T& operator[](std::uint32_t place) { return chunks_[place >> bits][place & (size - 1)]; }
  T& reach(std::uint32_t place) {
    if ((place >> bits) == chunks_.size()) chunks_.push_back(std::make_unique_for_overwrite<T[]>(size));
    return (*this)[place];
  }
  // The chunk of this place is no longer needed.
  void release(std::uint32_t place) { chunks_[place >> bits].reset(); }
  std::size_t chunks() const { return chunks_.size(); }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
};

class RowSorter::Lane {
 public:
  explicit Lane(RowSorts& sorts) : lately(sorts) {}

  std::uint64_t bytes() const {
    constexpr std::uint64_t to_sort_one = 2 * sizeof(std::uint32_t) + sizeof(std::uint64_t);
    return waiting * sizeof(WaitingRow) + stretch_count * (sizeof(Stretch) + to_sort_one) + whole_bytes;
  }
  void add(std::uint64_t arrival, std::uint64_t patient, const WaitingRow& row) {
    if (patient == last_patient && arrival == next_arrival && waiting % Chunks<WaitingRow>::size != 0) {
      ++stretches[stretch_count - 1].rows;
    } else {
      stretches.reach(stretch_count++) = {patient, arrival, waiting, 1};
      last_patient = patient;
    }
    next_arrival = arrival + 1;
    rows.reach(waiting++) = row;
  }
  std::span<const WaitingRow> rows_of(const Stretch& stretch) const { return {&rows[stretch.place], stretch.rows}; }
  // The rows of a stretch have been read, once and for all: the last one of a chunk gives its memory back. Several threads read.
  void taken(const Stretch& stretch) {
    const std::uint32_t chunk = stretch.place >> Chunks<WaitingRow>::bits;
    const std::uint32_t in_chunk = std::min(Chunks<WaitingRow>::size, waiting - (chunk << Chunks<WaitingRow>::bits));
    if (rows_taken[chunk].fetch_add(stretch.rows) + stretch.rows == in_chunk) rows.release(stretch.place);
  }
  void sort();
  void clear() {
    waiting = stretch_count = 0, whole_bytes = 0, last_patient = none;
    whole = std::make_unique<record::Arena>();
    order.clear();
  }

  static constexpr std::uint64_t none = ~std::uint64_t{0};
  RowSorts::Lately lately;
  Chunks<WaitingRow> rows;
  std::uint32_t waiting = 0;  // rows
  Chunks<Stretch> stretches;
  std::uint32_t stretch_count = 0;
  std::uint64_t last_patient = none, next_arrival = 0;
  std::unique_ptr<record::Arena> whole = std::make_unique<record::Arena>();  // rows that are not plain
  std::uint64_t whole_bytes = 0;
  std::vector<std::uint32_t> order;                    // stretches, by patient then arrival
  std::vector<std::atomic<std::uint32_t>> rows_taken;  // of each chunk, since it was sorted
};

RowSorter::RowSorter(std::string scratch, std::uint64_t memory_bytes, unsigned lanes_max)
    : scratch_(std::move(scratch)), memory_bytes_(memory_bytes), lane_bytes_(memory_bytes / std::max(1u, lanes_max)) {}

RowSorter::~RowSorter() { release(); }

void RowSorter::release() {
  for (const SpillFile& file : files_) ::unlink(file.path.c_str());
  files_.clear();
  lanes_.clear(), free_lanes_.clear();
}

RowSorter::Lane& RowSorter::take_lane() {
  std::lock_guard lock(mutex_);
  if (free_lanes_.empty()) return *lanes_.emplace_back(std::make_unique<Lane>(sorts_));
  Lane* lane = free_lanes_.back();
  free_lanes_.pop_back();
  return *lane;
}

void RowSorter::give_back(Lane& lane) {
  std::lock_guard lock(mutex_);
  free_lanes_.push_back(&lane);
}

Result<void> RowSorter::make_room(Lane& lane) {
  if (!scratch_.empty() && lane.waiting > 0 && lane.bytes() >= lane_bytes_) TRY(spill(lane));
  return {};
}

void RowSorter::add(Lane& lane, std::uint64_t arrival, PatientRef patient, const stored::PlainRow& row) {
  lane.add(arrival, order_of(patient), row);
}

Result<void> RowSorter::add(Lane& lane, std::uint64_t arrival, PatientRef patient, const stored::Row& row, bool first,
                            std::string_view original) {
  TRY(make_room(lane));
  if (first && original.empty() && stored::is_plain(row)) {
    if (const auto sort = lane.lately.number(stored::sort_of(row))) {
      lane.add(arrival, order_of(patient), {row.start.local, stored::mantissa_of(row), row.code, *sort});
      return {};
    }
  }
  const Bytes whole = encode_extra(row, original);
  if (whole.size() > std::numeric_limits<std::uint32_t>::max())
    return invalid_request("a record is too large to be sorted");
  Bytes framed;
  Writer(framed).u32(static_cast<std::uint32_t>(whole.size()));
  framed += whole;
  WaitingRow waiting{row.start.local, 0, 0,
                     flag_whole | (original.empty() ? 0 : flag_original) | (first ? flag_first : 0)};
  set_whole(waiting, lane.whole->text(framed).data());
  lane.whole_bytes += framed.size();
  lane.add(arrival, order_of(patient), waiting);
  return {};
}

Result<void> RowSorter::unpack(Sorted& sorted) const {
  sorted.rows.reserve(sorted.waiting.size());
  for (const WaitingRow& waiting : sorted.waiting) {
    if (!is_whole(waiting) || (waiting.sort & flag_first) != 0)
      sorted.records.push_back(static_cast<std::uint32_t>(sorted.rows.size())), sorted.originals.emplace_back();
    if (!is_whole(waiting)) {
      sorted.rows.push_back(stored::row_of(waiting, sorts_[waiting.sort]));
      continue;
    }
    Reader in(whole_bytes(waiting));
    sorted.rows.push_back(stored::read_row(in, sorted.room));
    if (!in.ok() || sorted.records.empty()) return corrupt("scratch: a sorted row is not well formed");
    if ((waiting.sort & flag_original) != 0) sorted.originals.back() = in.raw(in.left());
  }
  return {};
}

Result<std::optional<stored::Row>> RowSorter::lone_row(const WaitingRow& waiting, record::Arena& room) {
  if ((waiting.sort & flag_first) == 0 || (waiting.sort & flag_original) != 0) return std::optional<stored::Row>();
  Reader in(whole_bytes(waiting));
  const stored::Row row = stored::read_row(in, room);
  if (!in.ok()) return corrupt("scratch: a sorted row is not well formed");
  return std::optional(row);
}

void RowSorter::Lane::sort() {
  order.resize(stretch_count);
  rows_taken = std::vector<std::atomic<std::uint32_t>>(rows.chunks());
  std::uint64_t used = 0;
  bool sorted = true;
  for (std::uint32_t i = 0; i < stretch_count; ++i) {
    order[i] = i;
    used |= stretches[i].patient;
    sorted = sorted && (i == 0 || stretches[i - 1].patient <= stretches[i].patient);
  }
  if (sorted) return;
  std::vector<std::uint64_t> patients(stretch_count);
  for (std::uint32_t i = 0; i < stretch_count; ++i) patients[i] = stretches[i].patient;
  // Radix by the bits of the patient, least first; stable, so arrival stays the second key.
  std::vector<std::uint32_t> next(stretch_count);
  constexpr unsigned digit_bits = 11;
  for (unsigned shift = 0; shift < 64 && used >> shift != 0; shift += digit_bits) {
    std::array<std::uint32_t, (1u << digit_bits) + 1> starts{};
    const auto digit = [&](std::uint32_t place) { return patients[place] >> shift & ((1u << digit_bits) - 1); };
    for (const std::uint32_t place : order) ++starts[digit(place) + 1];
    for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    for (const std::uint32_t place : order) next[starts[digit(place)]++] = place;
    order.swap(next);
  }
}

Result<void> RowSorter::spill(Lane& lane) {
  lane.sort();
  SpillFile file;
  {
    std::lock_guard lock(mutex_);
    file.path = scratch_ + "/sorted-" + std::to_string(files_.size());
    files_.push_back(file);  // its name is taken; what it holds follows below
  }
  const OpenFile out = TRY(open_file(file.path, O_WRONLY | O_CREAT | O_TRUNC));
  Bytes buffer;
  std::uint64_t indexed = 0, patient = ~std::uint64_t{0};
  const auto append = [&](const auto& part) { buffer.append(reinterpret_cast<const char*>(&part), sizeof part); };
  const auto write = [&]() -> Result<void> {
    TRY(write_at(out, buffer, file.bytes, file.path));
    file.bytes += buffer.size();
    buffer.clear();
    return {};
  };
  for (const std::uint32_t place : lane.order) {
    const Stretch& stretch = lane.stretches[place];
    const std::uint64_t offset = file.bytes + buffer.size();
    if (stretch.patient != patient && (file.index.empty() || offset - indexed >= index_every_bytes)) {
      file.index.emplace_back(stretch.patient, offset);
      indexed = offset;
    }
    patient = stretch.patient;
    append(StretchHead{stretch.patient, stretch.arrival, stretch.rows});
    for (const WaitingRow& row : lane.rows_of(stretch)) {
      append(row);
      if (is_whole(row)) buffer.append(whole_of(row), sizeof(std::uint32_t) + whole_bytes(row).size());
      if (buffer.size() >= buffer_bytes) TRY(write());
    }
  }
  TRY(write());
  lane.clear();
  std::lock_guard lock(mutex_);
  for (SpillFile& known : files_)
    if (known.path == file.path) known = std::move(file);
  return {};
}

Result<void> RowSorter::finish() {
  const bool spilled = !files_.empty();
  std::vector<Result<void>> ends(lanes_.size());
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    workers.emplace_back([this, spilled, &lane = *lanes_[i], &end = ends[i]] {
      if (spilled && lane.waiting > 0) end = spill(lane);
      else lane.sort();
    });
  for (std::thread& worker : workers) worker.join();
  for (Result<void>& end : ends) TRY(std::move(end));
  if (spilled) lanes_.clear(), free_lanes_.clear();
  return {};
}

std::vector<std::uint64_t> RowSorter::cut(std::size_t threads) const {
  std::vector<std::uint64_t> samples;  // patients, each standing for about equally many rows
  for (const auto& lane : lanes_) {
    std::size_t rows = 0;
    for (const std::uint32_t place : lane->order) {
      const Stretch& stretch = lane->stretches[place];
      for (rows += stretch.rows; rows >= sample_every; rows -= sample_every) samples.push_back(stretch.patient);
    }
  }
  for (const SpillFile& file : files_)
    for (const auto& [patient, offset] : file.index)
      for (std::size_t rows = 0; rows < index_every_bytes / sizeof(WaitingRow); rows += sample_every)
        samples.push_back(patient);
  std::sort(samples.begin(), samples.end());
  std::vector<std::uint64_t> bounds{0};
  // Each takes half of a thread's share of what is left, or that share of an eighth.
  const std::size_t least = std::max<std::size_t>(1, samples.size() / 16 / threads);
  for (std::size_t at = 0; threads > 1;) {
    at += std::max(least, (samples.size() - at) / 2 / threads);
    if (at >= samples.size()) break;
    const std::uint64_t bound = samples[at] / stored::block_patients * stored::block_patients;
    if (bound > bounds.back()) bounds.push_back(bound);
  }
  bounds.push_back(~std::uint64_t{0});
  return bounds;
}

// One sorted sequence: a lane's memory, or one file.
struct RowSorter::Stream::Source {
  Lane* lane = nullptr;
  std::size_t place = 0;  // in the lane's order
  const SpillFile* file = nullptr;
  OpenFile descriptor;
  std::uint64_t offset = 0;                // of the next byte to be read into the buffer
  std::size_t piece_bytes = buffer_bytes;  // read at a time
  Bytes buffer;
  std::size_t used = 0;

  // At least `bytes` in the buffer from `used` on, or fewer at the end of the file.
  Result<void> fill(std::size_t bytes) {
    if (buffer.size() - used >= bytes || offset == file->bytes) return {};
    buffer.erase(0, used), used = 0;
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(std::max(bytes, piece_bytes), file->bytes - offset));
    const Bytes more = TRY(read_at(descriptor, wanted, offset, file->path));
    if (more.size() != wanted) return unavailable("scratch: a sorted file ended early: " + file->path);
    buffer += more, offset += more.size();
    return {};
  }
  template <typename T>
  Result<T> peek_at() {
    T part{};
    TRY(fill(sizeof part));
    if (buffer.size() - used < sizeof part) return corrupt("scratch: a sorted file ends within a row: " + file->path);
    std::memcpy(static_cast<void*>(&part), buffer.data() + used, sizeof part);
    return part;
  }
  // The patient of the next stretch; ~0 at the end.
  Result<std::uint64_t> peek() {
    if (lane) return place < lane->order.size() ? lane->stretches[lane->order[place]].patient : ~std::uint64_t{0};
    TRY(fill(sizeof(StretchHead)));
    if (buffer.size() == used) return ~std::uint64_t{0};
    return TRY(peek_at<StretchHead>()).patient;
  }
  Result<Piece> take_next(Sorted& into) {
    const std::size_t begin = into.waiting.size();
    if (lane) {
      const Stretch& stretch = lane->stretches[lane->order[place++]];
      const auto rows = lane->rows_of(stretch);
      into.waiting.insert(into.waiting.end(), rows.begin(), rows.end());
      lane->taken(stretch);
      return Piece{stretch.arrival, begin, rows.size()};
    }
    const StretchHead head = TRY(peek_at<StretchHead>());
    used += sizeof head;
    for (std::uint64_t i = 0; i < head.rows; ++i) {
      WaitingRow& row = into.waiting.emplace_back(TRY(peek_at<WaitingRow>()));
      used += sizeof row;
      if (!is_whole(row)) continue;
      const std::size_t framed = sizeof(std::uint32_t) + TRY(peek_at<std::uint32_t>());
      TRY(fill(framed));
      if (buffer.size() - used < framed) return corrupt("scratch: a sorted file ends within a row: " + file->path);
      set_whole(row, into.room.text({buffer.data() + used, framed}).data());
      used += framed;
    }
    return Piece{head.arrival, begin, head.rows};
  }
};

Result<RowSorter::Stream> RowSorter::Stream::open(const RowSorter& sorter, std::uint64_t first, std::uint64_t past) {
  Stream stream;
  stream.past_ = past;
  // Many files share half of what a lane had: each thread merges all of them.
  const std::uint64_t share = sorter.lane_bytes_ / 2 / std::max<std::size_t>(1, sorter.files_.size());
  for (const SpillFile& file : sorter.files_) {
    auto source = std::make_unique<Source>();
    source->file = &file;
    source->piece_bytes = static_cast<std::size_t>(std::clamp<std::uint64_t>(share, piece_bytes_min, buffer_bytes));
    source->descriptor = TRY(open_file(file.path, O_RDONLY));
    for (const auto& [patient, offset] : file.index)
      if (patient <= first) source->offset = offset;
    Sorted skipped;
    while (TRY(source->peek()) < first) {
      TRY(source->take_next(skipped));
      skipped.clear();
    }
    stream.sources_.push_back(std::move(source));
  }
  for (const auto& lane : sorter.lanes_) {
    auto source = std::make_unique<Source>();
    source->lane = lane.get();
    source->place = static_cast<std::size_t>(
        std::partition_point(lane->order.begin(), lane->order.end(),
                             [&](std::uint32_t place) { return lane->stretches[place].patient < first; }) -
        lane->order.begin());
    stream.sources_.push_back(std::move(source));
  }
  return stream;
}

RowSorter::Stream::Stream() = default;
RowSorter::Stream::Stream(Stream&&) noexcept = default;
RowSorter::Stream::~Stream() = default;

Result<bool> RowSorter::Stream::next(PatientRef& patient, Sorted& into) {
  into.clear();
  pieces_.clear();
  std::uint64_t least = ~std::uint64_t{0};
  for (const auto& source : sources_) least = std::min(least, TRY(source->peek()));
  if (least >= past_) return false;
  patient = patient_of(least);
  for (const auto& source : sources_)
    while (TRY(source->peek()) == least) pieces_.push_back(TRY(source->take_next(into)));
  const auto earlier = [](const Piece& a, const Piece& b) { return a.arrival < b.arrival; };
  if (!std::is_sorted(pieces_.begin(), pieces_.end(), earlier)) {
    std::sort(pieces_.begin(), pieces_.end(), earlier);
    reordered_.clear();
    for (const Piece& piece : pieces_) {
      const auto begin = into.waiting.begin() + static_cast<std::ptrdiff_t>(piece.begin);
      reordered_.insert(reordered_.end(), begin, begin + static_cast<std::ptrdiff_t>(piece.rows));
    }
    into.waiting.swap(reordered_);
  }
  return true;
}

}  // namespace chartline::engine
