// Any text as the file of users, and as the configuration of the program: refused with file and line, or read; and users that were
// read can be written and read again.
#include <fstream>
#include <iterator>

#include "base/check.h"
#include "cli/settings.h"
#include "server/users.h"
#include "tests/fuzz/parts.h"

namespace {

using namespace chartline;

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void read_users(const fuzz::ScratchFolder& folder, std::string_view text) {
  const std::string path = folder.put("users.toml", text);
  const auto users = server::read_users(path);
  if (!users) {
    check(users.error().message.find(path) != std::string::npos, "a refusal names the file");
    return;
  }
  check(server::write_users(path, *users).has_value(), "users can be written");
  const std::string written = bytes_of(path);
  const auto again = server::read_users(path);
  check(again.has_value() && again->size() == users->size(), "users that were written can be read");
  check(server::write_users(path, *again).has_value() && bytes_of(path) == written, "and are the same");
}

void read_configuration(const fuzz::ScratchFolder& folder, std::string_view text) {
  const std::string path = folder.put("chartline.toml", text);
  const auto read = cli::read_configuration(path);
  if (!read) {
    check(read.error().message.find(path) != std::string::npos, "a refusal names the file");
    return;
  }
  const std::vector<std::string> words = {"serve", "--config", path};
  const auto line = cli::parse_command_line(words);
  check(line.has_value(), "a command line");
  (void)cli::settle(*line, [](const std::string&) { return std::nullopt; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_users(folder, text);
  read_configuration(folder, text);
  return 0;
}
