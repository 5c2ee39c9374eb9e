#include "engine/audit/entry_bytes.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "engine/audit/merkle.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::uint8_t content_version = 1;
constexpr std::size_t seed_bytes = crypto_stream_chacha20_KEYBYTES, salt_bytes = 16;
static_assert(seed_bytes == 32);
constexpr std::string_view place = "entry";
constexpr std::uint64_t decoded_patients_max = 1u << 20;

enum Flag : std::uint8_t { break_glass = 1, everyone = 2, repeated = 4, first_word = 8 };
enum Form : std::uint8_t { whole = 0, redacted = 1 };
enum Kind : std::uint8_t { who = 1, text = 2, reason = 3, patient = 4 };
constexpr int word_count = 3;  // who, text, reason

using Salt = std::array<std::uint8_t, salt_bytes>;

// A part of an entry that can be taken out of it. Of a patient only `ref` is set, of a word only `content`.
struct Part {
  bool erased = false;
  Salt salt{};
  std::string_view content{};
  PatientRef ref{};
  std::uint64_t token = 0;  // erased
  AuditHash commitment{};   // erased
};

struct Parts {
  BytesView fixed;
  AuditEntry entry;  // what stands in fixed
  std::array<std::optional<Part>, word_count> words{};
  std::vector<Part> patients;
};

BytesView view(const auto& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

AuditHash commitment(Kind kind, const Part& part) {
  if (part.erased) return part.commitment;
  Bytes bytes;
  Writer w(bytes);
  w.u8(2), w.u8(kind), w.raw(view(part.salt));
  if (kind == patient) w.u32(part.ref.shard), w.u32(part.ref.id);
  else w.raw(part.content);
  return audit_hash(bytes);
}

AuditHash leaf_of(const Parts& parts) {
  Bytes bytes;
  bytes.reserve(1 + parts.fixed.size() + (word_count + parts.patients.size()) * sizeof(AuditHash));
  Writer w(bytes);
  w.u8(0), w.raw(parts.fixed);
  for (int i = 0; i < word_count; ++i)
    if (parts.words[i]) w.raw(view(commitment(static_cast<Kind>(who + i), *parts.words[i])));
  for (const Part& one : parts.patients) w.raw(view(commitment(patient, one)));
  return audit_hash(bytes);
}

// Fresh seeds. The system is asked for many at a time; each is forgotten here once it is given.
class Seeds {
 public:
  using Seed = std::array<std::uint8_t, seed_bytes>;
  Seed next() {
    if (left_ == 0) randombytes_buf(seeds_.data(), sizeof seeds_), left_ = seeds_.size();
    Seed& one = seeds_[--left_];
    const Seed given = one;
    sodium_memzero(one.data(), one.size());
    return given;
  }

 private:
  std::array<Seed, 32> seeds_{};
  std::size_t left_ = 0;
};

// One salt after another, as the seed gives them.
class Salts {
 public:
  Salts(BytesView seed, std::size_t count) : stream_(count * salt_bytes, '\0') {
    constexpr unsigned char nonce[crypto_stream_chacha20_NONCEBYTES] = {};
    crypto_stream_chacha20(reinterpret_cast<unsigned char*>(stream_.data()), stream_.size(), nonce,
                           reinterpret_cast<const unsigned char*>(seed.data()));
  }
  Salt at(std::size_t i) const {
    Salt salt;
    std::memcpy(salt.data(), stream_.data() + i * salt_bytes, salt_bytes);
    return salt;
  }

 private:
  Bytes stream_;
};

void encode_fixed(const AuditEntry& entry, std::size_t patients, std::uint8_t flags, Writer& w) {
  w.u8(content_version), w.signed_varint(entry.at);
  w.u8(static_cast<std::uint8_t>(entry.act)), w.u8(static_cast<std::uint8_t>(entry.outcome));
  w.u8(entry.fault ? static_cast<std::uint8_t>(*entry.fault) : 0), w.u8(flags), w.varint(entry.rows);
  for (const std::string* word : {&entry.role, &entry.organisation, &entry.purpose, &entry.project, &entry.session})
    w.text(*word);
  w.varint(patients);
}

std::uint8_t flags_of(const AuditEntry& entry) {
  int flags = (entry.break_glass ? break_glass : 0) | (entry.everyone ? everyone : 0) | (entry.repeated ? repeated : 0);
  int bit = first_word;
  for (const std::string* word : {&entry.who, &entry.text, &entry.reason}) flags |= word->empty() ? 0 : bit, bit <<= 1;
  return static_cast<std::uint8_t>(flags);
}

void encode_ref(PatientRef ref, PatientRef before, Writer& w) {
  w.varint(ref.shard - before.shard), w.varint(ref.shard == before.shard ? ref.id - before.id : ref.id);
}

PatientRef after(PatientRef before, std::uint32_t shards, stored::PatientId ids) {
  return {before.shard + shards, shards == 0 ? before.id + ids : ids};
}

// A fresh entry whose patients are in order.
SealedEntry seal(const AuditEntry& entry, std::span<const PatientRef> patients) {
  SealedEntry sealed;
  Writer w(sealed.content);
  encode_fixed(entry, patients.size(), flags_of(entry), w);
  const std::size_t fixed = w.size();
  thread_local Seeds seeds;
  const Seeds::Seed seed = seeds.next();
  w.u8(whole), w.raw(view(seed));
  const Salts salts(view(seed), word_count + patients.size());
  Parts parts;
  std::size_t i = 0;
  for (const std::string* word : {&entry.who, &entry.text, &entry.reason}) {
    if (!word->empty()) parts.words[i] = Part{.salt = salts.at(i), .content = *word}, w.text(*word);
    ++i;
  }
  PatientRef before;
  for (const PatientRef ref : patients) {
    parts.patients.push_back({.salt = salts.at(i++), .ref = ref});
    encode_ref(ref, before, w);
    before = ref;
  }
  parts.fixed = BytesView(sealed.content).substr(0, fixed);
  sealed.leaf = leaf_of(parts);
  return sealed;
}

void cut(std::string& word, std::size_t bytes_max) {
  if (word.size() <= bytes_max) return;
  const std::string rest =
      "... (" + std::to_string(word.size()) + " bytes, BLAKE2b " + audit_hex(audit_hash(word)) + ")";
  word.resize(bytes_max - rest.size());
  word += rest;
}

AuditEntry bounded(AuditEntry entry, Micros now) {
  if (entry.at == 0) entry.at = now;
  cut(entry.text, audit_text_bytes_max);
  for (std::string* word :
       {&entry.who, &entry.role, &entry.organisation, &entry.purpose, &entry.project, &entry.session, &entry.reason})
    cut(*word, audit_word_bytes_max);
  std::sort(entry.patients.begin(), entry.patients.end());
  entry.patients.erase(std::unique(entry.patients.begin(), entry.patients.end()), entry.patients.end());
  return entry;
}

// Into parts that borrow from `content`.
Result<Parts> decode_content(BytesView content) {
  Reader in(content);
  Parts parts;
  AuditEntry& entry = parts.entry;
  if (const std::uint8_t version = in.u8(); in.ok() && version > content_version)
    return unsupported("entry: written by a newer version");
  entry.at = in.signed_varint();
  entry.act = static_cast<Act>(in.u8()), entry.outcome = static_cast<AuditOutcome>(in.u8());
  if (const std::uint8_t fault = in.u8(); fault != 0) entry.fault = static_cast<Fault>(fault);
  const std::uint8_t flags = in.u8();
  entry.break_glass = (flags & break_glass) != 0, entry.everyone = (flags & everyone) != 0,
  entry.repeated = (flags & repeated) != 0;
  entry.rows = in.varint();
  for (std::string* word : {&entry.role, &entry.organisation, &entry.purpose, &entry.project, &entry.session})
    *word = in.text();
  const std::uint64_t patients = in.varint();
  if (!in.ok() || patients > decoded_patients_max) return stored::wrong_bytes(place);
  parts.fixed = content.substr(0, content.size() - in.left());
  const std::uint8_t form = in.u8();
  if (form > redacted) return unsupported("entry: of a newer form");

  std::optional<Salts> salts;
  if (form == whole) {
    const BytesView seed = in.raw(seed_bytes);
    if (!in.ok() || patients > in.left()) return stored::wrong_bytes(place);
    salts.emplace(seed, word_count + static_cast<std::size_t>(patients));
  }
  // What stands before a part of an erased entry; true where the part itself follows.
  const auto open = [&](Part& part, std::size_t number) {
    if (salts) return part.salt = salts->at(number), true;
    part.erased = in.u8() == 0;
    if (part.erased) {
      part.token = in.u64();
      const BytesView kept = in.raw(sizeof part.commitment);
      std::copy(kept.begin(), kept.end(), part.commitment.begin());
    } else {
      const BytesView salt = in.raw(salt_bytes);
      std::copy(salt.begin(), salt.end(), part.salt.begin());
    }
    return !part.erased;
  };
  for (std::size_t i = 0; i < word_count; ++i) {
    if ((flags & first_word << i) == 0) continue;
    Part& part = parts.words[i].emplace();
    if (open(part, i)) part.content = in.text();
  }
  PatientRef before;
  for (std::size_t i = 0; i < patients && in.ok(); ++i) {
    Part& part = parts.patients.emplace_back();
    if (!open(part, word_count + i)) continue;
    const auto shard = static_cast<std::uint32_t>(in.varint());
    const auto id = static_cast<stored::PatientId>(in.varint());
    part.ref = salts ? after(before, shard, id) : PatientRef{shard, id};
    before = part.ref;
  }
  if (!in.done()) return stored::wrong_bytes(place);
  return parts;
}

Bytes encode_redacted(const Parts& parts) {
  Bytes content(parts.fixed);
  Writer w(content);
  w.u8(redacted);
  const auto put = [&](const Part& part) {
    w.u8(part.erased ? 0 : 1);
    if (part.erased) w.u64(part.token), w.raw(view(part.commitment));
    else w.raw(view(part.salt));
    return !part.erased;
  };
  for (const std::optional<Part>& word : parts.words)
    if (word && put(*word)) w.text(word->content);
  for (const Part& one : parts.patients)
    if (put(one)) w.varint(one.ref.shard), w.varint(one.ref.id);
  return content;
}

void erase(Part& part, Kind kind, std::uint64_t token) {
  part.commitment = commitment(kind, part);
  part.erased = true, part.token = token;
}

// Number and nodes before the content, which is what is left.
struct Framed {
  std::vector<AuditHash> nodes;
  BytesView content;
};
Result<Framed> unframe(BytesView value, std::uint64_t number) {
  Reader in(TRY(stored::unseal(value, place)));
  if (const std::uint64_t said = in.varint(); in.ok() && said != number)
    return corrupt("entry: it is entry " + std::to_string(said) + ", in another's place");
  Framed framed;
  framed.nodes.resize(nodes_completed(number));
  for (AuditHash& node : framed.nodes) {
    const BytesView bytes = in.raw(sizeof node);
    std::copy(bytes.begin(), bytes.end(), node.begin());
  }
  if (!in.ok()) return stored::wrong_bytes(place);
  framed.content = in.raw(in.left());
  return framed;
}

}  // namespace

std::vector<SealedEntry> seal_entries(const AuditEntry& entry, Micros now) {
  AuditEntry next = bounded(entry, now);
  std::vector<SealedEntry> sealed;
  std::span<const PatientRef> left = next.patients;
  do {
    const std::size_t count = std::min(left.size(), audit_patients_max);
    sealed.push_back(seal(next, left.first(count)));
    left = left.subspan(count);
    next.rows = 0;
  } while (!left.empty());
  return sealed;
}

SealedEntry seal_erasure(AuditEntry entry, std::uint64_t token, Micros now) {
  entry.patients = {PatientRef{}};
  entry = bounded(std::move(entry), now);
  const SealedEntry sealed = seal(entry, entry.patients);
  Parts parts = decode_content(sealed.content).value();
  erase(parts.patients.front(), patient, token);
  return {encode_redacted(parts), sealed.leaf};
}

Bytes audit_value(std::uint64_t number, std::span<const AuditHash> nodes, BytesView content) {
  Bytes value;
  value.reserve(1 + 10 + nodes.size_bytes() + content.size() + 4);
  Writer w(value);
  w.u8(stored::format_version), w.varint(number);
  for (const AuditHash& node : nodes) w.raw(view(node));
  w.raw(content);
  stored::seal(value);
  return value;
}

Result<AuditRecord> decode_audit_value(BytesView value, std::uint64_t number) {
  Framed framed = TRY(unframe(value, number));
  AuditRecord record = TRY(decode_audit_content(framed.content));
  record.number = number, record.nodes = std::move(framed.nodes);
  return record;
}

Result<AuditRecord> decode_audit_content(BytesView content) {
  Parts parts = TRY(decode_content(content));
  AuditRecord record;
  record.leaf = leaf_of(parts);
  record.entry = std::move(parts.entry);
  const auto note = [&](std::uint64_t token) {
    if (std::find(record.erased.begin(), record.erased.end(), token) == record.erased.end())
      record.erased.push_back(token);
  };
  std::size_t i = 0;
  for (std::string* word : {&record.entry.who, &record.entry.text, &record.entry.reason}) {
    const std::optional<Part>& part = parts.words[i++];
    if (part && part->erased) note(part->token);
    else if (part) *word = part->content;
  }
  for (const Part& one : parts.patients)
    if (one.erased) note(one.token);
    else record.entry.patients.push_back(one.ref);
  return record;
}

Result<Bytes> opened_content(BytesView value, std::uint64_t number) {
  const Framed framed = TRY(unframe(value, number));
  return encode_redacted(TRY(decode_content(framed.content)));
}

Result<SealedEntry> sealed_again(BytesView content) {
  return SealedEntry{Bytes(content), leaf_of(TRY(decode_content(content)))};
}

Result<AuditHash> audit_node(BytesView value, std::uint64_t number, unsigned level) {
  return TRY(unframe(value, number)).nodes.at(level);
}

Result<std::optional<Bytes>> without_patient(BytesView value, std::uint64_t number, const AuditErasure& erasure) {
  const Framed framed = TRY(unframe(value, number));
  Parts parts = TRY(decode_content(framed.content));
  bool changed = false, others = false;
  for (Part& one : parts.patients) {
    if (!one.erased && one.ref == erasure.patient) erase(one, patient, erasure.token), changed = true;
    else others = true;
  }
  // Of an act on this patient alone, what was asked and why tells of them; who did it, where they did it themselves.
  const bool alone = changed && !others;
  const bool themself = alone && parts.entry.role == "patient";
  const std::array<bool, word_count> surely{themself, alone, alone};
  for (std::size_t i = 0; i < word_count; ++i) {
    std::optional<Part>& word = parts.words[i];
    if (!word || word->erased || !(surely[i] || erasure.names(word->content))) continue;
    erase(*word, static_cast<Kind>(who + i), erasure.token);
    changed = true;
  }
  if (!changed) return std::optional<Bytes>();
  return std::optional(audit_value(number, framed.nodes, encode_redacted(parts)));
}

}  // namespace chartline::engine
