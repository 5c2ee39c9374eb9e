// Usual queries: of the shapes that columns answer, at random. Random queries of every form (tests/query_random) mostly meet
// something that only a timeline tells; these do not.
#pragma once

#include <string>

#include "tests/query_random/world.h"

namespace chartline::query::vectorised {

class UsualQuery {
 public:
  explicit UsualQuery(std::uint64_t seed) : chance_(seed) {}
  std::string text(int statements);
  // One statement, by what postings tell of all events of a leaf.
  std::string totals();

 private:
  std::string statement();
  std::string condition(int depth);
  std::string events(int depth, const std::string& it);
  std::string clause(int depth, const std::string& it);
  std::string event(int depth);
  std::string number(int depth, const std::string& it);
  std::string date();
  std::string codes();
  std::string groups(bool of_event);
  std::string one(std::initializer_list<std::string_view> words) { return chance_.one(words); }

  random::Chance chance_;
  bool recent_ = false, dx_ = false;  // defined by now
};

}  // namespace chartline::query::vectorised
