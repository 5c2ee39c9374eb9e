// Relaxing: a condition that columns cannot answer, loosened until they can. Whoever meets the condition meets what is left
// of it; so whoever does not is nobody to ask the reference about.
//
//   exists condition[dm] where attr.site = 'left' and age(today) > 17   ->   exists condition[dm] and age(today) > 17
#pragma once

#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "query/program.h"
#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

class Relaxing {
 public:
  Relaxing(const Program& program, Evaluation& evaluation) : program_(program), evaluation_(evaluation) {}

  typed::Ptr condition(const typed::Ptr& condition);  // null: nothing is left
  typed::Ptr events(const typed::Ptr& events);        // of every event of theirs; null: no such set
  // A condition that everyone meets of whom a statement may find something; null: that may be anyone.
  typed::Ptr statement(const typed::Node& statement);

 private:
  typed::Ptr all_of(std::vector<typed::Ptr> parts) const;  // null ones left out
  typed::Ptr cohort(const std::string& name);
  typed::Ptr members_of(const typed::Node& cohort);
  typed::Ptr known(const typed::Ptr& value);  // where a value is not missing
  typed::Ptr filtered(const typed::Ptr& filter);
  std::vector<typed::Ptr> weaker(const typed::Node& clause);
  bool makes_intervals(const typed::Node& events);
  typed::Ptr comparison(const typed::Ptr& comparison);
  const typed::Ptr& defined(const typed::Node& name) const;
  const typed::Ptr& keep(typed::Ptr made) { return made_.emplace_back(std::move(made)); }

  // What a definition comes to, once however often it is named.
  using Loosened = std::unordered_map<const typed::Node*, typed::Ptr>;
  template <typename Loosen>
  const typed::Ptr& once(Loosened& known, const typed::Ptr& definition, const Loosen& loosen) {
    const auto found = known.find(definition.get());
    if (found != known.end()) return found->second;
    typed::Ptr made = loosen(definition);
    return known.emplace(definition.get(), std::move(made)).first->second;
  }

  const Program& program_;
  Evaluation& evaluation_;
  Loosened conditions_{}, events_{}, values_{}, cohorts_{};  // of definitions
  std::unordered_map<const typed::Node*, bool> intervals_{};
  std::deque<typed::Ptr> made_{};  // what was tried out: the evaluation knows nodes by their address
};

}  // namespace chartline::query::vectorised
