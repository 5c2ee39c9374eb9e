#include "engine/trust/decision.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

#include "base/check.h"
#include "engine/identity.h"
#include "engine/moment.h"

namespace chartline::engine {
namespace {

std::string text(std::string_view words) { return std::string(words); }

std::string text(Purposes purposes) {
  std::string words;
  for (int i = 0; i < purpose_count; ++i)
    if (const auto one = static_cast<Purpose>(i); purposes & mask(one))
      words.append(words.empty() ? "" : ", ").append(name(one));
  return words;
}

std::string text(const std::vector<std::string>& list) {
  std::string words;
  for (const std::string& one : list) words.append(words.empty() ? "" : ", ").append(one);
  return words;
}

bool holds(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

// What both cover; nullopt for nothing.
std::optional<SourceScope> both(const SourceScope& a, const SourceScope& b) {
  const auto meet = [](const std::string& x, const std::string& y) -> std::optional<std::string> {
    if (x.empty() || x == y) return y;
    return y.empty() ? std::optional(x) : std::nullopt;
  };
  const auto organisation = meet(a.organisation, b.organisation), system = meet(a.system, b.system);
  if (!organisation || !system) return std::nullopt;
  return SourceScope{.organisation = *organisation, .system = *system};
}

}  // namespace

AccessDecision::AccessDecision(const Rules& rules, StoreFacts& facts, const Claims& claims,
                               const AccessRequest& request, Store& store, Micros now)
    : rules_(rules),
      facts_(facts),
      claims_(claims),
      request_(request),
      view_(store.view()),
      now_(now),
      zone_(store.zone()) {}

Result<std::shared_ptr<const Grant>> AccessDecision::decide() {
  const record::Zone zone = TRY(record::Zone::find(zone_));
  today_ = record::at_instant(local_of(now_, zone)).day();
  TRY(admit());
  TRY(check_break_glass());
  TRY(enter_project());
  TRY(check_opt_outs());
  TRY(reach());
  TRY(keep_scope(role_->patients));
  if (project_) TRY(keep_scope(project_->patients));
  TRY(keep_sources());
  TRY(leave_out_opted());
  TRY(heed_consents());
  hide(zone);
  give_rights();
  grant_.decided = now_;
  grant_.until = until(zone);
  grant_.policy = rules_.version;
  grant_.label = label();
  return seal(std::move(grant_));
}

// -- who

Result<void> AccessDecision::admit() {
  if (claims_.user.empty()) return denied("authentication named nobody");
  if (now_ >= claims_.expires) return denied("what authentication proved has expired");
  const auto role = parse_role(request_.role);
  if (request_.role.empty())
    return denied("a session is of one role: ask for one of those that authentication proved: " + text(claims_.roles));
  if (!role) return denied("the role asked for is none that there is");
  if (!holds(claims_.roles, request_.role)) return denied("authentication did not prove the role " + text(name(*role)));
  const auto& given = rules_.roles[static_cast<std::size_t>(*role)];
  if (!given) return denied("the policy gives nobody the role " + text(name(*role)));
  most_ = most_of(*role);
  role_ = &*given;
  const Purposes granted = role_->purposes & most_.purposes;
  if (request_.purpose.empty() && !std::has_single_bit(granted))
    return denied("a session is for one purpose: ask for one of those that the policy gives the role " +
                  text(name(*role)) + ": " + text(granted));
  const auto purpose = request_.purpose.empty() ? static_cast<Purpose>(std::countr_zero(granted))  // there is no choice
                                                : parse_purpose(request_.purpose);
  if (!purpose) return denied("the purpose asked for is none that there is");
  if (!(granted & mask(*purpose)))
    return denied("the policy gives the role " + text(name(*role)) + " nothing for " + text(name(*purpose)));
  if (!role_->organisations.empty() && !holds(role_->organisations, claims_.organisation))
    return denied("the policy gives the role " + text(name(*role)) + " to other organisations only");
  if (*role == Role::source_system && claims_.organisation.empty())
    return denied("a source system writes for its organisation, and authentication named none");
  grant_.user = claims_.user, grant_.organisation = claims_.organisation;
  grant_.role = *role, grant_.purpose = *purpose;
  grant_.identifiable = most_.identifiable;
  grant_.disclosure = role_->disclosure;
  grant_.questions_max = role_->questions_max, grant_.question_days = role_->question_days;
  grant_.categories = rules_.categories;
  return {};
}

Result<void> AccessDecision::check_break_glass() {
  if (request_.reason.empty() && request_.patient.empty()) return {};
  const auto& rules = rules_.break_glass;
  if (!rules || !(rules->roles >> static_cast<unsigned>(grant_.role) & 1))
    return denied("the policy has no break-glass for the role " + text(name(grant_.role)));
  if (request_.reason.size() < rules->reason_bytes_min)
    return denied("break-glass needs a reason of at least " + std::to_string(rules->reason_bytes_min) + " characters");
  if (!parse_patient_name(request_.patient)) return denied("break-glass opens one record, named as SYSTEM|VALUE");
  grant_.break_glass = true;
  grant_.reason = request_.reason;
  return {};
}

Result<void> AccessDecision::enter_project() {
  if (grant_.role != Role::researcher) {
    if (!request_.project.empty()) return denied("only researchers work in projects");
    return {};
  }
  const auto found = rules_.projects.find(request_.project);
  // One text for both, so that nobody learns which projects there are.
  const bool is_in = found != rules_.projects.end() &&
                     (holds(found->second.members, claims_.user) || holds(found->second.checkers, claims_.user));
  if (!is_in) return denied("research is done within a project, and the user is in none of this name");
  project_ = &found->second;
  if (!hold(project_->days)) return denied("the project does not run today");
  grant_.project = project_->name;
  return {};
}

bool AccessDecision::opt_outs_count() const {
  return rules_.opt_outs && (rules_.opt_out_purposes & mask(grant_.purpose));
}

Result<void> AccessDecision::check_opt_outs() {
  if (!opt_outs_count()) return {};
  const OptOuts& set = *rules_.opt_outs;
  if (set.as_of() > today_) return denied("the set of opt-outs is of a day that has not come: load the right one");
  if (today_ > set.last_valid())
    return denied("the set of opt-outs is " + std::to_string(today_ - set.as_of()) + " days old and holds for " +
                  std::to_string(set.days_valid()) + ": " + text(name(grant_.purpose)) +
                  " is closed until a newer one is loaded");
  note_change(set.last_valid() + 1);
  return {};
}

// -- whose

Result<std::vector<PatientRef>> AccessDecision::person(const PatientName& name) const {
  const auto patient = TRY(view_.parts().identity->find({.system = name.system, .value = name.value}));
  if (!patient || patient->id >= view_.patients(patient->shard)) return std::vector<PatientRef>();
  return view_.linked(*patient);
}

bool AccessDecision::hold(const Days& days) {
  if (today_ < days.from) return note_change(days.from), false;
  if (today_ > days.to) return false;
  if (days.to != INT32_MAX) note_change(days.to + 1);
  return true;
}

Result<void> AccessDecision::reach() {
  switch (most_.reach) {
    case Reach::own: return reach_own();
    case Reach::granted: return reach_granted();
    case Reach::related: return reach_related();
    case Reach::everyone: return reach_everyone();
    case Reach::nobody:
    default: return {};  // what there is not reaches nobody
  }
}

Result<void> AccessDecision::reach_everyone() {
  std::vector<std::uint32_t> given;
  for (std::uint32_t shard = 0; shard < view_.shards(); ++shard) given.push_back(view_.patients(shard));
  grant_.patients = PatientSet(std::move(given));
  return {};
}

Result<void> AccessDecision::reach_own() {
  const auto name = parse_patient_name(claims_.patient);
  if (!name) return denied("authentication did not say which patient the user is");
  for (const PatientRef one : TRY(person(*name))) grant_.patients.add(one);
  return {};
}

Result<void> AccessDecision::reach_granted() {
  bool any = false;
  for (const std::string& holder : holders_of(claims_)) {
    const auto found = rules_.delegations.find(holder);
    if (found == rules_.delegations.end()) continue;
    for (const Delegation& one : found->second) {
      if (!hold(one.days)) continue;
      any = true;
      for (const PatientRef patient : TRY(person(one.patient))) {
        grant_.patients.add(patient);
        CategoryRule& rule = rules_of_.emplace(patient, CategoryRule{.all_granted = false}).first->second;
        rule.all_granted = rule.all_granted || one.all;
        rule.granted |= one.categories;
      }
    }
  }
  if (!any) return denied("no patient has granted the user anything that holds today");
  return {};
}

Result<void> AccessDecision::reach_related() {
  if (grant_.break_glass) {
    for (const PatientRef one : TRY(person(*parse_patient_name(request_.patient)))) grant_.patients.add(one);
    return {};
  }
  for (const std::size_t place : role_->relationships) {
    const Relationship& one = rules_.relationships[place];
    TRY(one.event_within_days ? reach_seen(one) : reach_listed(one));
  }
  return {};
}

Result<void> AccessDecision::reach_listed(const Relationship& relationship) {
  for (const std::string& holder : holders_of(claims_)) {
    const auto found = relationship.of_holder.find(holder);
    if (found == relationship.of_holder.end()) continue;
    for (const Relation& one : found->second) {
      if (!hold(one.days)) continue;
      for (const PatientRef patient : TRY(person(one.patient))) grant_.patients.add(patient);
    }
  }
  return {};
}

Result<void> AccessDecision::reach_seen(const Relationship& relationship) {
  if (claims_.organisation.empty()) return {};
  const Day reach = *relationship.event_within_days;
  const auto found = TRY(facts_.seen_by(view_, claims_.organisation, relationship.kinds, today_ - reach, today_ + reach));
  for (const PatientRef patient : *found) grant_.patients.add(patient);
  return {};
}

// -- less

Result<void> AccessDecision::keep_scope(const std::optional<std::vector<PatientName>>& scope) {
  if (!scope) return {};
  PatientSet within;
  for (const PatientName& name : *scope) {
    for (const PatientRef patient : TRY(person(name))) within.add(patient);
  }
  grant_.patients.keep(within);
  return {};
}

Result<void> AccessDecision::keep_sources() {
  grant_.sources = role_->sources;
  if (!project_ || project_->sources.empty()) return {};
  if (role_->sources.empty()) return grant_.sources = project_->sources, Result<void>();
  grant_.sources.clear();
  for (const SourceScope& a : role_->sources) {
    for (const SourceScope& b : project_->sources) {
      if (const auto common = both(a, b)) grant_.sources.push_back(*common);
    }
  }
  // An empty list would stand for every source.
  if (grant_.sources.empty()) return denied("the sources of the role and of the project have none in common");
  return {};
}

Result<void> AccessDecision::leave_out_opted() {
  if (!opt_outs_count()) return {};
  const auto found = TRY(facts_.opted_out(view_, *rules_.opt_outs));
  for (const PatientRef patient : *found) grant_.patients.remove(patient);
  return {};
}

// What patients say of others does not bind themselves; and a policy may let an emergency outweigh it.
bool AccessDecision::consents_count() const {
  return most_.reach != Reach::own && !(grant_.break_glass && rules_.break_glass->overrides_consent);
}

Result<void> AccessDecision::heed_consents() {
  grant_.of_everyone.withheld = role_->withheld | withheld_by_default();
  if (!consents_count()) {
    check(rules_of_.empty(), "who sees what was granted is bound by consents");
    return {};
  }
  std::set<std::vector<PatientRef>> persons;
  for (const auto& [patient, rule] : rules_of_) persons.insert(view_.linked(patient));
  // By whichever is shorter: those who are seen, or those who said something.
  if (grant_.patients.size() < rules_.consents.size()) {
    for (const PatientRef patient : grant_.patients.all()) persons.insert(view_.linked(patient));
  } else {
    for (const auto& [name, consents] : rules_.consents) persons.insert(TRY(person(name)));
  }
  for (const auto& one : persons) TRY(heed_consents_of(one));
  for (const auto& [patient, rule] : rules_of_) {
    if (grant_.patients.contains(patient)) grant_.of_patient.emplace_back(patient, rule);
  }
  return {};
}

Result<void> AccessDecision::heed_consents_of(const std::vector<PatientRef>& person) {
  bool all_refused = false, all_granted = false;
  CategoryMask refused = 0, granted = 0;
  record::Arena room;
  for (const PatientRef patient : person) {
    const auto identifiers = TRY(view_.identifiers(patient, room));
    for (const record::Identifier& one : identifiers) {
      const auto said = rules_.consents.find({.system = std::string(one.system), .value = std::string(one.value)});
      if (said == rules_.consents.end()) continue;
      for (const Consent& consent : said->second) {
        if ((consent.purpose && *consent.purpose != grant_.purpose) || !hold(consent.days)) continue;
        (consent.granted ? all_granted : all_refused) |= consent.all;
        (consent.granted ? granted : refused) |= consent.categories;
      }
    }
  }
  for (const PatientRef patient : person) {
    if (all_refused) grant_.patients.remove(patient);
    const auto delegated = rules_of_.find(patient);
    CategoryRule rule = delegated == rules_of_.end() ? CategoryRule() : delegated->second;
    const CategoryMask lifted = all_granted ? ~CategoryMask{0} : granted | rule.granted;
    rule.withheld = role_->withheld | (withheld_by_default() & ~lifted) | refused;
    if (!(rule == grant_.of_everyone) || delegated != rules_of_.end()) rules_of_[patient] = rule;
  }
  return {};
}

// -- what, and how long

// Who sees everyone sees nobody as they are. Each project has its own key, and so has each role outside of any.
void AccessDecision::hide(const record::Zone& zone) {
  if (most_.reach != Reach::everyone || !rules_.hiding) return;
  const ProjectKey key(rules_.hiding->secret, key_name());
  grant_.figures_key = std::make_shared<const ProjectKey>(key);
  if (!project_) return;  // figures are of true dates
  DeidentificationRules rules = rules_.hiding->rules;
  rules.today = today_, rules.zone = zone;
  grant_.deidentified = std::make_shared<const Deidentification>(std::move(rules), key);
}

std::string AccessDecision::key_name() const {
  if (project_) return "project " + project_->name;
  return "role " + text(name(grant_.role));
}

void AccessDecision::give_rights() {
  Rights rights = rights_of(rules_, grant_.role);
  if (project_) {
    if (!holds(project_->checkers, claims_.user)) rights &= ~mask(Right::release);
    if (!holds(project_->members, claims_.user)) rights &= ~(mask(Right::rows) | mask(Right::figures));
  }
  // Rows of people who must not be known leave no other way than de-identified.
  if (most_.reach == Reach::everyone && !grant_.deidentified) rights &= ~mask(Right::rows);
  grant_.rights = rights;
}

Micros AccessDecision::until(const record::Zone& zone) const {
  const Micros session = grant_.break_glass ? rules_.break_glass->session : role_->session;
  Micros end = std::min(claims_.expires, now_ + session);
  if (changes_ == INT32_MAX) return end;
  const Micros midnight = changes_ * record::micros_per_day;
  const Micros begins = midnight - zone.offset_minutes(midnight) * Micros{60} * record::micros_per_second;
  return std::min(end, std::max(begins, now_ + 1));
}

std::string AccessDecision::label() const {
  std::string said = text(name(grant_.role)) + " " + grant_.user;
  if (!grant_.organisation.empty()) said += " of " + grant_.organisation;
  said += " for " + text(name(grant_.purpose));
  if (project_) said += " in " + project_->name;
  if (grant_.break_glass) said += ", breaking the glass";
  return said;
}

}  // namespace chartline::engine
