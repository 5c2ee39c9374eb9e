// Random trees of every form, well typed or not: what the parser could have made.
#pragma once

#include <cstdint>
#include <random>

#include "query/tree.h"

namespace chartline::query {

class RandomTree {
 public:
  explicit RandomTree(std::uint64_t seed) : random_(seed) {}
  tree::Ptr expression(int depth);
  tree::Statement statement(int depth);

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }
  tree::Ptr leaf();
  tree::Ptr inner(int depth);
  tree::Ptr filtered(int depth);
  tree::Clause clause(int depth);
  std::vector<tree::Ptr> some(int depth, std::size_t least, std::size_t most);
  std::string name();
  std::string text();
  CodeWord code();
  Duration duration();

  std::mt19937_64 random_;
};

}  // namespace chartline::query
