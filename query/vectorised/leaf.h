// Leaf: where events come from: a kind, a set of codes, and what of the default filter is lifted. Equal ones of all
// statements of a run are one leaf, read once.
//
// What a posting does not tell makes its patient odd: a time known only to the month, or a fraction of a second where that
// counts. Odd patients are left to the reference.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "query/codeset.h"
#include "query/program.h"
#include "query/reference/evaluator_parts.h"
#include "query/vectorised/events.h"

namespace chartline::query::vectorised {

using Odd = std::bitset<block_patients>;

struct Leaf {
  std::optional<record::Kind> kind;
  const CodeSet* codes = nullptr;
  Lifted lifted;
  std::uint32_t fields = 0;  // of Field
};

// All leaves of a run, numbered.
class Leaves {
 public:
  std::uint32_t add(const std::optional<record::Kind>& kind, const CodeSet& codes, Lifted lifted);
  void want(const Events& events, std::uint32_t fields);
  std::vector<Leaf> all;
};

std::string print(const Leaf& leaf);

// Reads a leaf over a range of blocks of one shard: each run of postings is decoded once for the range.
class LeafReader {
 public:
  static Result<LeafReader> open(const engine::View& view, const Leaf& leaf, std::uint32_t shard,
                                 std::uint32_t first_block, std::uint32_t last_block);
  // Blocks in ascending order.
  void read(std::uint32_t block, Events& into, Odd& odd);
  std::uint64_t postings() const { return postings_; }

 private:
  struct Run {
    std::shared_ptr<const stored::PostingColumns> columns;
    std::vector<stored::Removal> removals;
    engine::Name code = 0;
    std::size_t next = 0;  // first posting not read yet
  };
  struct Added {
    std::vector<stored::Posting> postings;
    engine::Name code = 0;
    std::size_t next = 0;
  };
  void take(const Run& run, std::size_t first, std::size_t past, std::uint32_t block, Events& into, Odd& odd);
  void take(const stored::Posting& posting, engine::Name code, std::uint32_t block, Events& into, Odd& odd);
  bool keeps(std::uint32_t flags, record::Kind kind) const;
  bool is_odd(std::uint32_t flags) const;
  void put_in_order(Events& events);

  Leaf leaf_;
  bool several_ = false;       // codes: an event may come by each of its codings
  std::uint32_t refused_ = 0;  // posting flags
  std::vector<Run> runs_;
  std::vector<Added> added_;
  std::uint64_t postings_ = 0;
  Events scratch_;
  std::vector<std::uint32_t> order_;
};

}  // namespace chartline::query::vectorised
