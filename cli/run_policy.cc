// policy test and policy show: what a policy file grants, before a server is started with it.
#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "engine/trust/policy.h"
#include "engine/trust/rules.h"

namespace chartline::cli {
namespace {

constexpr Micros minute = 60'000'000;

std::vector<std::string> purposes_of(engine::Purposes purposes) {
  std::vector<std::string> all;
  for (int i = 0; i < engine::purpose_count; ++i) {
    if (purposes >> i & 1) all.emplace_back(name(static_cast<engine::Purpose>(i)));
  }
  return all;
}

std::string whose(const engine::Rules& rules, const engine::RoleRules& role, engine::Reach reach) {
  switch (reach) {
    case engine::Reach::nobody: return "nobody";
    case engine::Reach::own: return "the own record";
    case engine::Reach::granted: return "what patients granted";
    case engine::Reach::everyone: return "everyone, not by name";
    case engine::Reach::related: break;
  }
  std::vector<std::string> names;
  for (const std::size_t place : role.relationships) names.push_back(rules.relationships[place].name);
  return fmt::format("by {}", fmt::join(names, ", "));
}

std::vector<std::string> categories_of(const engine::Rules& rules, engine::CategoryMask mask) {
  std::vector<std::string> names;
  const auto& all = rules.categories->all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (mask >> i & 1) names.push_back(all[i].name);
  }
  return names;
}

}  // namespace

Result<void> run_policy_test(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const engine::Policy policy = TRY(engine::Policy::load(invocation.argument(0)));
  std::unique_ptr<engine::Store> store;
  // A store that a file or the environment names is not meant: the tests of a policy are its own.
  if (invocation.setting("store").origin == "flag") store = TRY(open_store(invocation, Access::read));
  SystemClock clock;
  const auto outcomes = TRY(engine::run_cases(policy, store.get(), clock.now()));
  if (outcomes.empty())
    return advise(invalid_request(invocation.argument(0) + ": the policy has no tests"),
                  "write some as [[test]] tables");
  const auto writer = row_writer(form, {"test", "passed", "expected", "came"}, console.out(),
                                 [&](std::string_view text) { return console.write(text); });
  std::size_t failed = 0;
  for (const engine::PolicyOutcome& one : outcomes) {
    failed += !one.passed;
    TRY(writer->row({text_cell(one.name), truth_cell(one.passed), text_cell(one.expected), text_cell(one.came)}));
  }
  TRY(writer->end());
  if (failed == 0) return {};
  return denied(fmt::format("{} of {} tests of the policy failed", failed, outcomes.size()));
}

Result<void> run_policy_show(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const engine::Policy policy = TRY(engine::Policy::load(invocation.argument(0)));
  const engine::Rules& rules = policy.rules();
  const auto writer = row_writer(form, {"role", "purposes", "rights", "sees", "withheld", "minutes", "disclosure"},
                                 console.out(), [&](std::string_view text) { return console.write(text); });
  for (int i = 0; i < engine::role_count; ++i) {
    const auto& role = rules.roles[static_cast<std::size_t>(i)];
    if (!role) continue;
    const engine::RoleMost most = engine::most_of(static_cast<engine::Role>(i));
    TRY(writer->row({text_cell(name(static_cast<engine::Role>(i))), list_cell(purposes_of(role->purposes)),
                     text_cell(engine::names(engine::rights_of(rules, static_cast<engine::Role>(i)))),
                     text_cell(whose(rules, *role, most.reach)), list_cell(categories_of(rules, role->withheld)),
                     number_cell(static_cast<std::uint64_t>(role->session / minute)),
                     text_cell(most.reach == engine::Reach::everyone ? name(role->disclosure) : "")}));
  }
  TRY(writer->end());
  console.say(policy.version());
  return {};
}

}  // namespace chartline::cli
