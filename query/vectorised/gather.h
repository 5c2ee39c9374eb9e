// Gathering: what a statement answered from columns finds in one block. It waits until every statement of the block was
// evaluated: only then is it known who is odd.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "query/constants.h"
#include "query/findings.h"
#include "query/vectorised/evaluation.h"
#include "query/vectorised/plan.h"

namespace chartline::query::vectorised {

class Gathered {
 public:
  // Evaluates a statement for everyone of the block.
  void evaluate(const typed::Node& statement, const Program& program, const std::vector<MeasureInterval>& intervals,
                Evaluation& evaluation);
  const std::vector<Place>& places() const { return place_; }
  bool is_of_events() const { return of_events_; }  // else of patients, whether they have any or not
  // Counts what was found of some of them.
  void count(const Odd& counted);
  void forget() { totals_.clear(); }
  // Gives what was counted so far, of all blocks, and begins anew.
  void give(Evaluation& evaluation, Findings& into);

 private:
  // Rows of which one figure is counted.
  struct Part {
    std::size_t which = 0;                            // figure; of a measure interval x 2 + figure
    std::size_t first = 0, past = 0;                  // of places
    std::vector<std::vector<std::uint32_t>> codes{};  // of each group, for each row
  };
  using Codes = std::array<std::uint32_t, groups_max>;
  struct HashOfCodes {
    std::size_t operator()(const Codes& codes) const;
  };
  struct Totals {
    std::vector<std::int64_t> of_code;                              // of one group or none
    std::unordered_map<Codes, std::int64_t, HashOfCodes> of_codes;  // of several
  };
  void count_one(const std::vector<std::uint32_t>& codes, std::size_t first, const Odd& counted,
                 std::vector<std::int64_t>& into) const;
  void add(const Frame& rows, std::size_t which, Evaluation& evaluation);

  std::vector<const typed::Node*> groups_{};
  std::vector<Place> place_{};
  std::vector<Part> parts_{};
  std::vector<Totals> totals_{};
  std::vector<Codes> codes_{};  // of one patient
  std::size_t figures_ = 1;
  bool once_ = false;  // each patient once in a group
  bool of_events_ = false;
  bool interval_ = false;  // its number stands before the groups
};

}  // namespace chartline::query::vectorised
