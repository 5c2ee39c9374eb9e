#include "cli/advice.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace chartline::cli {
namespace {

constexpr std::string_view before_command = ": chartline ";

bool has_option(const Command& command, std::string_view name) {
  return std::ranges::any_of(command.options, [name](const Option* option) { return option->name == name; });
}

// The command at the beginning of some words, of one word or two.
const Command* command_of(std::string_view words) {
  const auto first = words.find(' ');
  const std::string_view two = words.substr(0, first == std::string_view::npos ? first : words.find(' ', first + 1));
  if (const Command* command = find_command(two)) return command;
  return find_command(words.substr(0, first));
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@+,%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) c == '\'' ? quoted += "'\\''" : quoted += c;
  return quoted + "'";
}

std::string completed(std::string line, const Invocation& invocation) {
  const auto at = line.find(before_command);
  if (at == std::string::npos) return line;
  const Command* command = command_of(std::string_view(line).substr(at + before_command.size()));
  if (!command) return line;
  constexpr std::array<std::string_view, 3> places = {"store", "server", "users"};
  if (line.find(" --store ") != std::string::npos || line.find(" --server ") != std::string::npos) return line;
  for (const std::string_view place : places) {
    if (!has_option(*command, place) || !has_option(invocation.command(), place)) continue;
    const Setting& setting = invocation.setting(place);
    if (setting.origin == "flag")
      line.append(" --").append(place).append(" ").append(shell_word(setting.values.back()));
  }
  return line;
}

}  // namespace

Error with_places(Error error, const Invocation& invocation) {
  std::string message = error.message.substr(0, error.message.find('\n'));
  for (std::size_t from = message.size(); from < error.message.size();) {
    const std::size_t past = std::min(error.message.find('\n', from + 1), error.message.size());
    message.append("\n").append(completed(error.message.substr(from + 1, past - from - 1), invocation));
    from = past;
  }
  error.message = std::move(message);
  return error;
}

}  // namespace chartline::cli
