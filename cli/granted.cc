#include "cli/granted.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/clock.h"
#include "cli/failure.h"
#include "engine/trust/policy.h"
#include "engine/trust/role_table.h"

namespace chartline::cli {
namespace {

// The only purpose that a role can have, or the first.
std::string purpose_of(const engine::RoleMost& most) {
  for (int i = 0; i < engine::purpose_count; ++i) {
    if (most.purposes >> i & 1) return std::string(name(static_cast<engine::Purpose>(i)));
  }
  return "";
}

// Of a folder nobody asks who is who: whoever says it might take what is shown for what they may see.
Result<void> check_no_session(const Invocation& invocation) {
  constexpr std::array<std::string_view, 6> names = {"role", "purpose", "project", "reason", "user", "token"};
  for (const Option* option : invocation.command().options)
    if (std::ranges::find(names, option->name) != names.end() && invocation.setting(option->name).origin == "flag")
      return advise(invalid_request("--" + std::string(option->name) + " is for a server, or for a folder with --policy"),
                    "without either everything in the folder is shown");
  return {};
}

}  // namespace

Result<std::shared_ptr<const engine::Grant>> granted(const Invocation& invocation, engine::Store& store) {
  // A policy that a file or the environment names is the server's.
  if (invocation.setting("policy").origin != "flag") {
    TRY(check_no_session(invocation));
    return std::shared_ptr<const engine::Grant>();
  }
  const std::string path = invocation.text("policy");
  const std::string word = invocation.text("role");
  const auto role = engine::parse_role(word);
  if (!role)
    return advise(invalid_request("--policy needs --role: one of those that the policy grants"),
                  "see them with: chartline policy show " + path);
  const engine::Policy policy = TRY(engine::Policy::load(path));
  std::string user = invocation.text("user"), purpose = invocation.text("purpose");
  if (user.empty()) user = "uid " + std::to_string(::geteuid());
  if (purpose.empty()) purpose = purpose_of(engine::most_of(*role));
  SystemClock clock;
  engine::Claims claims;
  claims.user = user, claims.roles = {word};
  engine::AccessRequest request;
  request.role = word, request.purpose = purpose, request.project = invocation.text("project");
  return policy.decide(claims, request, store, clock.now());
}

}  // namespace chartline::cli
