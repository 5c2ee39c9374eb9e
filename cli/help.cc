#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/settings.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

std::string option_text(const Option& option) {
  const std::string letter = option.letter != 0 ? fmt::format("-{}, ", option.letter) : std::string();
  return fmt::format("{}--{}{}{}", letter, option.name, option.takes == Takes::nothing ? "" : " ",
                     option.takes == Takes::nothing ? "" : option.value);
}

std::string option_help(const Option& option) {
  std::string help(option.help);
  if (!option.words.empty()) help += fmt::format(": {}", joined(option.words, ", "));
  if (option.repeated) help += "; may be given several times";
  if (!option.fallback.empty() && option.takes != Takes::nothing) help += fmt::format(" (default {})", option.fallback);
  return help;
}

std::string heading(std::string_view text, const Look& look) { return paint(text, Ink::bold, look) + "\n"; }

// Names on the left, explanations beside them.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows, std::size_t width,
                        const Look& look) {
  std::size_t left = 0;
  for (const auto& [name, text] : rows) left = std::max(left, name.size());
  std::string out;
  for (const auto& [name, text] : rows) {
    const std::string lines = wrapped(text, width, left + 4);
    out += "  " + paint(name, Ink::cyan, look) + std::string(left - name.size() + 2, ' ') +
           lines.substr(std::min(lines.size(), left + 4));
    if (text.empty()) out += "\n";
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> rows_of(const std::vector<const Option*>& options) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option* option : options) rows.emplace_back(option_text(*option), option_help(*option));
  return rows;
}

constexpr std::size_t help_width_most = 100;

}  // namespace

std::string usage_line(const Command& command) {
  std::string line = fmt::format("chartline {}", command.name);
  const bool needs_store = command.name != "config show" && command.name != "policy test";
  for (const Option* option : command.options) line += option->name == "store" && needs_store ? " --store DIR" : "";
  const bool has_more =
      std::any_of(command.options.begin(), command.options.end(), [](const Option* o) { return o->name != "store"; });
  if (has_more) line += " [OPTION...]";
  for (const Argument& argument : command.arguments) {
    const std::string name = fmt::format("{}{}", argument.name, argument.repeated ? "..." : "");
    line += argument.required ? " " + name : " [" + name + "]";
  }
  return line;
}

std::string overview(const Look& look) {
  std::string out =
      "chartline keeps the events of a person's health and care, and shows them in the order of time.\n\n";
  out += heading("Start", look);
  out +=
      "  chartline demo                                     the whole story in a few seconds\n"
      "  chartline init --store care                        make a store in the folder care\n"
      "  chartline import --store care records/             read records into it\n"
      "  chartline timeline --store care 'nhs|9434765919'   one person's timeline\n"
      "  chartline shell --store care                       ask questions over everyone\n\n";
  out += heading("Commands", look);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : commands()) rows.emplace_back(std::string(command.name), std::string(command.summary));
  out += two_columns(rows, std::min(look.width, help_width_most), look);
  return out +
         "\nchartline COMMAND --help shows examples and options; chartline man shows everything as a manual page.\n";
}

std::string help_of(const Command& command, const Look& look) {
  const std::size_t width = std::min(look.width, help_width_most);
  std::string out =
      fmt::format("{}: {}\n\n", paint(fmt::format("chartline {}", command.name), Ink::bold, look), command.summary);
  out += heading("Examples", look);
  for (const Example& example : command.examples)
    out += fmt::format("  {}\n      {}\n", paint(example.command, Ink::cyan, look), example.what);
  out += "\n" + heading("Usage", look) + "  " + usage_line(command) + "\n\n";
  if (!command.text.empty()) out += wrapped(command.text, width, 0) + "\n";
  if (!command.arguments.empty()) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Argument& argument : command.arguments)
      rows.emplace_back(std::string(argument.name), std::string(argument.help));
    out += heading("Arguments", look) + two_columns(rows, width, look) + "\n";
  }
  if (!command.options.empty())
    out += heading("Options", look) + two_columns(rows_of(command.options), width, look) + "\n";
  out += heading("Common options", look) + two_columns(rows_of(common_options()), width, look);
  return out;
}

}  // namespace chartline::cli
