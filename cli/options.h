// What was asked for: the command, and a value for each of its options with the place where that value was said.
//
//   flag over environment (CHARTLINE_*) over configuration file over default
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace chartline::cli {

struct Setting {
  std::vector<std::string> values;  // none: not said, and no default
  std::string origin = "default";   // "flag", "environment CHARTLINE_STORE", "file ./chartline.toml, line 3", "default"
};

// Flags and arguments as typed, before any other place was asked.
struct CommandLine {
  const Command* command = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> flags;  // by option name; "" for a switch
  std::vector<std::string> arguments;
  bool help = false;
};

// invalid_request for words that the table does not know, saying what was most likely meant. A lone --help or --version
// is the command of that name.
Result<CommandLine> parse_command_line(std::span<const std::string> words);

class Invocation {
 public:
  Invocation(CommandLine line, std::map<std::string, Setting, std::less<>> settings)
      : line_(std::move(line)), settings_(std::move(settings)) {}

  const Command& command() const { return *line_.command; }
  const std::vector<std::string>& arguments() const { return line_.arguments; }
  const std::string& argument(std::size_t i) const { return line_.arguments[i]; }

  bool on(std::string_view option) const;                              // a switch
  std::optional<std::string> given(std::string_view option) const;     // the last value; nothing where nobody said one
  std::string text(std::string_view option) const;                     // the same, "" for nothing
  const std::vector<std::string>& all(std::string_view option) const;  // every value of a repeated option
  std::uint64_t number(std::string_view option) const;                 // of a number or a size; 0 for nothing
  const Setting& setting(std::string_view option) const;

 private:
  CommandLine line_;
  std::map<std::string, Setting, std::less<>> settings_;  // by option name; checked
};

// invalid_request, naming `origin`, where `value` is not what the option takes.
Result<void> check_value(const Option& option, std::string_view value, std::string_view origin);

}  // namespace chartline::cli
