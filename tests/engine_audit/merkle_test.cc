// The tree against its definition: RFC 6962, section 2.1, written down as it stands there, over plain lists of hashes.
#include "engine/audit/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>

namespace chartline::engine {
namespace {

using Hashes = std::vector<AuditHash>;

AuditHash leaf(std::uint64_t number) { return audit_hash("leaf " + std::to_string(number)); }

Hashes leaves(std::uint64_t size) {
  Hashes all;
  for (std::uint64_t number = 1; number <= size; ++number) all.push_back(leaf(number));
  return all;
}

// The greatest power of two smaller than n.
std::size_t k_of(std::size_t n) {
  std::size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

AuditHash h(const AuditHash& left, const AuditHash& right) {
  Bytes bytes(1, '\1');
  bytes.append(left.begin(), left.end()).append(right.begin(), right.end());
  return audit_hash(bytes);
}

AuditHash mth(std::span<const AuditHash> d) {
  if (d.empty()) return audit_hash({});
  if (d.size() == 1) return d[0];
  const std::size_t k = k_of(d.size());
  return h(mth(d.first(k)), mth(d.subspan(k)));
}

Hashes operator+(Hashes list, const AuditHash& more) {
  list.push_back(more);
  return list;
}

Hashes path(std::size_t m, std::span<const AuditHash> d) {
  if (d.size() == 1) return {};
  const std::size_t k = k_of(d.size());
  return m < k ? path(m, d.first(k)) + mth(d.subspan(k)) : path(m - k, d.subspan(k)) + mth(d.first(k));
}

Hashes subproof(std::size_t m, std::span<const AuditHash> d, bool b) {
  if (m == d.size()) return b ? Hashes() : Hashes{mth(d)};
  const std::size_t k = k_of(d.size());
  return m <= k ? subproof(m, d.first(k), b) + mth(d.subspan(k)) : subproof(m - k, d.subspan(k), false) + mth(d.first(k));
}

// A tree grown leaf by leaf, its complete nodes kept as the log keeps them: with the entry that completes them.
struct Grown {
  Frontier frontier;
  std::map<std::uint64_t, Hashes> nodes;

  explicit Grown(std::uint64_t size) {
    for (std::uint64_t number = 1; number <= size; ++number) nodes[number] = frontier.append(leaf(number));
  }
  NodeOf node() const {
    return [this](unsigned level, std::uint64_t last) -> Result<AuditHash> { return nodes.at(last).at(level); };
  }
};

TEST(Merkle, GrowsToTheRootThatTheDefinitionGives) {
  const Hashes all = leaves(130);
  Frontier frontier;
  EXPECT_EQ(frontier.root(), mth({}));
  for (std::size_t size = 1; size <= all.size(); ++size) {
    const Hashes completed = frontier.append(all[size - 1]);
    EXPECT_EQ(completed.size(), nodes_completed(size));
    for (std::size_t level = 0; level < completed.size(); ++level)
      EXPECT_EQ(completed[level], mth(std::span(all).subspan(size - (1u << level), 1u << level)));
    EXPECT_EQ(frontier.root(), mth(std::span(all).first(size))) << size;
    EXPECT_EQ(frontier.size(), size);
  }
}

TEST(Merkle, GoesOnFromItsNodes) {
  const Grown grown(200);
  for (std::uint64_t size = 0; size <= 200; ++size) {
    Frontier frontier = frontier_of(size, grown.node()).value();
    EXPECT_EQ(frontier.root(), mth(leaves(size)));
    (void)frontier.append(leaf(size + 1));
    EXPECT_EQ(frontier.root(), mth(leaves(size + 1)));
  }
}

TEST(Merkle, ProvesEveryEntryOfEverySize) {
  const Grown grown(70);
  const Hashes all = leaves(70);
  for (std::uint64_t size = 1; size <= 70; ++size) {
    const std::span<const AuditHash> now = std::span(all).first(size);
    const AuditHash root = mth(now);
    for (std::uint64_t number = 1; number <= size; ++number) {
      Hashes proof = inclusion_path(number, size, grown.node()).value();
      EXPECT_EQ(proof, path(number - 1, now));
      EXPECT_TRUE(includes(root, size, leaf(number), number, proof));
      EXPECT_FALSE(includes(root, size, leaf(number + 1), number, proof));
      EXPECT_FALSE(includes(leaf(0), size, leaf(number), number, proof));
      for (AuditHash& hash : proof) {
        hash[number % hash.size()] ^= 1;
        EXPECT_FALSE(includes(root, size, leaf(number), number, proof));
        hash[number % hash.size()] ^= 1;
      }
      EXPECT_FALSE(includes(root, size, leaf(number), number, proof + leaf(0)));
      if (!proof.empty()) {
        EXPECT_FALSE(includes(root, size, leaf(number), number, std::span(proof).first(proof.size() - 1)));
      }
      const std::uint64_t another = number % size + 1;
      EXPECT_EQ(includes(root, size, leaf(number), another, proof), another == number);
    }
    EXPECT_FALSE(includes(root, size, leaf(0), 0, {}));
    EXPECT_FALSE(includes(root, size, leaf(size + 1), size + 1, {}));
  }
}

TEST(Merkle, ProvesThatEverySizeBeginsWithEveryOlderOne) {
  const Grown grown(70);
  const Hashes all = leaves(70);
  for (std::uint64_t size = 1; size <= 70; ++size) {
    const AuditHash root = mth(std::span(all).first(size));
    for (std::uint64_t older = 1; older <= size; ++older) {
      const AuditHash older_root = mth(std::span(all).first(older));
      Hashes proof = consistency_path(older, size, grown.node()).value();
      EXPECT_EQ(proof, subproof(older, std::span(all).first(size), true));
      EXPECT_TRUE(is_consistent(older_root, older, root, size, proof)) << older << " of " << size;
      EXPECT_FALSE(is_consistent(leaf(0), older, root, size, proof));
      EXPECT_EQ(is_consistent(older_root, older, root, size, {}), older == size);
      EXPECT_FALSE(is_consistent(older_root, older, leaf(0), size, proof));
      EXPECT_FALSE(is_consistent(older_root, older, root, size, proof + leaf(0)));
      for (AuditHash& hash : proof) {
        hash[older % hash.size()] ^= 1;
        EXPECT_FALSE(is_consistent(older_root, older, root, size, proof));
        hash[older % hash.size()] ^= 1;
      }
      if (!proof.empty()) {
        EXPECT_FALSE(is_consistent(older_root, older, root, size, std::span(proof).first(proof.size() - 1)));
      }
    }
    EXPECT_FALSE(is_consistent(root, 0, root, size, {}));
    EXPECT_FALSE(is_consistent(root, size + 1, root, size, {}));
  }
}

// Whichever node cannot be read: the error comes back, and never a shorter proof.
TEST(Merkle, FailsWhereAnyNodeCannotBeHad) {
  const Grown grown(24);
  for (std::uint64_t size = 1; size <= 24; ++size)
    for (std::uint64_t at = 1; at <= size; ++at)
      for (const int what : {0, 1, 2}) {
        const auto ask = [&](const NodeOf& node) -> Result<void> {
          if (what == 0) TRY(frontier_of(size, node));
          if (what == 1) TRY(inclusion_path(at, size, node));
          if (what == 2) TRY(consistency_path(at, size, node));
          return {};
        };
        int asked = 0;
        const auto failing_at = [&](int which) {
          return NodeOf([&, which, count = 0](unsigned level, std::uint64_t last) mutable -> Result<AuditHash> {
            ++asked;
            return ++count == which ? Result<AuditHash>(corrupt("unreadable")) : grown.node()(level, last);
          });
        };
        EXPECT_TRUE(ask(failing_at(0)));
        const int all = asked;
        for (int which = 1; which <= all; ++which) EXPECT_EQ(ask(failing_at(which)).error().message, "unreadable");
      }
}

}  // namespace
}  // namespace chartline::engine
