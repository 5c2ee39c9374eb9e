// Statistics: about how many events and patients there are of what a query names, from the directories of postings. They
// decide what is asked first, and stand in plans; no answer depends on them. Directories count everyone: of a narrowed View
// nothing is known, and all is asked in the order in which it is written.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engine/view.h"
#include "query/program.h"

namespace chartline::query::vectorised {

class Statistics {
 public:
  Statistics(const engine::View& view, const Program& program);

  bool known() const { return view_.grant() == nullptr; }  // false: all that follows is 0
  struct Size {
    double events = 0, patients = 0;
  };
  double patients() const { return patients_; }  // all of the store
  Size of(const CodeSet& codes);
  // The numbers of the codes in a shard's dictionary, ascending; known of a narrowed View, too. Not of `any`.
  const std::vector<engine::Name>& names(const CodeSet& codes, std::uint32_t shard);
  double having(const typed::Node& events);      // patients with some event of these
  double meeting(const typed::Node& condition);  // patients for whom it holds

 private:
  const typed::Node& defined(const typed::Node& name) const;
  double reckoned_having(const typed::Node& events);
  double reckoned_meeting(const typed::Node& condition);

  const engine::View view_;
  const Program& program_;
  double patients_ = 0;
  std::unordered_map<const CodeSet*, Size> known_{};
  std::unordered_map<const CodeSet*, std::vector<std::vector<engine::Name>>> names_{};  // by shard
  // Definitions may stand on one another, each on the one before it twice.
  std::unordered_map<const typed::Node*, double> having_{}, meeting_{};
};

}  // namespace chartline::query::vectorised
