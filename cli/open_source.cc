// 1. The stronger place counts: a flag for the one, and the configuration for the other, is no contradiction.
// 2. A folder is opened as ever; a server is connected to, with what shows who we are.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "cli/failure.h"
#include "cli/folder_source.h"
#include "cli/granted.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/server_source.h"
#include "cli/source.h"
#include "server/listen.h"

namespace chartline::cli {
namespace {

// 0: not said.
int strength(const Setting& setting) {
  if (setting.values.empty()) return 0;
  if (setting.origin == "flag") return 3;
  return setting.origin.starts_with("environment") ? 2 : 1;
}

Result<std::string> token_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string token;
  if (!std::getline(file, token) || token.empty())
    return not_found("--token: " + path + " holds no token, or is no file");
  while (token.ends_with('\r') || token.ends_with(' ')) token.pop_back();
  return token;
}

// Never an argument, which others of the machine can read.
Result<std::string> password_of(const std::string& user) {
  if (const char* said = std::getenv("CHARTLINE_PASSWORD")) return std::string(said);
  const char* typed = isatty(STDERR_FILENO) != 0 ? getpass(("password of " + user + ": ").c_str()) : nullptr;
  if (typed == nullptr)
    return invalid_request("--user needs a password: CHARTLINE_PASSWORD says it where nobody can type one");
  return std::string(typed);
}

bool is_of_this_machine(const std::string& address) {
  return server::is_loopback(address) || address.starts_with("localhost:") || address == "localhost";
}

std::optional<client::Tls> tls_of(const Invocation& invocation, const std::string& address) {
  const std::string when = invocation.text("tls");
  if (when == "never" || (when == "auto" && is_of_this_machine(address) && !invocation.given("authorities")))
    return std::nullopt;
  return client::Tls{.authorities_file = invocation.text("authorities"),
                     .certificate_file = invocation.text("certificate"),
                     .key_file = invocation.text("key")};
}

Result<std::unique_ptr<Source>> connect(const Invocation& invocation) {
  client::Options options;
  options.address = invocation.text("server");
  options.tls = tls_of(invocation, options.address);
  if (const auto file = invocation.given("token")) options.token = TRY(token_of(*file));
  options.user = invocation.text("user");
  if (!options.token.empty() && !options.user.empty())
    return invalid_request("--token and --user exclude each other: one of them says who you are");
  if (!options.user.empty()) options.password = TRY(password_of(options.user));
  options.role = invocation.text("role");
  options.purpose = invocation.text("purpose");
  options.project = invocation.text("project");
  options.reason = invocation.text("reason");
  // The glass is broken for one record: the one that the command is about.
  if (!options.reason.empty() && !invocation.arguments().empty()) options.patient = invocation.argument(0);
  options.cancel = &interruption();
  auto connection = client::Connection::open(options);
  if (!connection && connection.error().fault == Fault::unavailable)
    return advise(connection.error(),
                  "start one with: chartline serve --store DIR\n"
                  "one that is busy may be slow to check a password: try again, or show a --token\n"
                  "a server of this machine that speaks TLS needs --tls always");
  if (!connection && connection.error().fault == Fault::denied && options.token.empty() && options.user.empty())
    return advise(connection.error(), "--user NAME or --token FILE says who you are");
  return server_source(options.address, TRY(std::move(connection)));
}

}  // namespace

Result<bool> is_server(const Invocation& invocation) {
  const int folder = strength(invocation.setting("store")), server = strength(invocation.setting("server"));
  if (folder != 0 && folder == server)
    return invalid_request("--store and --server exclude each other: a command works on one of them");
  return server > folder;
}

Result<std::unique_ptr<Source>> open_source(const Invocation& invocation, Access access) {
  if (TRY(is_server(invocation))) {
    if (invocation.setting("policy").origin == "flag")
      return invalid_request("--policy is for a folder: a server has its own, and --role asks for a role of it");
    return connect(invocation);
  }
  FolderAudit audit{.audit = OwnAudit(invocation), .flags = flags_given(invocation)};
  auto store = TRY(open_store(invocation, access == Access::write ? access : audit.audit.access()));
  auto grant = TRY(granted(invocation, *store));
  return folder_source(TRY(store_folder(invocation)), std::move(store), std::move(grant), std::move(audit));
}

}  // namespace chartline::cli
