#include "tests/abuse/served_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace chartline::abuse {
namespace {

const std::string program = CHARTLINE_PROGRAM;

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The number behind the last `word` of a text, 0 where there is none.
std::uint64_t number_after(const std::string& text, const std::string& word) {
  const std::size_t at = text.rfind(word);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + word.size(), nullptr, 10);
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t process = ::fork();
  if (process != 0) return process;
  const int out = ::open(log.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  ::dup2(out, 1), ::dup2(out, 2);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

ServedProgram::ServedProgram() {
  std::string made = (std::filesystem::temp_directory_path() / "chartline-abuse-XXXXXX").string();
  EXPECT_NE(::mkdtemp(made.data()), nullptr);
  folder_ = made;
  EXPECT_EQ(run("init --quiet"), 0);
  EXPECT_EQ(run("import --quiet data/sample"), 0);
  const std::string log = folder_ + "/log";
  process_ = spawn({program,
                    "serve",
                    "--store",
                    folder_ + "/store",
                    "--open",
                    "--listen",
                    "127.0.0.1:0",
                    "--http-listen",
                    "127.0.0.1:0",
                    "--connections-max",
                    std::to_string(connections_max),
                    "--message-bytes-max",
                    std::to_string(message_bytes_max),
                    "--calls-max",
                    "32",
                    "--query-memory-max",
                    "16M",
                    "--query-seconds-max",
                    "5",
                    "--idle-seconds",
                    "20",
                    "--cache",
                    "32M"},
                   log);
  for (int i = 0; i < 600 && http_port_ == 0 && is_alive(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const std::string said = text_of(log);
    if (said.find("\"listening\"") == std::string::npos) continue;  // its last line
    port_ = static_cast<std::uint16_t>(number_after(said, "(port "));
    http_port_ = static_cast<std::uint16_t>(number_after(said, "health on port "));
  }
  EXPECT_NE(port_, 0) << text_of(log);
}

ServedProgram::~ServedProgram() {
  if (process_ > 0) ::kill(process_, SIGKILL), ::waitpid(process_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool ServedProgram::is_alive() const { return ::waitpid(process_, nullptr, WNOHANG) == 0; }

std::size_t ServedProgram::open_sockets() const {
  std::size_t sockets = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process_), gone))
    sockets += std::filesystem::read_symlink(entry.path(), gone).string().starts_with("socket:");
  return sockets;
}

std::uint64_t ServedProgram::peak_bytes() const {
  return number_after(text_of(fmt::format("/proc/{}/status", process_)), "VmHWM:") << 10;
}

int ServedProgram::stop() {
  ::kill(process_, SIGTERM);
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return exit_code(status);
}

int ServedProgram::run(const std::string& words) const {
  std::vector<std::string> all = {program};
  std::istringstream in(words);
  for (std::string word; in >> word;) all.push_back(word);
  all.insert(all.end(), {"--store", folder_ + "/store"});
  int status = 0;
  ::waitpid(spawn(all, folder_ + "/command.log"), &status, 0);
  return exit_code(status);
}

}  // namespace chartline::abuse
