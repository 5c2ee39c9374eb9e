#include "engine/row_sorter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
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
constexpr std::uint8_t flag_true = 1, flag_original = 2, flag_first = 4;

std::uint64_t order_of(PatientRef patient) { return std::uint64_t{patient.shard} << 32 | patient.id; }
PatientRef patient_of(std::uint64_t order) {
  return {static_cast<std::uint32_t>(order >> 32), static_cast<stored::PatientId>(order)};
}

bool is_plain(const stored::Row& row) {
  return row.translations.empty() && row.source_person.empty() && row.record.empty() && row.version.empty() &&
         row.part == 0 && row.ordinal == 0 && row.sequence == 0 && row.encounter.empty() && row.attributes.empty() &&
         row.end.form != record::End::Form::at &&
         (row.value.form == record::Value::Form::none || row.value.form == record::Value::Form::number ||
          row.value.form == record::Value::Form::boolean);
}

// The whole row as the log writes it, and the original behind.
Bytes encode_extra(const stored::Row& row, std::string_view original) {
  Bytes bytes;
  Writer w(bytes);
  stored::write_row(w, row);
  w.raw(original);
  return bytes;
}

stored::Row plain_row(const WaitingRow& from) {
  stored::Row row;
  row.kind = static_cast<record::Kind>(from.kind), row.status = static_cast<record::Status>(from.status);
  row.certainty = static_cast<record::Certainty>(from.certainty), row.author = static_cast<record::Author>(from.author);
  row.code = from.code, row.source = from.source;
  row.start = {from.local, from.offset_minutes, static_cast<record::Precision>(from.precision)};
  row.end.form = static_cast<record::End::Form>(from.end_form);
  row.value.form = static_cast<record::Value::Form>(from.form),
  row.value.comparator = static_cast<record::Comparator>(from.comparator);
  row.value.number = {from.mantissa, from.scale};
  row.value.unit = from.unit;
  row.value.boolean = (from.flags & flag_true) != 0;
  return row;
}

BytesView extra_bytes(const WaitingRow& row) {
  std::uint32_t length = 0;
  std::memcpy(&length, row.extra, sizeof length);
  return {row.extra + sizeof length, length};
}

Result<void> take(const WaitingRow& waiting, RowSorter::Sorted& into) {
  if ((waiting.flags & flag_first) != 0)
    into.records.push_back(static_cast<std::uint32_t>(into.rows.size())), into.originals.emplace_back();
  if (!waiting.extra) {
    into.rows.push_back(plain_row(waiting));
    return {};
  }
  Reader in(extra_bytes(waiting));
  into.rows.push_back(stored::read_row(in, into.room));
  if (!in.ok() || into.records.empty()) return corrupt("scratch: a sorted row is not well formed");
  if ((waiting.flags & flag_original) != 0) into.originals.back() = in.raw(in.left());
  return {};
}

}  // namespace

class RowSorter::Lane {
 public:
  static constexpr unsigned chunk_bits = 14;
  static constexpr std::uint32_t chunk_rows = 1u << chunk_bits;


  const WaitingRow& at(std::uint32_t place) const { return chunks[place >> chunk_bits][place & (chunk_rows - 1)]; }
  std::uint64_t bytes() const {
    return waiting * (sizeof(WaitingRow) + 2 * sizeof(std::uint32_t) + sizeof(std::uint64_t)) + extra_bytes;
  }
  WaitingRow& next() {
    if ((waiting >> chunk_bits) == chunks.size())
      chunks.push_back(std::make_unique_for_overwrite<WaitingRow[]>(chunk_rows));
    WaitingRow& row = chunks[waiting >> chunk_bits][waiting & (chunk_rows - 1)];
    ++waiting;
    return row = {};
  }
  void sort();

  std::vector<std::unique_ptr<WaitingRow[]>> chunks;
  std::uint32_t waiting = 0;
  std::unique_ptr<record::Arena> extra = std::make_unique<record::Arena>();
  std::uint64_t extra_bytes = 0;
  std::vector<std::uint32_t> order;  // places, by patient then arrival
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
  if (free_lanes_.empty()) return *lanes_.emplace_back(std::make_unique<Lane>());
  Lane* lane = free_lanes_.back();
  free_lanes_.pop_back();
  return *lane;
}

void RowSorter::give_back(Lane& lane) {
  std::lock_guard lock(mutex_);
  free_lanes_.push_back(&lane);
}

Result<void> RowSorter::add(Lane& lane, std::uint64_t arrival, PatientRef patient, const stored::Row& row, bool first,
                            std::string_view original) {
  if (!scratch_.empty() && lane.waiting > 0 && lane.bytes() >= lane_bytes_) TRY(spill(lane));
  WaitingRow& to = lane.next();
  to.patient = order_of(patient), to.arrival = arrival;
  to.local = row.start.local, to.offset_minutes = row.start.offset_minutes;
  if (is_plain(row) && original.empty()) {
    to.precision = static_cast<std::uint8_t>(row.start.precision);
    to.kind = static_cast<std::uint8_t>(row.kind), to.status = static_cast<std::uint8_t>(row.status);
    to.certainty = static_cast<std::uint8_t>(row.certainty), to.author = static_cast<std::uint8_t>(row.author);
    to.code = row.code, to.source = row.source, to.unit = row.value.unit;
    to.form = static_cast<std::uint8_t>(row.value.form), to.comparator = static_cast<std::uint8_t>(row.value.comparator);
    to.end_form = static_cast<std::uint8_t>(row.end.form);
    to.mantissa = row.value.number.mantissa, to.scale = row.value.number.scale;
    to.flags = static_cast<std::uint8_t>((row.value.boolean ? flag_true : 0) | (first ? flag_first : 0));
    return {};
  }
  const Bytes extra = encode_extra(row, original);
  if (extra.size() > std::numeric_limits<std::uint32_t>::max())
    return invalid_request("a record is too large to be sorted");
  Bytes framed;
  Writer(framed).u32(static_cast<std::uint32_t>(extra.size()));
  framed += extra;
  to.extra = lane.extra->text(framed).data();
  to.flags = static_cast<std::uint8_t>((original.empty() ? 0 : flag_original) | (first ? flag_first : 0));
  lane.extra_bytes += framed.size();
  return {};
}

void RowSorter::Lane::sort() {
  order.resize(waiting);
  std::vector<std::uint64_t> patients(waiting);
  std::uint64_t used = 0;
  bool sorted = true;
  for (std::uint32_t i = 0; i < waiting; ++i) {
    order[i] = i;
    patients[i] = at(i).patient;
    used |= patients[i];
    sorted = sorted && (i == 0 || patients[i - 1] <= patients[i]);
  }
  if (sorted) return;
  // Radix by the bits of the patient, least first; stable, so arrival stays the second key.
  std::vector<std::uint32_t> next(waiting);
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
  for (const std::uint32_t place : lane.order) {
    const WaitingRow& row = lane.at(place);
    const std::uint64_t offset = file.bytes + buffer.size();
    if (row.patient != patient && (file.index.empty() || offset - indexed >= index_every_bytes)) {
      file.index.emplace_back(row.patient, offset);
      indexed = offset;
    }
    patient = row.patient;
    buffer.append(reinterpret_cast<const char*>(&row), sizeof row);
    if (row.extra) buffer.append(row.extra, sizeof(std::uint32_t) + extra_bytes(row).size());
    if (buffer.size() >= buffer_bytes) {
      TRY(write_at(out, buffer, file.bytes, file.path));
      file.bytes += buffer.size();
      buffer.clear();
    }
  }
  TRY(write_at(out, buffer, file.bytes, file.path));
  file.bytes += buffer.size();
  lane.waiting = 0, lane.extra_bytes = 0;
  lane.extra = std::make_unique<record::Arena>();
  lane.order.clear();
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
      if (spilled && lane.waiting > 0)
        end = spill(lane);
      else
        lane.sort();
    });
  for (std::thread& worker : workers) worker.join();
  for (Result<void>& end : ends) TRY(std::move(end));
  if (spilled) lanes_.clear(), free_lanes_.clear();
  return {};
}

std::vector<std::uint64_t> RowSorter::cut(std::size_t parts) const {
  std::vector<std::uint64_t> samples;  // patients, each standing for about equally many rows
  for (const auto& lane : lanes_)
    for (std::size_t i = 0; i < lane->order.size(); i += sample_every)
      samples.push_back(lane->at(lane->order[i]).patient);
  for (const SpillFile& file : files_)
    for (const auto& [patient, offset] : file.index)
      for (std::size_t rows = 0; rows < index_every_bytes / sizeof(WaitingRow); rows += sample_every)
        samples.push_back(patient);
  std::sort(samples.begin(), samples.end());
  std::vector<std::uint64_t> bounds{0};
  for (std::size_t part = 1; part < parts && !samples.empty(); ++part) {
    const std::uint64_t bound = samples[samples.size() * part / parts] / stored::block_patients * stored::block_patients;
    if (bound > bounds.back()) bounds.push_back(bound);
  }
  bounds.push_back(~std::uint64_t{0});
  return bounds;
}

// One sorted sequence: a lane's memory, or one file.
struct RowSorter::Stream::Source {
  const Lane* lane = nullptr;
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
  // The patient of the next row; ~0 at the end.
  Result<std::uint64_t> peek() {
    if (lane) return place < lane->order.size() ? lane->at(lane->order[place]).patient : ~std::uint64_t{0};
    TRY(fill(sizeof(WaitingRow)));
    if (buffer.size() - used < sizeof(WaitingRow)) return ~std::uint64_t{0};
    std::uint64_t patient = 0;
    std::memcpy(&patient, buffer.data() + used + offsetof(WaitingRow, patient), sizeof patient);
    return patient;
  }
  Result<void> take_next(Sorted& into) {
    if (lane) {
      into.waiting.push_back(lane->at(lane->order[place++]));
      return {};
    }
    WaitingRow& row = into.waiting.emplace_back();
    std::memcpy(static_cast<void*>(&row), buffer.data() + used, sizeof row);
    used += sizeof row;
    if (!row.extra) return {};
    TRY(fill(sizeof(std::uint32_t)));
    std::uint32_t length = 0;
    if (buffer.size() - used >= sizeof length) std::memcpy(&length, buffer.data() + used, sizeof length);
    TRY(fill(sizeof length + length));
    if (buffer.size() - used < sizeof length + length)
      return corrupt("scratch: a sorted file ends within a row: " + file->path);
    row.extra = into.room.text({buffer.data() + used, sizeof length + length}).data();
    used += sizeof length + length;
    return {};
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
                             [&](std::uint32_t place) { return lane->at(place).patient < first; }) -
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
  std::uint64_t least = ~std::uint64_t{0};
  Source* first = nullptr;
  bool alone = true;  // only one source has the patient
  for (const auto& source : sources_) {
    const std::uint64_t next = TRY(source->peek());
    if (next < least)
      least = next, first = source.get(), alone = true;
    else if (next == least)
      alone = false;
  }
  if (least >= past_) return false;
  patient = patient_of(least);
  if (alone && first->lane) {  // whose order is that of arrival
    const Lane& lane = *first->lane;
    for (; first->place < lane.order.size(); ++first->place) {
      const WaitingRow& row = lane.at(lane.order[first->place]);
      if (row.patient != least) break;
      TRY(take(row, into));
    }
    return true;
  }
  for (const auto& source : sources_)
    while (TRY(source->peek()) == least) TRY(source->take_next(into));
  const auto earlier = [](const WaitingRow& a, const WaitingRow& b) { return a.arrival < b.arrival; };
  if (!std::is_sorted(into.waiting.begin(), into.waiting.end(), earlier))
    std::sort(into.waiting.begin(), into.waiting.end(), earlier);
  into.rows.reserve(into.waiting.size());
  for (const WaitingRow& row : into.waiting) TRY(take(row, into));
  return true;
}

}  // namespace chartline::engine
