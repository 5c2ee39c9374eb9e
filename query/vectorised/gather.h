// Gathering: what a statement answered from columns finds in one block. It waits until every statement of the block was
// evaluated: only then is it known who is odd. A measure of many intervals does not wait, since it would hold the rows of all
// of them: it counts as it goes, and takes back whoever turned out to be odd.
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
  // Evaluates a statement for everyone of the block, of whom some are known to be odd; that may become more.
  Result<void> evaluate(const typed::Node& statement, const Program& program,
                        const std::vector<MeasureInterval>& intervals, Evaluation& evaluation, const Odd& odd,
                        Stop& stop);
  Odd found() const;
  bool is_of_events() const { return of_events_; }  // else of patients, whether they have any or not
  // Counts what was found of some of them, in the same block.
  Result<void> count(const Odd& counted, Evaluation& evaluation, Stop& stop);
  void forget() { totals_.clear(); }
  std::size_t bytes() const;  // of what was counted so far, about
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
  // Of a measure, whose intervals have groups each: there are many intervals, and most groups may be those of few.
  static constexpr std::uint32_t measured_codes_max = 128;
  struct HashOfCodes {
    std::size_t operator()(const Codes& codes) const;
  };
  struct Totals {
    std::vector<std::int64_t> of_code;                              // of one group or none
    std::unordered_map<Codes, std::int64_t, HashOfCodes> of_codes;  // of several, and of one beyond measured_codes_max
  };
  void count_one(const std::vector<std::uint32_t>& codes, std::size_t first, const Odd& counted,
                 std::vector<std::int64_t>& into);
  std::size_t join_codes(const Part& part, Evaluation& evaluation);
  void count_joined(const Part& part, std::size_t groups, const Odd& counted, Evaluation& evaluation, Totals& into);
  void count_each_once(const std::vector<std::uint32_t>& codes, std::size_t first, const Odd& counted,
                       std::vector<std::int64_t>& into);
  void add(const Frame& rows, std::size_t which, Evaluation& evaluation);
  Totals& totals(std::size_t which);

  // A measure counts those of a frame who are not odd, and notes them; or takes back those it counted.
  enum class Turn : std::uint8_t { count, take_back };
  Result<void> measure(const Frame& of, Turn turn, Evaluation& evaluation, const Odd& odd, Stop& stop);
  void count_row(const std::vector<std::vector<std::uint32_t>>& codes, std::size_t row, std::int64_t n,
                 Totals& into) const;

  const typed::Node* statement_ = nullptr;
  const std::vector<MeasureInterval>* intervals_ = nullptr;
  std::vector<std::uint32_t> intervals_counted_{};  // of a measure: for each place, from the first on
  Odd measured_{};                                  // who was counted
  std::vector<const typed::Node*> groups_{};
  std::vector<Place> place_{};
  std::vector<Part> parts_{};
  std::vector<Totals> totals_{};
  std::vector<Codes> codes_{};           // of one patient
  std::vector<std::uint32_t> joined_{};  // the codes of each row as one
  std::vector<std::int64_t> joined_totals_{};
  std::vector<std::uint32_t> of_patient_{};
  std::vector<std::int64_t> second_rows_{};  // counts of every second row
  std::size_t figures_ = 1;
  bool once_ = false;  // each patient once in a group
  bool of_events_ = false;
  bool interval_ = false;  // its number stands before the groups
};

}  // namespace chartline::query::vectorised
