#include "engine/row_sorter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "engine/storage/disk.h"
#include "formats/stored/change_rows.h"
#include "formats/stored/postings.h"

namespace chartline::engine {
namespace {

constexpr std::size_t index_every_bytes = 1u << 20;
constexpr std::size_t buffer_bytes = 1u << 20;
constexpr std::uint8_t flag_true = 1, flag_original = 2, flag_first = 4;

std::uint64_t order_of(PatientRef patient) { return std::uint64_t{patient.shard} << 32 | patient.id; }
PatientRef patient_of(std::uint64_t order) { return {static_cast<std::uint32_t>(order >> 32), static_cast<stored::PatientId>(order)}; }

bool is_plain(const stored::Row& row) {
  return row.translations.empty() && row.source_person.empty() && row.record.empty() && row.version.empty() && row.part == 0 &&
         row.ordinal == 0 && row.sequence == 0 && row.encounter.empty() && row.attributes.empty() && row.end.form != record::End::Form::at &&
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
  row.value.form = static_cast<record::Value::Form>(from.form), row.value.comparator = static_cast<record::Comparator>(from.comparator);
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
  if ((waiting.flags & flag_first) != 0) into.records.push_back(static_cast<std::uint32_t>(into.rows.size())), into.originals.emplace_back();
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

RowSorter::RowSorter(std::string scratch, std::uint64_t memory_bytes) : scratch_(std::move(scratch)), memory_bytes_(memory_bytes) {}

RowSorter::~RowSorter() {
  for (const SpillFile& file : files_) ::unlink(file.path.c_str());
}

Result<void> RowSorter::add(PatientRef patient, const stored::Row& row, bool first, std::string_view original) {
  if (!scratch_.empty() && waiting_ > 0 && waiting_ * (sizeof(WaitingRow) + sizeof order_[0]) + extra_bytes_ >= memory_bytes_) TRY(spill());
  if ((waiting_ >> chunk_bits) == chunks_.size()) chunks_.push_back(std::make_unique<WaitingRow[]>(chunk_rows));
  WaitingRow& to = chunks_[waiting_ >> chunk_bits][waiting_ & (chunk_rows - 1)];
  ++waiting_;
  to = {};
  to.patient = order_of(patient), to.arrival = arrivals_++;
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
  Bytes extra = encode_extra(row, original);
  if (extra.size() > std::numeric_limits<std::uint32_t>::max()) return invalid_request("a record is too large to be sorted");
  Bytes framed;
  Writer(framed).u32(static_cast<std::uint32_t>(extra.size()));
  framed += extra;
  to.extra = extra_->text(framed).data();
  to.flags = static_cast<std::uint8_t>((original.empty() ? 0 : flag_original) | (first ? flag_first : 0));
  extra_bytes_ += framed.size();
  return {};
}

void RowSorter::sort_memory() {
  order_.resize(waiting_);
  for (std::uint32_t i = 0; i < waiting_; ++i) order_[i] = i;
  std::vector<std::uint64_t> patients(waiting_);
  bool sorted = true;
  for (std::uint32_t i = 0; i < waiting_; ++i) {
    patients[i] = at(i).patient;
    sorted = sorted && (i == 0 || patients[i - 1] <= patients[i]);
  }
  if (sorted) return;
  // Radix by the bytes of the patient, least first; stable, so arrival stays the second key.
  std::uint64_t used = 0;
  for (const std::uint64_t patient : patients) used |= patient;
  std::vector<std::uint32_t> next(waiting_);
  constexpr unsigned digit_bits = 11;
  for (unsigned shift = 0; shift < 64 && used >> shift != 0; shift += digit_bits) {
    std::array<std::uint32_t, (1u << digit_bits) + 1> starts{};
    const auto digit = [&](std::uint32_t place) { return patients[place] >> shift & ((1u << digit_bits) - 1); };
    for (const std::uint32_t place : order_) ++starts[digit(place) + 1];
    for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    for (const std::uint32_t place : order_) next[starts[digit(place)]++] = place;
    order_.swap(next);
  }
}

Result<void> RowSorter::spill() {
  sort_memory();
  SpillFile file;
  file.path = scratch_ + "/sorted-" + std::to_string(files_.size());
  const OpenFile out = TRY(open_file(file.path, O_WRONLY | O_CREAT | O_TRUNC));
  Bytes buffer;
  std::uint64_t indexed = 0, patient = ~std::uint64_t{0};
  for (const std::uint32_t place : order_) {
    const WaitingRow& row = at(place);
    const std::uint64_t offset = file.bytes + buffer.size();
    if (row.patient != patient && (file.index.empty() || offset - indexed >= index_every_bytes)) {
      file.index.emplace_back(row.patient, offset);
      indexed = offset;
    }
    patient = row.patient;
    buffer.append(reinterpret_cast<const char*>(&row), sizeof row);
    if (row.extra) {
      const BytesView extra = extra_bytes(row);
      buffer.append(row.extra, sizeof(std::uint32_t) + extra.size());
    }
    if (buffer.size() >= buffer_bytes) {
      TRY(write_at(out, buffer, file.bytes, file.path));
      file.bytes += buffer.size();
      buffer.clear();
    }
  }
  TRY(write_at(out, buffer, file.bytes, file.path));
  file.bytes += buffer.size();
  files_.push_back(std::move(file));
  waiting_ = 0, extra_bytes_ = 0;
  extra_ = std::make_unique<record::Arena>();
  order_.clear();
  return {};
}

Result<void> RowSorter::finish() {
  sort_memory();
  return {};
}

std::vector<std::uint64_t> RowSorter::cut(std::size_t parts) const {
  std::vector<std::uint64_t> samples;  // patients, each standing for about equally many rows
  const std::size_t step = std::max<std::size_t>(1, order_.size() / 1024);
  for (std::size_t i = 0; i < order_.size(); i += step) samples.push_back(at(order_[i]).patient);
  for (const SpillFile& file : files_)
    for (const auto& [patient, offset] : file.index) samples.push_back(patient);
  std::sort(samples.begin(), samples.end());
  std::vector<std::uint64_t> bounds{0};
  for (std::size_t part = 1; part < parts && !samples.empty(); ++part) {
    const std::uint64_t bound = samples[samples.size() * part / parts] / stored::block_patients * stored::block_patients;
    if (bound > bounds.back()) bounds.push_back(bound);
  }
  bounds.push_back(~std::uint64_t{0});
  return bounds;
}

// One sorted sequence: the memory's, or one file's.
struct RowSorter::Stream::Source {
  const RowSorter* sorter = nullptr;
  std::size_t place = 0;                   // in order_, for memory
  const SpillFile* file = nullptr;
  OpenFile descriptor;
  std::uint64_t offset = 0;                // of the next byte to be read into the buffer
  Bytes buffer;
  std::size_t used = 0;

  // At least `bytes` in the buffer from `used` on, or fewer at the end of the file.
  Result<void> fill(std::size_t bytes) {
    if (buffer.size() - used >= bytes || offset == file->bytes) return {};
    buffer.erase(0, used), used = 0;
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(std::max(bytes, buffer_bytes), file->bytes - offset));
    const Bytes more = TRY(read_at(descriptor, wanted, offset, file->path));
    if (more.size() != wanted) return unavailable("scratch: a sorted file ended early: " + file->path);
    buffer += more, offset += more.size();
    return {};
  }
  // The patient of the next row; ~0 at the end.
  Result<std::uint64_t> peek() {
    if (!file) return place < sorter->order_.size() ? sorter->at(sorter->order_[place]).patient : ~std::uint64_t{0};
    TRY(fill(sizeof(WaitingRow)));
    if (buffer.size() - used < sizeof(WaitingRow)) return ~std::uint64_t{0};
    std::uint64_t patient = 0;
    std::memcpy(&patient, buffer.data() + used + offsetof(WaitingRow, patient), sizeof patient);
    return patient;
  }
  Result<void> take_next(Sorted& into) {
    if (!file) return take(sorter->at(sorter->order_[place++]), into);
    WaitingRow row;
    std::memcpy(&row, buffer.data() + used, sizeof row);
    used += sizeof row;
    if (row.extra) {
      TRY(fill(sizeof(std::uint32_t)));
      std::uint32_t length = 0;
      std::memcpy(&length, buffer.data() + used, sizeof length);
      TRY(fill(sizeof length + length));
      row.extra = into.room.text({buffer.data() + used, sizeof length + length}).data();
      used += sizeof length + length;
    }
    return take(row, into);
  }
};

RowSorter::Stream::Stream(const RowSorter& sorter, std::uint64_t first, std::uint64_t past) : past_(past) {
  auto memory = std::make_unique<Source>();
  memory->sorter = &sorter;
  memory->place = static_cast<std::size_t>(std::partition_point(sorter.order_.begin(), sorter.order_.end(), [&](std::uint32_t place) {
                                             return sorter.at(place).patient < first;
                                           }) - sorter.order_.begin());
  // Files first: their rows arrived before those still in memory.
  for (const SpillFile& file : sorter.files_) {
    auto source = std::make_unique<Source>();
    source->sorter = &sorter, source->file = &file;
    for (const auto& [patient, offset] : file.index)
      if (patient <= first) source->offset = offset;
    sources_.push_back(std::move(source));
  }
  sources_.push_back(std::move(memory));
  for (const auto& source : sources_) {
    if (!source->file) continue;
    Result<OpenFile> opened = open_file(source->file->path, O_RDONLY);
    if (opened) source->descriptor = std::move(opened).value();
  }
  Sorted skipped;
  for (const auto& source : sources_)
    while (source->file && source->descriptor.open()) {
      const Result<std::uint64_t> patient = source->peek();
      if (!patient || *patient >= first) break;
      if (!source->take_next(skipped)) break;
      skipped.clear();
    }
}

RowSorter::Stream::~Stream() = default;

Result<bool> RowSorter::Stream::next(PatientRef& patient, Sorted& into) {
  into.clear();
  std::uint64_t least = ~std::uint64_t{0};
  for (const auto& source : sources_) {
    if (source->file && !source->descriptor.open()) return unavailable("scratch: a sorted file cannot be opened: " + source->file->path);
    least = std::min(least, TRY(source->peek()));
  }
  if (least >= past_) return false;
  patient = patient_of(least);
  for (const auto& source : sources_)
    while (TRY(source->peek()) == least) TRY(source->take_next(into));
  return true;
}

}  // namespace chartline::engine
