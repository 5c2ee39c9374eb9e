// The bytes of one entry.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/hash.h"
#include "engine/audit/entry_bytes.h"
#include "engine/audit/merkle.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

AuditEntry a_query() {
  AuditEntry entry;
  entry.at = 1'700'000'000'000'000;
  entry.act = Act::query;
  entry.who = "dr.jones", entry.role = "clinician", entry.organisation = "RXX", entry.purpose = "direct care";
  entry.project = "p1", entry.session = "0a1b", entry.text = "list cohort c", entry.reason = "asked by phone";
  entry.rows = 12, entry.break_glass = true;
  entry.patients = {{0, 7}, {1, 2}, {0, 3}, {1, 2}, {4, 0}};
  return entry;
}

// As the log would store the only part of `entry` under `number`.
Bytes stored_as(std::uint64_t number, const SealedEntry& sealed) {
  std::vector<AuditHash> nodes(nodes_completed(number), sealed.leaf);
  return audit_value(number, nodes, sealed.content);
}

AuditRecord reread(const AuditEntry& entry, std::uint64_t number = 4) {
  const auto sealed = seal_entries(entry, 5);
  EXPECT_EQ(sealed.size(), 1u);
  const AuditRecord record = decode_audit_value(stored_as(number, sealed.front()), number).value();
  EXPECT_EQ(record.leaf, sealed.front().leaf);
  EXPECT_EQ(record.nodes.front(), record.leaf);
  EXPECT_EQ(record.nodes.size(), nodes_completed(number));
  EXPECT_EQ(record.number, number);
  return record;
}

TEST(AuditEntryBytes, ComeBackAsTheyWere) {
  const AuditRecord record = reread(a_query());
  const AuditEntry &was = a_query(), &is = record.entry;
  EXPECT_EQ(is.at, was.at);
  EXPECT_EQ(is.act, was.act);
  EXPECT_EQ(is.outcome, was.outcome);
  EXPECT_EQ(is.fault, was.fault);
  EXPECT_EQ(is.who, was.who);
  EXPECT_EQ(is.role, was.role);
  EXPECT_EQ(is.organisation, was.organisation);
  EXPECT_EQ(is.purpose, was.purpose);
  EXPECT_EQ(is.project, was.project);
  EXPECT_EQ(is.session, was.session);
  EXPECT_EQ(is.text, was.text);
  EXPECT_EQ(is.reason, was.reason);
  EXPECT_EQ(is.rows, was.rows);
  EXPECT_TRUE(is.break_glass);
  EXPECT_FALSE(is.everyone);
  EXPECT_FALSE(is.repeated);
  EXPECT_EQ(is.patients, (std::vector<PatientRef>{{0, 3}, {0, 7}, {1, 2}, {4, 0}}));
  EXPECT_TRUE(record.erased.empty());
}

TEST(AuditEntryBytes, KeepWhatIsSetAndWhatIsNot) {
  AuditEntry entry;
  entry.everyone = entry.repeated = true;
  entry.outcome = AuditOutcome::denied, entry.fault = Fault::denied;
  const AuditRecord record = reread(entry, 1);
  EXPECT_EQ(record.entry.at, 5) << "the moment at which it is appended";
  EXPECT_TRUE(record.entry.everyone);
  EXPECT_TRUE(record.entry.repeated);
  EXPECT_FALSE(record.entry.break_glass);
  EXPECT_EQ(record.entry.fault, Fault::denied);
  EXPECT_EQ(record.entry.outcome, AuditOutcome::denied);
  EXPECT_EQ(record.entry.who, "");
  EXPECT_TRUE(record.entry.patients.empty());
}

TEST(AuditEntryBytes, EveryTimeHideBehindOtherSalts) {
  EXPECT_NE(seal_entries(a_query(), 5).front().leaf, seal_entries(a_query(), 5).front().leaf);
}

TEST(AuditEntryBytes, AreCutSayingSo) {
  AuditEntry entry = a_query();
  entry.text = std::string(audit_text_bytes_max + 1, 'x');
  entry.who = std::string(2000, 'w');
  const AuditRecord record = reread(entry);
  EXPECT_EQ(record.entry.text.size(), audit_text_bytes_max);
  EXPECT_TRUE(record.entry.text.ends_with("... (65537 bytes, BLAKE2b " + audit_hex(audit_hash(entry.text)) + ")"));
  EXPECT_EQ(record.entry.who.size(), audit_word_bytes_max);
}

TEST(AuditEntryBytes, OfManyPatientsAreSeveralEntries) {
  AuditEntry entry = a_query();
  entry.patients.clear();
  for (std::uint32_t id = 0; id <= 2 * audit_patients_max; ++id) entry.patients.push_back({id % 3, id});
  const auto sealed = seal_entries(entry, 5);
  ASSERT_EQ(sealed.size(), 3u);
  std::vector<PatientRef> all;
  std::uint64_t rows = 0;
  for (const SealedEntry& one : sealed) {
    const AuditRecord record = decode_audit_value(stored_as(1, one), 1).value();
    EXPECT_EQ(record.leaf, one.leaf);
    EXPECT_EQ(record.entry.text, entry.text);
    all.insert(all.end(), record.entry.patients.begin(), record.entry.patients.end());
    rows += record.entry.rows;
  }
  EXPECT_EQ(rows, entry.rows);
  std::sort(entry.patients.begin(), entry.patients.end());
  EXPECT_EQ(all, entry.patients);
}

// The leaf as docs/stored-bytes.md and docs/audit.md describe it, from the bytes alone.
TEST(AuditEntryBytes, HashAsDescribed) {
  AuditEntry entry;
  entry.at = 1, entry.who = "me", entry.patients = {{2, 9}};
  const SealedEntry sealed = seal_erasure(entry, 77, 5);
  Bytes fixed;
  Writer w(fixed);
  w.u8(1), w.signed_varint(1), w.u8(4), w.u8(1), w.u8(0), w.u8(8), w.varint(0);
  for (int word = 0; word < 5; ++word) w.text("");
  w.varint(1);
  ASSERT_TRUE(sealed.content.starts_with(fixed));
  Reader in(BytesView(sealed.content).substr(fixed.size()));
  EXPECT_EQ(in.u8(), 1);  // form: erased
  EXPECT_EQ(in.u8(), 1);  // who is there, behind its salt
  Bytes who("\2\1", 2);
  who += in.raw(16), who += in.text();
  EXPECT_EQ(in.u8(), 0);  // the patient is not
  EXPECT_EQ(in.u64(), 77u);
  const AuditHash who_commitment = audit_hash(who);
  Bytes leaf = Bytes(1, '\0') + fixed;
  leaf.append(who_commitment.begin(), who_commitment.end()).append(in.raw(32));
  EXPECT_TRUE(in.done());
  EXPECT_EQ(sealed.leaf, audit_hash(leaf));
}

AuditErasure erasure_of(PatientRef patient, std::string word = "943-476") {
  return {patient, 99, [word](BytesView text) { return text.find(word) != BytesView::npos; }};
}

TEST(AuditErasure, TakesThePatientAndLeavesTheLeaf) {
  const SealedEntry sealed = seal_entries(a_query(), 5).front();
  const Bytes value = stored_as(4, sealed);
  const Bytes erased = without_patient(value, 4, erasure_of({0, 7})).value().value();
  const AuditRecord record = decode_audit_value(erased, 4).value();
  EXPECT_EQ(record.leaf, sealed.leaf);
  EXPECT_EQ(record.entry.patients, (std::vector<PatientRef>{{0, 3}, {1, 2}, {4, 0}}));
  EXPECT_EQ(record.erased, std::vector<std::uint64_t>{99});
  EXPECT_EQ(record.entry.text, "list cohort c") << "it is on others as well, and names nobody";
  EXPECT_EQ(record.entry.who, "dr.jones");
  EXPECT_EQ(without_patient(erased, 4, erasure_of({0, 7})).value(), std::nullopt) << "once is enough";
  EXPECT_EQ(without_patient(value, 4, erasure_of({0, 8})).value(), std::nullopt);

  // One after another, until nobody is left.
  Bytes left = erased;
  for (const PatientRef other : {PatientRef{4, 0}, PatientRef{1, 2}, PatientRef{0, 3}})
    left = without_patient(left, 4, {other, 100, [](BytesView) { return false; }}).value().value();
  const AuditRecord nobody = decode_audit_value(left, 4).value();
  EXPECT_EQ(nobody.leaf, sealed.leaf);
  EXPECT_TRUE(nobody.entry.patients.empty());
  EXPECT_EQ(nobody.erased, (std::vector<std::uint64_t>{100, 99}));
}

TEST(AuditErasure, TakesTextsThatNameThePatient) {
  AuditEntry entry = a_query();
  entry.patients.clear();
  entry.text = "find 943-476", entry.who = "dr.jones";
  const SealedEntry sealed = seal_entries(entry, 5).front();
  const Bytes erased = without_patient(stored_as(1, sealed), 1, erasure_of({0, 7})).value().value();
  const AuditRecord record = decode_audit_value(erased, 1).value();
  EXPECT_EQ(record.leaf, sealed.leaf);
  EXPECT_EQ(record.entry.text, "");
  EXPECT_EQ(record.entry.who, "dr.jones");
  EXPECT_EQ(record.entry.reason, "asked by phone");
  EXPECT_EQ(record.erased, std::vector<std::uint64_t>{99});
}

TEST(AuditErasure, OfAnActOnThePatientAloneTakesWhatWasAskedAndWhy) {
  AuditEntry entry = a_query();
  entry.patients = {{0, 7}};
  const auto left = [&] {
    const SealedEntry sealed = seal_entries(entry, 5).front();
    return decode_audit_value(without_patient(stored_as(1, sealed), 1, erasure_of({0, 7})).value().value(), 1).value();
  };
  EXPECT_EQ(left().entry.text, "");
  EXPECT_EQ(left().entry.reason, "");
  EXPECT_EQ(left().entry.who, "dr.jones");
  entry.role = "patient";
  EXPECT_EQ(left().entry.who, "") << "it was the patient who read their own record";
}

TEST(AuditErasure, LeavesNoByteOfWhatItTook) {
  AuditEntry entry = a_query();
  entry.patients = {{0, 7}};
  entry.text = "the text of 943-476";
  const SealedEntry sealed = seal_entries(entry, 5).front();
  const Bytes seed = sealed.content.substr(sealed.content.find("dr.jones") - 1 - 32, 32);
  const Bytes erased = without_patient(stored_as(1, sealed), 1, erasure_of({0, 7})).value().value();
  EXPECT_EQ(erased.find(entry.text), Bytes::npos);
  EXPECT_EQ(erased.find(seed), Bytes::npos) << "it gives the salts";
}

// Whatever the bytes, an error or an entry; never a crash, never memory without bound.
TEST(AuditEntryBytes, HostileOnesAreRefused) {
  const std::uint64_t seed = 20261126;
  std::mt19937_64 random(seed);
  const Bytes whole = stored_as(8, seal_entries(a_query(), 5).front());
  const Bytes redacted = without_patient(whole, 8, erasure_of({0, 7})).value().value();
  int sound = 0;
  for (int i = 0; i < 40'000; ++i) {
    Bytes bytes = i % 2 ? whole : redacted;
    bytes.resize(bytes.size() - 4);
    for (auto changes = 1 + random() % 4; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    stored::seal(bytes);  // so that it is the decoder that must see it
    const auto record = decode_audit_value(bytes, 8);
    const auto erased = without_patient(bytes, 8, erasure_of({0, 3}));
    EXPECT_EQ(record.has_value(), erased.has_value()) << "seed " << seed;
    (void)audit_node(bytes, 8, 3);
    sound += record.has_value();
    EXPECT_TRUE(record || record.error().fault == Fault::corrupt || record.error().fault == Fault::unsupported);
  }
  EXPECT_GT(sound, 100);
  EXPECT_EQ(decode_audit_value(whole, 9).error().message, "entry: it is entry 8, in another's place");
  EXPECT_EQ(decode_audit_value({}, 1).error().fault, Fault::corrupt);
  Bytes flipped = whole;
  flipped[40] ^= 1;
  EXPECT_EQ(decode_audit_value(flipped, 8).error().fault, Fault::corrupt);
}

TEST(AuditHead, IsKeptAsText) {
  const AuditHead head{"00ff", 3, 120, audit_hash("x")};
  EXPECT_EQ(text(head), "00ff:3:120:" + audit_hex(audit_hash("x")));
  EXPECT_EQ(parse_audit_head(text(head)).value(), head);
  for (const std::string& wrong : std::vector<std::string>{
           "", ":", "00ff:3:120", "00ff:3:120:12", ":3:120:" + audit_hex(head.root), "00ff:x:120:" + audit_hex(head.root),
           "00ff:3:-1:" + audit_hex(head.root), text(head) + "0", "00ff:3:120:g" + audit_hex(head.root).substr(1)})
    EXPECT_EQ(parse_audit_head(wrong).error().fault, Fault::invalid_request) << wrong;
}

TEST(AuditWords, NameEveryAct) {
  for (std::uint8_t number = 1; number <= 21; ++number)
    EXPECT_EQ(parse_act(name(static_cast<Act>(number))), static_cast<Act>(number));
  for (std::uint8_t number = 1; number <= 4; ++number)
    EXPECT_EQ(parse_outcome(name(static_cast<AuditOutcome>(number))), static_cast<AuditOutcome>(number));
  EXPECT_EQ(name(static_cast<Act>(200)), "unknown");
  EXPECT_EQ(parse_act("unknown"), std::nullopt);
}

}  // namespace
}  // namespace chartline::engine
