// Gathering: what a statement answered from columns finds in one block. It waits until every statement of the block was
// evaluated: only then is it known who is odd.
#pragma once

#include <vector>

#include "query/constants.h"
#include "query/findings.h"
#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

class Gathered {
 public:
  // Evaluates a statement for everyone of the block.
  void evaluate(const typed::Node& statement, const Program& program, const std::vector<MeasureInterval>& intervals,
                Evaluation& evaluation);
  const std::vector<Place>& places() const { return place_; }
  // Adds what was found of those who are to be counted.
  void give(const Odd& counted, Findings& into) const;

 private:
  struct Groups {
    std::vector<Coded> parts;
    std::vector<std::uint64_t> code;  // the code of each row, all groups together; empty: 0
    std::uint64_t codes = 1;          // all are below it
  };
  Groups groups(const typed::Node& groups, const Frame& frame, Evaluation& evaluation) const;
  void add(const Frame& rows, Groups groups, std::size_t figure, const std::vector<Cell>& before);

  struct Part {
    std::size_t first = 0, past = 0;  // of places
    Groups groups;
    std::size_t figure = 0;
    std::vector<Cell> before;  // stands before the groups in the key
  };
  std::vector<Place> place_;
  std::vector<Part> parts_;
  std::size_t figures_ = 1;
  bool once_ = false;  // each patient once in a group
};

}  // namespace chartline::query::vectorised
