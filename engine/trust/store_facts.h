// StoreFacts: what a policy must know of everyone in a store - who opted out, and whom an organisation has seen lately. Each
// costs a walk over all patients, so that it is kept until the store has changed. Safe to share between threads.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "engine/trust/rules.h"
#include "engine/view.h"

namespace chartline::engine {

class StoreFacts {
 public:
  using Patients = std::shared_ptr<const std::vector<PatientRef>>;  // ascending

  // With everyone who is the same person.
  Result<Patients> opted_out(const View& view, const OptOuts& opt_outs);
  // With an event of this organisation on a day from `from` to `to`, of one of these kinds.
  Result<Patients> seen_by(const View& view, const std::string& organisation, std::uint32_t kinds, Day from, Day to);

 private:
  struct Kept {
    std::weak_ptr<const void> store;  // a store that is gone keeps nothing alive
    std::vector<std::uint64_t> position;
    Patients patients;
  };
  template <typename Find>
  Result<Patients> kept(Kept& kept, const View& view, const std::vector<std::uint64_t>& position, const Find& find);

  std::mutex mutex_;
  Kept opted_out_;
  std::map<std::tuple<std::string, std::uint32_t, Day, Day>, Kept> seen_by_;
};

}  // namespace chartline::engine
