#include "tests/cli/scratch.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <utility>

#include "base/check.h"

namespace chartline::cli {
namespace {

namespace fs = std::filesystem;

// Within single quotes of the shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Scratch::Scratch(std::string environment) : environment_(std::move(environment)) {
  std::string name = (fs::temp_directory_path() / "chartline-cli-XXXXXX").string();
  check(mkdtemp(name.data()) != nullptr, "no temporary folder");
  folder_ = name;
  fs::create_symlink(fs::absolute("data"), folder_ / "data");
  fs::create_symlink(fs::absolute("tests/cli/fixtures"), folder_ / "fixtures");
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Scratch::Outcome Scratch::run(const std::string& command) const {
  const std::string program = fs::path(CHARTLINE_PROGRAM).parent_path().string();
  const std::string environment = "env -i PATH=" + quoted(program) +
                                  ":/usr/local/bin:/usr/bin:/bin HOME=" + quoted(folder_.string()) +
                                  " LC_ALL=C.UTF-8 TERM=dumb " + environment_;
  const std::string line = "cd " + quoted(folder_.string()) + " && exec " + environment + " sh -c " +
                           quoted("exec 2>&1; " + command) + " </dev/null";
  Outcome outcome;
  FILE* pipe = popen(line.c_str(), "r");
  check(pipe != nullptr, "the shell does not start");
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), n);
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

void Scratch::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

}  // namespace chartline::cli
