// user: who may log in by the local users file.
#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/password.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "server/private_file.h"
#include "server/users.h"

namespace chartline::cli {
namespace {

using server::User;
using server::UserTable;

Result<std::string> users_file(const Invocation& invocation) {
  if (const auto path = invocation.given("users")) return *path;
  return invalid_request("which file of users? say --users FILE, or set CHARTLINE_USERS");
}

Result<UserTable> users_or_none(const std::string& path) {
  auto users = server::read_users(path);
  if (!users && users.error().fault == Fault::not_found) return UserTable{};
  return users;
}

Error no_such_user() {
  return advise(not_found("the file has no user of this name"), "list them with: chartline user list");
}

// Reads, changes and writes the file, while nobody else does.
template <typename Change>
Result<void> change_users(const std::string& path, Change change) {
  const auto lock = TRY(server::FolderLock::take(path));
  UserTable users = TRY(users_or_none(path));
  TRY(change(users));
  return server::write_users(path, users);
}

}  // namespace

Result<void> run_user_add(const Invocation& invocation, Console& console) {
  const std::string path = TRY(users_file(invocation));
  const std::string& name = invocation.argument(0);
  if (!server::is_user_name(name))
    return invalid_request("a user's name has 1 to 64 letters, digits, dots, hyphens, underscores and @");
  if (TRY(users_or_none(path)).contains(name)) return conflict("the file has a user of this name");
  User user{.roles = invocation.all("role"),
            .organisation = invocation.text("organisation"),
            .teams = invocation.all("team"),
            .patient = invocation.text("patient"),
            .hash = {}};
  if (!invocation.on("no-password")) user.hash = TRY(server::hash_password(TRY(new_password(name, console))));
  TRY(change_users(path, [&](UserTable& users) -> Result<void> {
    if (!users.emplace(name, std::move(user)).second) return conflict("the file has a user of this name");
    return {};
  }));
  console.note(fmt::format("{} is a user now", name));
  return {};
}

Result<void> run_user_list(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const UserTable users = TRY(server::read_users(TRY(users_file(invocation))));
  const auto writer = row_writer(form, {"user", "roles", "organisation", "teams", "patient", "password"}, console.out(),
                                 [&](std::string_view text) { return console.write(text); });
  for (const auto& [name, user] : users)
    TRY(writer->row({text_cell(name), list_cell(user.roles), text_cell(user.organisation), list_cell(user.teams),
                     text_cell(user.patient), truth_cell(!user.hash.empty())}));
  return writer->end();
}

Result<void> run_user_remove(const Invocation& invocation, Console& console) {
  const std::string& name = invocation.argument(0);
  TRY(change_users(TRY(users_file(invocation)), [&](UserTable& users) -> Result<void> {
    if (users.erase(name) == 0) return no_such_user();
    return {};
  }));
  console.note(fmt::format("{} is no user any more; a running server hears of it by SIGHUP", name));
  return {};
}

Result<void> run_user_passwd(const Invocation& invocation, Console& console) {
  const std::string path = TRY(users_file(invocation));
  const std::string& name = invocation.argument(0);
  if (!TRY(server::read_users(path)).contains(name)) return no_such_user();
  const std::string hash = TRY(server::hash_password(TRY(new_password(name, console))));
  TRY(change_users(path, [&](UserTable& users) -> Result<void> {
    const auto user = users.find(name);
    if (user == users.end()) return no_such_user();
    user->second.hash = hash;
    return {};
  }));
  console.note(fmt::format("{} has a new password; a running server hears of it by SIGHUP", name));
  return {};
}

}  // namespace chartline::cli
