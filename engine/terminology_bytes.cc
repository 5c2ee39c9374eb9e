#include "engine/terminology_bytes.h"

#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr const char* place = "terminology";

Bytes begun() { return Bytes(1, static_cast<char>(stored::format_version)); }

Bytes sealed(Bytes bytes) {
  stored::seal(bytes);
  return bytes;
}

Bytes part_key(char kind, std::uint32_t part) {
  Bytes key;
  Writer w(key);
  w.u8(static_cast<std::uint8_t>(kind)), w.u32be(part);
  return key;
}

std::uint32_t narrow(Reader& in) {
  const std::uint64_t value = in.varint();
  if (value > UINT32_MAX) in.fail();
  return static_cast<std::uint32_t>(value);
}

}  // namespace

Bytes version_key(std::string_view name) { return "v" + Bytes(name); }

Bytes concept_key(std::uint32_t part, const record::Code& code) {
  Bytes key = part_key('c', part);
  Writer w(key);
  w.text(code.system), w.text(code.code);
  return key;
}

Bytes link_group_key(std::uint32_t part, bool inverse, record::Relation relation, const record::Code& code) {
  Bytes key = part_key('l', part);
  Writer w(key);
  w.u8(inverse), w.u8(static_cast<std::uint8_t>(relation)), w.text(code.system), w.text(code.code);
  return key;
}

Bytes link_system_key(std::uint32_t part, bool inverse, record::Relation relation, std::string_view system) {
  Bytes key = part_key('l', part);
  Writer w(key);
  w.u8(inverse), w.u8(static_cast<std::uint8_t>(relation)), w.text(system);
  return key;
}

Bytes loaded_key(std::uint32_t part) { return part_key('t', part); }

Bytes link_chunk_key(BytesView group, std::uint32_t chunk) {
  Bytes key(group);
  Writer(key).u32be(chunk);
  return key;
}

bool is_first_chunk(BytesView key) { return key.ends_with(BytesView("\0\0\0\0", 4)); }

bool parse_terminology_key(BytesView key, char& kind, std::uint32_t& part) {
  Reader in(key);
  kind = static_cast<char>(in.u8());
  if (kind != 'c' && kind != 'l' && kind != 't') return false;
  part = in.u32be();
  if (kind == 't') return in.done();
  if (kind == 'l') in.u8(), in.u8();
  in.text(), in.text();
  if (kind == 'l') in.u32be();
  return in.done();
}

Bytes encode(const TerminologyCounters& counters) {
  Bytes bytes = begun();
  Writer w(bytes);
  w.varint(counters.next_part), w.varint(counters.next_order), w.varint(counters.versions);
  return sealed(std::move(bytes));
}

Result<TerminologyCounters> decode_terminology_counters(BytesView bytes) {
  Reader in(TRY(stored::unseal(bytes, place)));
  TerminologyCounters counters;
  counters.next_part = narrow(in), counters.next_order = in.varint(), counters.versions = in.varint();
  if (!in.done()) return stored::wrong_bytes(place);
  return counters;
}

Bytes encode(const VersionRecord& version) {
  Bytes bytes = begun();
  Writer w(bytes);
  w.varint(version.order), w.varint(version.concepts), w.varint(version.links);
  for (const TerminologyPart& part : version.parts)
    w.varint(part.part), w.varint(part.concept_keys), w.varint(part.link_keys);
  return sealed(std::move(bytes));
}

Result<VersionRecord> decode_version(BytesView bytes) {
  Reader in(TRY(stored::unseal(bytes, place)));
  VersionRecord version;
  version.order = in.varint(), version.concepts = in.varint(), version.links = in.varint();
  while (in.ok() && in.left() > 0) {
    TerminologyPart& part = version.parts.emplace_back();
    part.part = narrow(in), part.concept_keys = in.varint(), part.link_keys = in.varint();
  }
  if (!in.done()) return stored::wrong_bytes(place);
  return version;
}

Bytes encode(const record::Concept& entry) {
  Bytes bytes = begun();
  Writer w(bytes);
  w.text(entry.code.display), w.text(entry.omop_id), w.text(entry.domain), w.text(entry.valid_from),
      w.text(entry.valid_to);
  w.u8(entry.standard);
  return sealed(std::move(bytes));
}

Result<record::Concept> decode_concept(BytesView bytes) {
  Reader in(TRY(stored::unseal(bytes, place)));
  record::Concept entry;
  entry.code.display = in.text(), entry.omop_id = in.text(), entry.domain = in.text();
  entry.valid_from = in.text(), entry.valid_to = in.text();
  entry.standard = in.u8() != 0;
  if (!in.done()) return stored::wrong_bytes(place);
  return entry;
}

Bytes encode(const LoadRecord& load) {
  Bytes bytes = begun();
  Writer w(bytes);
  w.varint(static_cast<std::uint64_t>(load.finished)), w.u8(load.lists_all);
  return sealed(std::move(bytes));
}

Result<LoadRecord> decode_load(BytesView bytes) {
  Reader in(TRY(stored::unseal(bytes, place)));
  LoadRecord load;
  load.finished = static_cast<Micros>(in.varint());
  load.lists_all = in.u8() != 0;
  if (!in.done()) return stored::wrong_bytes(place);
  return load;
}

Bytes encode(const LinkChunk& chunk, bool first) {
  Bytes bytes = begun();
  Writer w(bytes);
  if (first) w.varint(chunk.chunks), w.varint(chunk.count);
  for (const LinkEnd& end : chunk.ends) w.text(end.system), w.text(end.code), w.varint(end.distance);
  return sealed(std::move(bytes));
}

Result<LinkChunk> decode_link_chunk(BytesView bytes, bool first) {
  Reader in(TRY(stored::unseal(bytes, place)));
  LinkChunk chunk;
  if (first) chunk.chunks = narrow(in), chunk.count = in.varint();
  while (in.ok() && in.left() > 0) {
    LinkEnd& end = chunk.ends.emplace_back();
    end.system = in.text(), end.code = in.text(), end.distance = narrow(in);
  }
  if (!in.done()) return stored::wrong_bytes(place);
  return chunk;
}

}  // namespace chartline::engine
