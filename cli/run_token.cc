// token: a signed token for a user of the local file.
#include "cli/failure.h"
#include "cli/runs.h"
#include "server/tokens.h"
#include "server/users.h"

namespace chartline::cli {
namespace {

Result<std::string> needed(const Invocation& invocation, std::string_view option, std::string_view what) {
  if (const auto value = invocation.given(option)) return *value;
  return invalid_request("--" + std::string(option) + " is missing: " + std::string(what));
}

}  // namespace

Result<void> run_token(const Invocation& invocation, Console& console) {
  const std::string& name = invocation.argument(0);
  const std::string users_path = TRY(needed(invocation, "users", "the file of users"));
  const std::string key_path = TRY(needed(invocation, "signing-key", "the private key, as PEM, or NAME.secret"));
  server::IssueOptions options;
  options.issuer = TRY(needed(invocation, "token-issuer", "who issues tokens, as the server expects it"));
  options.audience = TRY(needed(invocation, "token-audience", "whom tokens are for, as the server expects it"));
  options.lifetime_seconds = static_cast<std::uint32_t>(invocation.number("lifetime"));
  const server::UserTable users = TRY(server::read_users(users_path));
  const auto user = users.find(name);
  if (user == users.end())
    return advise(not_found("the file has no user of this name"), "list them with: chartline user list");
  const server::SigningKey key = TRY(server::read_signing_key(key_path));
  SystemClock clock;
  const engine::Claims claims = server::claims_of(name, user->second, INT64_MAX);
  return console.write(TRY(server::issue(key, claims, options, clock.now())) + "\n");
}

}  // namespace chartline::cli
