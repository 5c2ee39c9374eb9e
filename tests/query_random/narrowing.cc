#include "tests/query_random/narrowing.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace chartline::query::random {

using engine::CategoryMask;
using engine::CategoryRule;
using record::Event;
using record::Kind;

namespace {

constexpr std::uint32_t bit(Kind kind) { return 1u << static_cast<unsigned>(kind); }

bool tells(const Step& step) { return step.what == Step::What::load || step.what == Step::What::write; }
bool joins(const Step& step) { return step.what == Step::What::link || step.what == Step::What::unlink; }

std::vector<std::uint32_t> given(engine::Store& store) {
  const engine::View view = store.view();
  std::vector<std::uint32_t> ids;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) ids.push_back(view.patients(shard));
  return ids;
}

}  // namespace

Narrowing::Narrowing(std::uint64_t seed, What what, Script history)
    : told(std::move(history)), seed_(seed), what_(what), chance_(seed) {
  choose();
  if (sifts()) leave_out_corrections();
  permit();
}

void Narrowing::choose() {
  std::map<std::string, int> links;
  for (const Step& step : told.steps) {
    for (const std::string& person : {step.person, step.other}) {
      if (person.starts_with("p")) seen_[person] = what_ == What::few ? chance_.one_in(6) : !chance_.one_in(6);
      if (joins(step)) ++links[person];
    }
  }
  // Two who are one person by way of someone unseen are one person all the same, which a shorter history would not know.
  for (const auto& [person, count] : links) seen_[person] = seen_[person] || count > 1;

  std::vector<engine::Category> all = {
      {.name = "measured", .kinds = bit(Kind::observation) | bit(Kind::report), .codes = {}, .prefixes = {}},
      {.name = "sugar", .kinds = 0, .codes = {{"local", "c1"}, {"loinc", "4548-4"}}, .prefixes = {{"icd10", "E1"}}},
      {.name = "persons", .kinds = bit(Kind::patient), .codes = {}, .prefixes = {}}};
  categories_ = std::make_shared<const engine::Categories>(std::move(all));
  const auto rule = [&] {
    const auto some = static_cast<CategoryMask>(1 + chance_.below(7));
    return chance_.one_in(3) ? CategoryRule{.all_granted = false, .granted = some, .withheld = 0}
                             : CategoryRule{.all_granted = true, .granted = 0, .withheld = some};
  };
  if (what_ == What::sources)
    sources_ = {{.organisation = "org0", .system = ""}, {.organisation = "", .system = "sys"}};
  if (what_ == What::categories) of_everyone_ = rule();
  if (what_ == What::categories || what_ == What::some_in_part) {
    for (const auto& [person, seen] : seen_) {
      if (chance_.one_in(5)) rules_[person] = chance_.one_in(4) ? CategoryRule{} : rule();
    }
  }
}

// A version that is permitted, followed by one that is not, would stay current where the later one was never told.
void Narrowing::leave_out_corrections() {
  std::set<std::tuple<std::string, std::string_view, std::string_view, std::string_view>> known;
  const auto is_known = [&](const Step& step) {
    if (!tells(step) || step.events.front().record.empty()) return false;
    const Event& first = step.events.front();
    return !known.emplace(step.person, first.source.organisation, first.source.system, first.record).second;
  };
  std::vector<Step> steps;
  for (Step& step : told.steps) {
    if (!is_known(step)) {
      steps.push_back(std::move(step));
    } else if (step.what == Step::What::write) {
      steps.push_back({.what = Step::What::fold});
    }
  }
  told.steps = std::move(steps);
}

void Narrowing::permit() {
  permitted.arena = told.arena;
  std::set<std::string> known;  // in the permitted history
  for (Step& step : told.steps) {
    Step shown = step;
    bool left_out = false;
    if (tells(step)) {
      std::erase_if(shown.events, [&](const Event& event) { return !shows(step.person, event); });
      left_out = shown.events.empty();
      if (!left_out) known.insert(step.person);
    } else if (joins(step)) {
      left_out = !sees(step.person) || !sees(step.other);
      // Both histories link whom both know.
      if (!left_out && (!known.contains(step.person) || !known.contains(step.other))) {
        step = {.what = Step::What::fold};
        left_out = true;
      }
    } else if (step.what == Step::What::erase) {
      left_out = !known.contains(step.person);
      if (left_out && sees(step.person)) step = {.what = Step::What::fold};
      known.erase(step.person);
    }
    if (left_out && step.what == Step::What::load) continue;
    if (left_out) shown = {.what = Step::What::fold};
    permitted.steps.push_back(std::move(shown));
  }
  // A bulk load is a step of its own.
  const auto loads = [](const Script& script) {
    return !script.steps.empty() && script.steps.front().what == Step::What::load;
  };
  if (loads(told) && !loads(permitted)) permitted.steps.insert(permitted.steps.begin(), {.what = Step::What::fold});
}

bool Narrowing::sees(const std::string& person) const { return seen_.at(person); }

CategoryRule Narrowing::rule_of(const std::string& person) const {
  const auto at = rules_.find(person);
  return at == rules_.end() ? of_everyone_ : at->second;
}

bool Narrowing::shows(const std::string& person, const Event& event) const {
  if (!sees(person)) return false;
  const auto covers = [&](const engine::SourceScope& scope) {
    return (scope.organisation.empty() || scope.organisation == event.source.organisation) &&
           (scope.system.empty() || scope.system == event.source.system);
  };
  if (!sources_.empty() && std::none_of(sources_.begin(), sources_.end(), covers)) return false;
  std::vector<record::Code> codes = {event.code, event.value.code};
  codes.insert(codes.end(), event.translations.begin(), event.translations.end());
  for (const record::Attribute& attribute : event.attributes) codes.push_back(attribute.value.code);
  CategoryMask of = 0;
  if (event.kind == Kind::observation || event.kind == Kind::report) of |= 1;
  for (const record::Code& code : codes) {
    if (code.system == "local" && code.code == "c1") of |= 2;
    if (code.system == "loinc" && code.code == "4548-4") of |= 2;
    if (code.system == "icd10" && code.code.starts_with("E1")) of |= 2;
  }
  if (event.kind == Kind::patient) of |= 4;
  const CategoryRule rule = rule_of(person);
  return (rule.all_granted || (of & rule.granted)) && !(of & rule.withheld);
}

std::shared_ptr<const engine::Grant> Narrowing::grant(engine::Store& store) const {
  const engine::View view = store.view();
  engine::Grant grant;
  grant.rights = engine::mask(engine::Right::rows) | engine::mask(engine::Right::figures);
  grant.categories = categories_;
  grant.of_everyone = of_everyone_;
  grant.sources = sources_;
  if (what_ != What::few) grant.patients = engine::PatientSet(given(store));
  for (const auto& [person, seen] : seen_) {
    const auto patient = view.find("test|" + person).value();
    if (!patient) continue;
    if (seen) grant.patients.add(*patient);
    if (!seen) grant.patients.remove(*patient);
    if (rules_.contains(person)) grant.of_patient.emplace_back(*patient, rules_.at(person));
  }
  return engine::seal(std::move(grant));
}

std::shared_ptr<const engine::Grant> grant_of_everyone(engine::Store& store) {
  engine::Grant grant;
  grant.rights = engine::mask(engine::Right::rows) | engine::mask(engine::Right::figures);
  grant.patients = engine::PatientSet(given(store));
  return engine::seal(std::move(grant));
}

std::string Narrowing::print() const {
  return "seed " + std::to_string(seed_) + ", grant " + std::to_string(static_cast<int>(what_));
}

}  // namespace chartline::query::random
