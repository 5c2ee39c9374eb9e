// Somebody has been at the log. Whatever they did, with or without its checksums made to fit, is found and named.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/audit/verify.h"
#include "engine/maintenance.h"
#include "formats/stored/seal.h"
#include "tests/engine_audit/made_log.h"

namespace chartline::engine {
namespace {

constexpr std::uint64_t seed = 20261126;

// A log of `size` entries, and a hand that can reach below it.
class Tampered {
 public:
  explicit Tampered(std::uint64_t size) {
    read_often(made_.open(), size);
    head_ = made_.store().parts().shards[0]->audit_log().head();
    tables_ = made_.store().parts().shards[0]->tables();
  }

  Bytes value(std::uint64_t number) {
    Pinned bytes;
    EXPECT_TRUE(tables_->get(Table::audit, audit_key(number), nullptr, bytes).value());
    return Bytes(bytes.bytes());
  }
  void put(Bytes key, Bytes value) {
    Batch batch;
    batch.put(Table::audit, std::move(key), std::move(value));
    EXPECT_TRUE(tables_->write(batch, true));
  }
  void put(std::uint64_t number, Bytes value) { put(audit_key(number), std::move(value)); }
  void remove(std::uint64_t number) {
    Batch batch;
    batch.erase(Table::audit, audit_key(number));
    EXPECT_TRUE(tables_->write(batch, true));
  }
  void put_head(const LogHead& head) { put(Bytes(audit_head_key), encode(head)); }

  // Writes entries `from` and on anew, as one who knows the format would: nodes and head fit.
  void write_anew(std::uint64_t from, std::vector<SealedEntry> entries) {
    const auto log = AuditLog::open(tables_, 0).value();
    Frontier frontier = frontier_of(from - 1, log->nodes()).value();
    for (const SealedEntry& entry : entries) {
      const auto nodes = frontier.append(entry.leaf);
      put(frontier.size(), audit_value(frontier.size(), nodes, entry.content));
    }
    for (std::uint64_t number = frontier.size() + 1; number <= head_.size; ++number) remove(number);
    put_head({frontier.size(), frontier.root()});
  }

  std::vector<std::string> findings(std::vector<LogHead> kept = {}) {
    std::vector<std::string> all;
    const AuditLog& log = made_.store().parts().shards[0]->audit_log();
    const auto head = verify_log({.log = log, .tables = *tables_, .kept = kept, .found = [&](std::string finding) {
                                    all.push_back(std::move(finding));
                                  }});
    EXPECT_TRUE(head);
    return all;
  }

  void close() { tables_.reset(), made_.close(); }  // who holds the tables holds the lease
  const LogHead& head() const { return head_; }
  MadeStore& made() { return made_; }
  const std::shared_ptr<Tables>& tables() const { return tables_; }

 private:
  MadeStore made_;
  LogHead head_;
  std::shared_ptr<Tables> tables_;
};

using Findings = std::vector<std::string>;

// Bytes of a value, and its checksum again.
Bytes with_byte(Bytes value, std::size_t at, char flip) {
  value[at] = static_cast<char>(value[at] ^ flip);
  value.resize(value.size() - 4);
  stored::seal(value);
  return value;
}

std::string entry(std::uint64_t number) { return "audit: shard 0, entry " + std::to_string(number) + ": "; }

TEST(AuditTampering, OfNothingFindsNothing) {
  for (const std::uint64_t size : {0, 1, 2, 3, 31, 32, 33, 100}) {
    Tampered log(size);
    EXPECT_EQ(log.findings({log.head()}), Findings()) << size;
    EXPECT_EQ(check(log.made().store(), {}).value().findings, Findings());
  }
}

TEST(AuditTampering, AFlippedBitAnywhereIsFoundAtItsEntry) {
  std::mt19937_64 random(seed);
  Tampered log(67);
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t number = 1 + random() % 67;
    const Bytes was = log.value(number);
    Bytes flipped = was;
    flipped[random() % flipped.size()] ^= static_cast<char>(1 << random() % 8);
    log.put(number, flipped);
    const Findings found = log.findings();
    ASSERT_EQ(found.size(), 1u) << "seed " << seed << ", entry " << number;
    EXPECT_TRUE(found.front().starts_with(entry(number))) << found.front();
    log.put(number, was);
  }
}

TEST(AuditTampering, AContentThatWasChangedIsFoundThoughItsChecksumFits) {
  std::mt19937_64 random(seed);
  Tampered log(67);
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t number = 1 + random() % 67;
    const Bytes was = log.value(number);
    // The nodes before the content, and the content: every byte of it is under the hash.
    const std::size_t at = 2 + random() % (was.size() - 2 - 4);
    log.put(number, with_byte(was, at, static_cast<char>(1 + random() % 255)));
    const Findings found = log.findings();
    ASSERT_FALSE(found.empty()) << "seed " << seed << ", entry " << number << ", byte " << at;
    // A node that was changed is found where it is completed, or where it is a part of another.
    const std::size_t first_content = 2 + nodes_completed(number) * sizeof(AuditHash);
    EXPECT_TRUE(at < first_content || found.front().starts_with(entry(number))) << found.front();
    log.put(number, was);
  }
  EXPECT_EQ(log.findings(), Findings());
}

TEST(AuditTampering, AnEntryThatIsGoneIsFound) {
  for (std::uint64_t number = 1; number <= 20; ++number) {
    Tampered log(20);
    log.remove(number);
    EXPECT_EQ(log.findings(), Findings{entry(number) + "it is absent"});
  }
}

TEST(AuditTampering, EntriesThatChangedPlacesAreFound) {
  std::mt19937_64 random(seed);
  Tampered log(50);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t one = 1 + random() % 50, other = 1 + random() % 50;
    if (one == other) continue;
    const Bytes a = log.value(one), b = log.value(other);
    log.put(one, b), log.put(other, a);
    const Findings found = log.findings();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found.front(), entry(std::min(one, other)) + "entry: it is entry " +
                                 std::to_string(std::max(one, other)) + ", in another's place");
    log.put(one, a), log.put(other, b);
  }
}

// The content and the leaf of one under the number and the nodes of the other: only the nodes above tell.
TEST(AuditTampering, ContentsThatChangedPlacesAreFoundBetweenTheirNumbers) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 60; ++i) {
    Tampered log(40);
    const std::uint64_t one = 1 + random() % 40, other = 1 + random() % 40;
    if (one == other) continue;
    const auto content = [&](std::uint64_t number) {
      const Bytes value = log.value(number);
      const std::size_t before = 2 + nodes_completed(number) * sizeof(AuditHash);
      return value.substr(before, value.size() - before - 4);
    };
    const auto give = [&](std::uint64_t number, const Bytes& bytes, const AuditHash& leaf) {
      std::vector<AuditHash> nodes = decode_audit_value(log.value(number), number).value().nodes;
      nodes.front() = leaf;
      return audit_value(number, nodes, bytes);
    };
    const AuditHash leaf_one = decode_audit_value(log.value(one), one).value().leaf;
    const AuditHash leaf_other = decode_audit_value(log.value(other), other).value().leaf;
    const Bytes a = give(one, content(other), leaf_other), b = give(other, content(one), leaf_one);
    log.put(one, a), log.put(other, b);
    const Findings found = log.findings();
    ASSERT_FALSE(found.empty()) << "seed " << seed << ": " << one << " and " << other;
    std::uint64_t first = 0, last = 0;
    if (std::sscanf(found.front().c_str(), "audit: shard 0: entries %lu to %lu", &first, &last) == 2) {
      EXPECT_TRUE((first <= one && one <= last) || (first <= other && other <= last));
    } else {
      EXPECT_EQ(found.front(), "audit: shard 0: the head has another root than the entries make");
    }
  }
}

TEST(AuditTampering, AnEndThatIsCutOffIsFound) {
  for (std::uint64_t left = 0; left < 20; ++left) {
    Tampered log(20);
    for (std::uint64_t number = left + 1; number <= 20; ++number) log.remove(number);
    EXPECT_EQ(log.findings().size(), 20 - left) << "the head tells how many there were";
  }
}

TEST(AuditTampering, AnEndThatIsCutOffWithTheHeadMadeToFitIsToldByAKeptHead) {
  for (std::uint64_t left = 0; left < 20; ++left) {
    Tampered log(20);
    const LogHead kept = log.head();
    log.write_anew(left + 1, {});
    EXPECT_EQ(log.findings(), Findings());
    EXPECT_EQ(log.findings({kept}), Findings{"audit: shard 0: the log ends at entry " + std::to_string(left) +
                                             ", but a kept head tells of 20: its end is gone"});
  }
}

TEST(AuditTampering, ATailThatWasWrittenAnewFitsItselfButNoKeptHead) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t size = 5 + random() % 60;
    Tampered log(size);
    const LogHead kept = log.head();
    const std::uint64_t from = 1 + random() % size;
    std::vector<SealedEntry> others;
    for (std::uint64_t n = random() % 2 ? size - from + 1 : random() % 30; n > 0; --n)
      others.push_back(seal_entries(reading({0, 3}, "nobody"), 7).front());
    const LogHead before{from - 1, AuditLog::open(log.tables(), 0).value()->root_of(from - 1).value()};
    log.write_anew(from, others);
    EXPECT_EQ(log.findings(), Findings()) << "it fits itself";
    EXPECT_EQ(log.findings({before}), Findings()) << "and all that was before it";
    EXPECT_EQ(log.findings({before, kept}).size(), 1u) << "seed " << seed << ", from " << from << " of " << size;
  }
}

TEST(AuditTampering, KeysThatAreNoEntriesAreFound) {
  Tampered log(3);
  log.put(Bytes("x"), "y");
  log.put(std::uint64_t{0}, log.value(1));
  log.put(std::uint64_t{9}, log.value(1));
  const Findings found = log.findings();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], "audit: shard 0: a key that is none of the log's");
  EXPECT_EQ(found[1], entry(9) + "it lies behind the end that the head tells of");
  EXPECT_EQ(check(log.made().store(), {}).value().findings.size(), 3u);
}

TEST(AuditTampering, OpeningForWritingRefusesADamagedEndAndReadersSeeIt) {
  for (const bool head : {false, true}) {
    Tampered log(12);
    if (head) log.put(Bytes(audit_head_key), "nothing of the kind");
    else log.remove(12);
    log.close();
    EXPECT_EQ(log.made().try_open().error().fault, Fault::corrupt);
    auto reader = log.made().try_open(true);
    ASSERT_TRUE(reader);
    const CheckReport report = check(**reader, {}).value();
    ASSERT_FALSE(report.findings.empty());
    EXPECT_TRUE(report.findings.front().starts_with("audit: shard 0")) << report.findings.front();
  }
}

TEST(AuditTampering, AReadThatFailsIsNoFindingLost) {
  Tampered log(12);
  log.made().faults->add({.operation = Operation::get, .table = Table::audit, .nth = 5});
  EXPECT_EQ(log.findings(), Findings{entry(4) + "injected fault"});
  log.made().faults->add({.operation = Operation::scan, .table = Table::audit});
  const auto head = verify_log({.log = log.made().store().parts().shards[0]->audit_log(),
                                .tables = *log.made().store().parts().shards[0]->tables(),
                                .found = [](const std::string&) { FAIL(); }});
  EXPECT_EQ(head.error().fault, Fault::unavailable);
}

TEST(AuditTampering, VerifyingCanBeStopped) {
  Tampered log(2100);
  std::uint64_t asked = 0;
  const auto head = verify_log({.log = log.made().store().parts().shards[0]->audit_log(),
                                .tables = *log.made().store().parts().shards[0]->tables(),
                                .found = [](const std::string&) { FAIL(); },
                                .step =
                                    [&](std::uint64_t entries) {
                                      asked = entries;
                                      return entries > 2000 ? Result<void>(unavailable("cancelled")) : Result<void>();
                                    }});
  EXPECT_EQ(head.error().message, "cancelled");
  EXPECT_EQ(asked, 2048u);
}

}  // namespace
}  // namespace chartline::engine
