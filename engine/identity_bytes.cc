#include "engine/identity_bytes.h"

#include "base/hash.h"

namespace chartline::engine {
namespace {

void seal(Bytes& value) { Writer(value).u32(static_cast<std::uint32_t>(hash64(value))); }

Result<BytesView> unseal(BytesView value) {
  if (value.size() < 4) return corrupt("identity: a value is too short");
  const BytesView body = value.substr(0, value.size() - 4);
  if (Reader(value.substr(body.size())).u32() != static_cast<std::uint32_t>(hash64(body)))
    return corrupt("identity: the checksum of a value differs");
  return body;
}

}  // namespace

Bytes identity_key(std::uint64_t hash) {
  Bytes key;
  Writer w(key);
  w.u8('v'), w.u64be(hash);
  return key;
}

Bytes identifiers_key(stored::PatientRef patient) {
  Bytes key;
  Writer w(key);
  w.u8('p'), w.u32be(patient.shard), w.u32be(patient.id);
  return key;
}

Bytes link_key(std::uint64_t place) {
  Bytes key;
  Writer w(key);
  w.u8('l'), w.u64be(place);
  return key;
}

Bytes encode_identity_entries(const std::vector<IdentityEntry>& entries) {
  Bytes value;
  Writer w(value);
  for (const IdentityEntry& entry : entries)
    w.text(entry.system), w.text(entry.value), w.varint(entry.patient.shard), w.varint(entry.patient.id);
  seal(value);
  return value;
}

Result<std::vector<IdentityEntry>> decode_identity_entries(BytesView sealed) {
  Reader in(TRY(unseal(sealed)));
  std::vector<IdentityEntry> entries;
  while (in.ok() && in.left() > 0) {
    IdentityEntry entry;
    entry.system = in.text(), entry.value = in.text();
    entry.patient.shard = static_cast<std::uint32_t>(in.varint()),
    entry.patient.id = static_cast<std::uint32_t>(in.varint());
    entries.push_back(std::move(entry));
  }
  if (!in.ok()) return corrupt("identity: an entry is cut short");
  return entries;
}

Bytes encode_identifiers(const IdentifierList& list) {
  Bytes value;
  Writer w(value);
  for (const auto& [system, text] : list) w.text(system), w.text(text);
  seal(value);
  return value;
}

Result<IdentifierList> decode_identifiers(BytesView sealed) {
  Reader in(TRY(unseal(sealed)));
  IdentifierList list;
  while (in.ok() && in.left() > 0) {
    const BytesView system = in.text();
    list.emplace_back(system, in.text());
  }
  if (!in.ok()) return corrupt("identity: a list of identifiers is cut short");
  return list;
}

Bytes encode_link(const LinkRecord& link) {
  Bytes value;
  Writer w(value);
  w.u32(link.a.shard), w.u32(link.a.id), w.u32(link.b.shard), w.u32(link.b.id);
  w.u8(link.linked), w.u64(static_cast<std::uint64_t>(link.recorded));
  seal(value);
  return value;
}

Result<LinkRecord> decode_link(BytesView sealed) {
  Reader in(TRY(unseal(sealed)));
  LinkRecord link;
  link.a.shard = in.u32(), link.a.id = in.u32(), link.b.shard = in.u32(), link.b.id = in.u32();
  link.linked = in.u8() != 0, link.recorded = static_cast<Micros>(in.u64());
  if (!in.done()) return corrupt("identity: an entry of the link log is not well formed");
  return link;
}

Bytes encode_identity_counters(const IdentityCounters& counters) {
  Bytes value;
  Writer w(value);
  w.varint(counters.patients.size());
  for (const std::uint32_t count : counters.patients) w.varint(count);
  w.varint(counters.links);
  seal(value);
  return value;
}

Result<IdentityCounters> decode_identity_counters(BytesView sealed) {
  Reader in(TRY(unseal(sealed)));
  IdentityCounters counters;
  const std::uint64_t shards = in.varint();
  for (std::uint64_t shard = 0; shard < shards && in.ok(); ++shard)
    counters.patients.push_back(static_cast<std::uint32_t>(in.varint()));
  counters.links = in.varint();
  if (!in.done()) return corrupt("identity: the counters are not well formed");
  return counters;
}

}  // namespace chartline::engine
