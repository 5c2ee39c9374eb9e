// The table of commands: one description from which parsing, --help, the man page and shell completion are all made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chartline::cli {

class Console;
class Invocation;

// What an option or argument takes; decides how it is checked and how a shell completes it.
enum class Takes : std::uint8_t {
  nothing,  // a switch
  text,
  number,  // a whole number, least to most
  bytes,   // a size: 512M, 2GiB
  word,    // one of a closed list
  file,
  folder,
};

struct Option {
  std::string_view name;  // "store" is given as --store
  Takes takes = Takes::text;
  std::string_view value{};  // what it takes, as help calls it: "DIR"
  std::string_view help{};
  std::string_view setting{};   // its name in the configuration file, and in CHARTLINE_NAME; "" for a flag only
  std::string_view fallback{};  // value where nobody said anything
  std::vector<std::string_view> words{};
  std::uint64_t least = 0;
  std::uint64_t most = UINT64_MAX;
  bool repeated = false;
  char letter = 0;  // given as -e too; for the few that are typed all the time
};

struct Argument {
  std::string_view name;
  std::string_view help{};
  Takes takes = Takes::text;
  bool required = true;
  bool repeated = false;
  std::vector<std::string_view> words{};
};

struct Example {
  std::string_view command;
  std::string_view what;
};

struct Command {
  std::string_view name;     // one or two words: "import", "config show"
  std::string_view summary;  // one line, no full stop
  std::string_view text{};   // paragraphs for --help and the man page, each line ended
  std::vector<const Option*> options{};
  std::vector<Argument> arguments{};
  std::vector<Example> examples;
  Result<void> (*run)(const Invocation&, Console&);
};

const std::vector<Command>& commands();
const std::vector<const Option*>& common_options();  // understood by every command
std::vector<const Option*> all_settings();           // one option for each setting, in the table's order

const Command* find_command(std::string_view name);

}  // namespace chartline::cli
