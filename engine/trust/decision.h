// An AccessDecision: one question put to a policy.
//
//   1. who       the role is one that authentication proved and that the policy grants, for this purpose
//   2. whose     the records that the role reaches: own, granted, related, everyone
//   3. less      those outside the scope, those opted out, and what consent withholds
//   4. how long  until a session ends, what was proved expires, or a date comes on which the answer would be another
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/store.h"
#include "engine/trust/claims.h"
#include "engine/trust/rules.h"
#include "engine/trust/store_facts.h"

namespace chartline::engine {

class AccessDecision {
 public:
  // Borrows all of them.
  AccessDecision(const Rules& rules, StoreFacts& facts, const Claims& claims, const AccessRequest& request,
                 Store& store, Micros now);
  Result<std::shared_ptr<const Grant>> decide();

 private:
  Result<void> admit();
  Result<void> check_break_glass();
  Result<void> enter_project();
  Result<void> check_opt_outs();
  Result<void> reach();
  Result<void> reach_own();
  Result<void> reach_granted();
  Result<void> reach_related();
  Result<void> reach_everyone();
  Result<void> reach_listed(const Relationship& relationship);
  Result<void> reach_seen(const Relationship& relationship);
  Result<void> keep_scope(const std::optional<std::vector<PatientName>>& scope);
  Result<void> keep_sources();
  Result<void> leave_out_opted();
  Result<void> heed_consents();
  Result<void> heed_consents_of(const std::vector<PatientRef>& person);
  void hide(const record::Zone& zone);
  std::string key_name() const;
  void give_rights();
  Micros until(const record::Zone& zone) const;
  std::string label() const;

  bool opt_outs_count() const;
  bool consents_count() const;
  CategoryMask withheld_by_default() const { return consents_count() ? rules_.withheld : 0; }
  Result<std::vector<PatientRef>> person(const PatientName& name) const;  // empty: unknown
  bool hold(const Days& days);                                            // today; notes when that will be otherwise
  void note_change(Day day) { changes_ = std::min(changes_, day); }

  const Rules& rules_;
  StoreFacts& facts_;
  const Claims& claims_;
  const AccessRequest& request_;
  const View view_;
  const Micros now_;
  const std::string zone_;
  Day today_ = 0;
  Day changes_ = INT32_MAX;  // the first day on which the answer may be another
  RoleMost most_;
  const RoleRules* role_ = nullptr;
  const Project* project_ = nullptr;
  std::map<PatientRef, CategoryRule> rules_of_{};  // of single patients
  Grant grant_{};
};

}  // namespace chartline::engine
