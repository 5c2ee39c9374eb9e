#include "formats/stored/change.h"

#include "formats/stored/change_rows.h"
#include "formats/stored/seal.h"

namespace chartline::stored {

namespace {

// Numbers are stored: add at the end.
enum class Tag : std::uint8_t { new_name = 1, put = 2, identify = 3, link = 4, erase = 5, set_meta = 6 };

constexpr std::uint64_t narrow_max = 0xffffffffu;

std::uint32_t read_narrow(Reader& in) {
  const std::uint64_t value = in.varint();
  if (value > narrow_max) in.fail();
  return static_cast<std::uint32_t>(value);
}

struct Encoder {
  Writer write;

  void tag(Tag tag) { write.u8(static_cast<std::uint8_t>(tag)); }
  void patient(const PatientRef& patient) { write.varint(patient.shard), write.varint(patient.id); }

  void operator()(const NewName& change) {
    tag(Tag::new_name);
    write.u8(static_cast<std::uint8_t>(change.dictionary));
    write.varint(change.number);
    write.text(change.first), write.text(change.second), write.text(change.third);
  }
  void operator()(const Put& change) {
    tag(Tag::put);
    write.varint(change.patient);
    write.varint(change.removed.size());
    for (const std::uint32_t number : change.removed) write.varint(number);
    write.varint(change.added.size());
    for (const Row& row : change.added) write_row(write, row);
    write.text(change.original);
    write.varint(change.removed_original);
  }
  void operator()(const Identify& change) {
    tag(Tag::identify);
    patient(change.patient);
    write.text(change.system), write.text(change.value);
  }
  void operator()(const Link& change) {
    tag(Tag::link);
    patient(change.a), patient(change.b);
    write.u8(change.linked);
  }
  void operator()(const Erase& change) {
    tag(Tag::erase);
    write.varint(change.patient);
    write.u64(change.token);
  }
  void operator()(const SetMeta& change) {
    tag(Tag::set_meta);
    write.text(change.name), write.text(change.value);
  }
};

PatientRef read_patient(Reader& in) {
  const std::uint32_t shard = read_narrow(in), id = read_narrow(in);
  return {shard, id};
}

NewName read_new_name(Reader& in) {
  NewName change{};
  const std::uint8_t dictionary = in.u8();
  if (dictionary >= dictionary_count) in.fail();
  change.dictionary = static_cast<Dictionary>(dictionary);
  change.number = read_narrow(in);
  change.first = in.text(), change.second = in.text(), change.third = in.text();
  return change;
}

Put read_put(Reader& in, record::Arena& room) {
  Put change{};
  change.patient = read_narrow(in);
  const std::uint64_t removed = in.varint();
  if (removed > in.left()) in.fail();
  std::vector<std::uint32_t> numbers;
  for (std::uint64_t i = 0; i < removed && in.ok(); ++i) numbers.push_back(read_narrow(in));
  const std::uint64_t added = in.varint();
  if (added > in.left() / row_bytes_min) in.fail();
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < added && in.ok(); ++i) rows.push_back(read_row(in, room));
  change.original = in.text();
  change.removed_original = read_narrow(in);
  change.removed = room.array(numbers);
  change.added = room.array(rows);
  return change;
}

Identify read_identify(Reader& in) {
  Identify change{};
  change.patient = read_patient(in);
  change.system = in.text(), change.value = in.text();
  return change;
}

Link read_link(Reader& in) {
  Link change{};
  change.a = read_patient(in), change.b = read_patient(in);
  const std::uint8_t linked = in.u8();
  if (linked > 1) in.fail();
  change.linked = linked == 1;
  return change;
}

Erase read_erase(Reader& in) {
  Erase change{};
  change.patient = read_narrow(in);
  change.token = in.u64();
  return change;
}

SetMeta read_set_meta(Reader& in) {
  SetMeta change{};
  change.name = in.text(), change.value = in.text();
  return change;
}

Change read_change(Reader& in, record::Arena& room) {
  switch (static_cast<Tag>(in.u8())) {
    case Tag::new_name: return read_new_name(in);
    case Tag::put: return read_put(in, room);
    case Tag::identify: return read_identify(in);
    case Tag::link: return read_link(in);
    case Tag::erase: return read_erase(in);
    case Tag::set_meta: return read_set_meta(in);
  }
  in.fail();
  return SetMeta{};
}

}  // namespace

void encode(const Change& change, Bytes& out) { std::visit(Encoder{Writer(out)}, change); }

// version, commit, recorded, number of changes, the changes, checksum
Bytes encode_record(std::uint64_t commit, Micros recorded, std::span<const Bytes> encoded_changes) {
  Bytes bytes;
  std::size_t size = 40;
  for (const Bytes& change : encoded_changes) size += change.size();
  bytes.reserve(size);
  Writer write(bytes);
  write.u8(format_version);
  write.varint(commit);
  write.signed_varint(recorded);
  write.varint(encoded_changes.size());
  for (const Bytes& change : encoded_changes) write.raw(change);
  seal(bytes, Trailer::whole);
  return bytes;
}

Result<ChangeRecord> decode_record(BytesView bytes, record::Arena& room) {
  Reader in(TRY(unseal(bytes, "change record", {}, Trailer::whole)));
  ChangeRecord record;
  record.commit = in.varint();
  record.recorded = in.signed_varint();
  const std::uint64_t count = in.varint();
  if (count > in.left()) return wrong_bytes("change record");
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) record.changes.push_back(read_change(in, room));
  if (!in.done()) return wrong_bytes("change record");
  return record;
}

}  // namespace chartline::stored
