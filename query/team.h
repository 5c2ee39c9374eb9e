// Team: those who look through the ranges of one pass. The thread that leads looks through ranges itself, and threads of a pool
// help it where they are free: nothing ever waits for a helper to come, so that many passes may share one pool. What is found
// is taken by the leader alone, in the order of the ranges, whoever was faster.
//
// Few ranges are under way at a time, and whoever finds many rows gives them in parts and waits while much is not taken yet.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/thread_pool.h"
#include "query/finder.h"
#include "query/pass.h"

namespace chartline::query {

class Team : public std::enable_shared_from_this<Team> {
 public:
  // What is taken, and which range is done with; both called by the leader.
  struct Taker {
    Pass::Take part;
    std::function<void(const PatientRange&)> range_done;
  };

  Team(std::vector<PatientRange> ranges, const Executors& executors, std::size_t statements, Limits& limits,
       unsigned helpers_max);

  // Looks through all ranges, with the help of `helpers` where there are several. Afterwards nobody uses what the Team was made of.
  Result<void> lead(const Threads::Helpers& helpers, const Taker& taker);

 private:
  // A range under way, and the parts of what is found in it, first to last.
  struct UnderWay {
    PatientRange range;
    std::deque<std::vector<Findings>> parts{};
    std::size_t bytes = 0;  // of the parts
    bool done = false;
    Result<void> outcome{};  // once it is done
  };
  enum class Who : std::uint8_t { leader, helper };
  class RangeOutlet;

  Result<void> take_all(const Threads::Helpers& helpers);
  Result<void> offer_helpers(const Threads::Helpers& helpers);
  void help();
  UnderWay* begin();  // the next range; null where there is none, or enough are under way
  void look_through(UnderWay& one, Who who);
  Result<void> find(UnderWay& one, RangeOutlet& outlet);
  Result<void> put(UnderWay& of, std::vector<Findings> part, Who who);
  bool must_wait(const UnderWay& of) const;
  bool may_begin() const;
  Result<void> take_ready();  // by the leader: what the first ranges have by now
  void close();
  Result<std::unique_ptr<Finder>> free_finder();

  const std::vector<PatientRange> ranges_;
  const Executors& executors_;
  const std::size_t statements_;
  Limits& limits_;
  const unsigned helpers_max_;
  const std::size_t part_rows_max_;
  const Taker* taker_ = nullptr;
  Result<void> taken_{};  // the failure with which taking ended

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;              // the range that begins next
  std::deque<UnderWay> under_way_{};  // first to last; never moved
  unsigned offered_ = 0;              // helpers that have not come yet
  unsigned helping_ = 0;
  bool closed_ = false;                             // who comes now finds nothing left
  std::vector<std::unique_ptr<Finder>> finders_{};  // that nobody uses just now
};

}  // namespace chartline::query
