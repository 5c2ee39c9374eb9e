// help, version, man and completion: what the table of commands says.
#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/help.h"
#include "cli/runs.h"
#include "cli/text.h"

namespace chartline::cli {

Result<void> run_help(const Invocation& invocation, Console& console) {
  if (invocation.arguments().empty()) return console.write(overview(console.out()));
  std::string name;
  for (const std::string& word : invocation.arguments()) name.append(name.empty() ? "" : " ").append(word);
  if (const Command* command = find_command(name)) return console.write(help_of(*command, console.out()));
  std::vector<std::string_view> names;
  std::string within;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    if (command.name.starts_with(name + " ")) within += (within.empty() ? "" : "\n") + help_of(command, console.out());
  }
  if (!within.empty()) return console.write(within);
  const auto near = nearest(name, names);
  return invalid_request(fmt::format("there is no command '{}'{}", printable(name, true),
                                     near ? fmt::format("; did you mean {}?", *near) : "") +
                         "\nsee: chartline help");
}

Result<void> run_version(const Invocation&, Console& console) {
  return console.write(fmt::format("chartline {}\n", program_version));
}

Result<void> run_man(const Invocation&, Console& console) { return console.write(man_page()); }

Result<void> run_completion(const Invocation& invocation, Console& console) {
  const std::string& shell = invocation.argument(0);
  return console.write(completion(shell == "bash" ? Shell::bash : shell == "zsh" ? Shell::zsh : Shell::fish));
}

}  // namespace chartline::cli
