// A policy's own tests: [[test]] says who asks for what, and what must come of it.
#include <algorithm>
#include <set>

#include "engine/storage/memory.h"
#include "engine/store.h"
#include "engine/trust/policy.h"
#include "engine/trust/rules.h"

namespace chartline::engine {
namespace {

using enum PolicyCase::Expect;

std::string_view word(PolicyCase::Expect expect) {
  switch (expect) {
    case sees: return "sees";
    case sees_in_part: return "sees_in_part";
    case unknown: return "unknown";
    case granted: return "granted";
    case denied: return "denied";
  }
  return "";
}

std::string list(std::vector<std::string> words) {
  std::ranges::sort(words);
  std::string all;
  for (const std::string& one : words) all += (all.empty() ? "" : ", ") + one;
  return all;
}

// A store that holds what the tests need: whoever is named, and the events told of.
Result<std::unique_ptr<Store>> made_store(const Rules& rules, Clock& clock) {
  const auto disk = std::make_shared<MemoryDisk>();
  TRY(Store::init(*memory_backend(disk), {}));
  std::unique_ptr<Store> store =
      TRY(Store::open(std::shared_ptr<Backend>(memory_backend(disk)), {.clock = &clock, .fold_in_background = false}));
  const auto tell = [&](const PatientName& name, const record::Event& event) -> Result<void> {
    const record::Identifier who{.system = name.system, .value = name.value};
    const record::Record one{.identifiers = {&who, 1}, .events = {&event, 1}};
    TRY(store->write({&one, 1}, {}));
    return {};
  };
  std::set<PatientName> named;
  for (const auto& [name, consents] : rules.consents) named.insert(name);
  for (const Relationship& one : rules.relationships) {
    for (const auto& [holder, relations] : one.of_holder) {
      for (const Relation& relation : relations) named.insert(relation.patient);
    }
  }
  for (const auto& [holder, delegations] : rules.delegations) {
    for (const Delegation& one : delegations) named.insert(one.patient);
  }
  for (const PolicyCase& one : rules.cases) {
    for (const std::string& text : {one.patient, one.claims.patient, one.request.patient}) {
      if (auto name = parse_patient_name(text)) named.insert(std::move(*name));
    }
  }
  for (const PatientName& name : named)
    TRY(tell(name, {.kind = record::Kind::patient, .source = {.organisation = "policy test"}, .record = "who"}));
  std::uint64_t sequence = 0;
  for (const PolicyCaseEvent& one : rules.case_events) {
    record::Event event{.kind = one.kind, .start = record::day_time(one.on)};
    event.code = {.system = one.code_system, .code = one.code};
    event.source = {.organisation = one.organisation, .system = one.system};
    event.sequence = ++sequence;
    TRY(tell(*parse_patient_name(one.patient), event));
  }
  return store;
}

struct Came {
  PolicyCase::Expect what;
  std::string more{};  // why denied; or the categories withheld
  std::string rights{};
};

Result<Came> came_of(const Policy& policy, const PolicyCase& one, Store& store, Micros now) {
  const auto grant = policy.decide(one.claims, one.request, store, now);
  if (!grant && grant.error().fault == Fault::denied) return Came{.what = denied, .more = grant.error().message};
  if (!grant) return grant.error();
  std::vector<std::string> rights;
  for (int i = 0; i < right_count; ++i) {
    if ((*grant)->may(static_cast<Right>(i))) rights.emplace_back(name(static_cast<Right>(i)));
  }
  Came came{.what = granted, .rights = list(rights)};
  const auto asked = parse_patient_name(one.patient);
  if (!asked) return came;
  const View view = store.view();
  const auto patient = TRY(view.find(one.patient));
  came.what = unknown;
  if (!patient || !(*grant)->patients.contains(*patient)) return came;
  const CategoryRule& rule = (*grant)->rule_of(*patient);
  came.what = rule.shows_everything() && (*grant)->sources.empty() ? sees : sees_in_part;
  std::vector<std::string> withheld;
  const auto& all = (*grant)->categories->all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!rule.shows(CategoryMask{1} << i)) withheld.push_back(all[i].name);
  }
  came.more = list(withheld);
  return came;
}

}  // namespace

Result<std::vector<PolicyOutcome>> run_cases(const Policy& policy, Store* store, Micros now) {
  const Rules& rules = policy.rules();
  FixedClock clock(now);
  std::unique_ptr<Store> made;
  if (!store) made = TRY(made_store(rules, clock)), store = made.get();
  std::vector<PolicyOutcome> outcomes;
  for (const PolicyCase& one : rules.cases) {
    // At noon, which is the same day nearly everywhere.
    const Micros at = one.on ? *one.on * record::micros_per_day + record::micros_per_day / 2 : now;
    const Came came = TRY(came_of(policy, one, *store, at));
    PolicyOutcome& outcome = outcomes.emplace_back();
    outcome.name = one.name;
    outcome.expected = word(one.expect);
    outcome.came = word(came.what);
    outcome.passed = one.expect == came.what || (one.expect == granted && came.what != denied);
    if (one.withheld) {
      outcome.expected += ", withheld: " + list(*one.withheld);
      outcome.passed = outcome.passed && list(*one.withheld) == came.more;
    }
    if (came.what == sees_in_part && !came.more.empty()) outcome.came += ", withheld: " + came.more;
    if (came.what == denied) outcome.came += ": " + came.more;
    if (one.rights) {
      outcome.expected += ", rights: " + list(*one.rights);
      outcome.came += came.what == denied ? "" : ", rights: " + came.rights;
      outcome.passed = outcome.passed && came.what != denied && list(*one.rights) == came.rights;
    }
  }
  return outcomes;
}

}  // namespace chartline::engine
