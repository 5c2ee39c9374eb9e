#include "engine/audit/merkle.h"

#include <sodium.h>

#include <bit>

#include "base/check.h"

namespace chartline::engine {
namespace {

constexpr std::uint8_t node_mark = 1;

const unsigned char* letters(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

// Leaves first .. first+count-1 (from 0), which stand together in some tree: first is a multiple of every k below.
Result<AuditHash> range_root(std::uint64_t first, std::uint64_t count, const NodeOf& node) {
  if (std::has_single_bit(count)) return node(static_cast<unsigned>(std::countr_zero(count)), first + count);
  const std::uint64_t k = std::bit_floor(count);
  const AuditHash left = TRY(range_root(first, k, node));
  return node_hash(left, TRY(range_root(first + k, count - k, node)));
}

std::uint64_t split(std::uint64_t count) { return std::bit_floor(count - 1); }

// As RFC 6962 defines PATH and SUBPROOF, of the leaves from `first` on.
Result<void> path(std::uint64_t leaf, std::uint64_t first, std::uint64_t count, const NodeOf& node,
                  std::vector<AuditHash>& into) {
  if (count == 1) return {};
  const std::uint64_t k = split(count);
  if (leaf < first + k) {
    TRY(path(leaf, first, k, node, into));
    into.push_back(TRY(range_root(first + k, count - k, node)));
  } else {
    TRY(path(leaf, first + k, count - k, node, into));
    into.push_back(TRY(range_root(first, k, node)));
  }
  return {};
}

Result<void> subproof(std::uint64_t older, std::uint64_t first, std::uint64_t count, bool known, const NodeOf& node,
                      std::vector<AuditHash>& into) {
  if (older == count) {
    if (!known) into.push_back(TRY(range_root(first, count, node)));
    return {};
  }
  const std::uint64_t k = split(count);
  if (older <= k) {
    TRY(subproof(older, first, k, known, node, into));
    into.push_back(TRY(range_root(first + k, count - k, node)));
  } else {
    TRY(subproof(older - k, first + k, count - k, false, node, into));
    into.push_back(TRY(range_root(first, k, node)));
  }
  return {};
}

}  // namespace

AuditHash audit_hash(BytesView bytes) {
  AuditHash hash;
  crypto_generichash(hash.data(), hash.size(), letters(bytes), bytes.size(), nullptr, 0);
  return hash;
}

AuditHash node_hash(const AuditHash& left, const AuditHash& right) {
  std::array<std::uint8_t, 1 + 2 * sizeof(AuditHash)> bytes;
  bytes[0] = node_mark;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 1 + sizeof left);
  AuditHash hash;
  crypto_generichash(hash.data(), hash.size(), bytes.data(), bytes.size(), nullptr, 0);
  return hash;
}

AuditHash empty_root() { return audit_hash({}); }

Frontier::Frontier(std::uint64_t size, std::vector<AuditHash> peaks) : size_(size), peaks_(std::move(peaks)) {
  check(peaks_.size() == static_cast<std::size_t>(std::popcount(size_)));
}

std::vector<AuditHash> Frontier::append(const AuditHash& leaf) {
  std::vector<AuditHash> completed{leaf};
  for (std::uint64_t carry = size_; carry & 1; carry >>= 1) {
    completed.push_back(node_hash(peaks_.back(), completed.back()));
    peaks_.pop_back();
  }
  peaks_.push_back(completed.back());
  ++size_;
  return completed;
}

AuditHash Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  AuditHash root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

unsigned nodes_completed(std::uint64_t number) { return static_cast<unsigned>(std::countr_zero(number)) + 1; }

Result<Frontier> frontier_of(std::uint64_t size, const NodeOf& node) {
  std::vector<AuditHash> peaks;
  std::uint64_t last = 0;
  for (unsigned level = 64; level-- > 0;) {
    if ((size >> level & 1) == 0) continue;
    last += std::uint64_t{1} << level;
    peaks.push_back(TRY(node(level, last)));
  }
  return Frontier(size, std::move(peaks));
}

Result<std::vector<AuditHash>> inclusion_path(std::uint64_t number, std::uint64_t size, const NodeOf& node) {
  check(number >= 1), check(number <= size);
  std::vector<AuditHash> hashes;
  TRY(path(number - 1, 0, size, node, hashes));
  return hashes;
}

Result<std::vector<AuditHash>> consistency_path(std::uint64_t older, std::uint64_t size, const NodeOf& node) {
  check(older >= 1), check(older <= size);
  std::vector<AuditHash> hashes;
  TRY(subproof(older, 0, size, true, node, hashes));
  return hashes;
}

// Walks from the leaf to the root: at each level the way goes left, right, or straight up at the tree's right edge.
bool includes(const AuditHash& root, std::uint64_t size, const AuditHash& leaf, std::uint64_t number,
              std::span<const AuditHash> path) {
  if (number < 1 || number > size) return false;
  AuditHash hash = leaf;
  std::uint64_t at = number - 1, last = size - 1;
  for (; last > 0; at >>= 1, last >>= 1) {
    if ((at & 1) == 0 && at == last) continue;  // no neighbour on the right
    if (path.empty()) return false;
    hash = (at & 1) != 0 ? node_hash(path.front(), hash) : node_hash(hash, path.front());
    path = path.subspan(1);
  }
  return path.empty() && hash == root;
}

// The way of the older tree's last leaf. Up to where it has no more right turns, its complete part is the start; then each
// neighbour on the left belongs to both trees, each on the right to the newer one alone.
bool is_consistent(const AuditHash& older_root, std::uint64_t older, const AuditHash& root, std::uint64_t size,
                   std::span<const AuditHash> path) {
  if (older < 1 || older > size) return false;
  if (older == size) return path.empty() && older_root == root;
  std::uint64_t at = older - 1, last = size - 1;
  for (; (at & 1) != 0; at >>= 1) last >>= 1;
  AuditHash start = older_root;
  if (at != 0) {  // else the older tree is complete, and its root is the start
    if (path.empty()) return false;
    start = path.front();
    path = path.subspan(1);
  }
  AuditHash before = start, now = start;
  for (; last > 0; at >>= 1, last >>= 1) {
    if ((at & 1) == 0 && at == last) continue;
    if (path.empty()) return false;
    if ((at & 1) != 0) before = node_hash(path.front(), before), now = node_hash(path.front(), now);
    else now = node_hash(now, path.front());
    path = path.subspan(1);
  }
  return path.empty() && before == older_root && now == root;
}

}  // namespace chartline::engine
