// A small store for policies to decide over, and policies written in a line.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/storage/faulty.h"
#include "engine/store.h"
#include "engine/trust/policy.h"
#include "formats/record/time.h"

namespace chartline::engine {

inline record::Day day(std::string_view text) { return record::parse_time(text)->day(); }
inline Micros noon(std::string_view text) { return day(text) * record::micros_per_day + record::micros_per_day / 2; }

class TrustStore {
 public:
  explicit TrustStore(std::string zone = "UTC", std::uint32_t shards = 1, std::shared_ptr<Faults> faults = nullptr);
  // One event of a patient, "mrn|1".
  PatientRef tell(std::string_view patient, record::Event event);
  // Someone who is there and no more.
  PatientRef add(std::string_view patient);
  void also(std::string_view patient, std::string_view other_name);  // two identifiers of one patient
  Store& store() { return *store_; }
  PatientRef find(std::string_view patient) { return *store_->view().find(patient).value(); }

  FixedClock clock;

 private:
  std::unique_ptr<Store> store_;
  std::uint64_t records_ = 0;
};

// Files beside a policy, by name.
using Files = std::map<std::string, std::string>;
Result<Policy> parse_policy(std::string_view toml, const Files& files = {});
Policy policy(std::string_view toml, const Files& files = {});  // must be right

Claims who(std::string user, std::string role, std::string organisation = "");

}  // namespace chartline::engine
