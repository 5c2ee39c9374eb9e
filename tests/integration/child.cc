#include "tests/integration/child.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace chartline::integration {

ChildOutcome run_child(const std::vector<std::string>& arguments) {
  std::string program = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "integration_child").string();
  std::vector<std::string> kept = arguments;
  std::vector<char*> argv{program.data()};
  for (std::string& argument : kept) argv.push_back(argument.data());
  argv.push_back(nullptr);

  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) throw std::runtime_error("the child cannot be started");

  std::string printed;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    printed.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error("the child failed: " + printed);
  ChildOutcome outcome;
  std::istringstream words(printed);
  if (!(words >> outcome.hash >> outcome.peak_bytes))
    throw std::runtime_error("the child printed something else: " + printed);
  return outcome;
}

}  // namespace chartline::integration
