// The manual page, from the table of commands.
#include <fmt/format.h>

#include "cli/help.h"
#include "cli/settings.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

// Roff takes a backslash, a hyphen, and a leading dot or quote for its own.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
    line_start = c == '\n';
  }
  return out;
}

std::string sentence(std::string_view text) {
  std::string out = roff(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out + ".";
}

std::string option_entry(const Option& option) {
  const std::string letter = option.letter != 0 ? fmt::format("\\fB\\-{}\\fR, ", option.letter) : std::string();
  std::string out = fmt::format(".TP\n{}\\fB\\-\\-{}\\fR", letter, roff(option.name));
  if (option.takes != Takes::nothing) out += fmt::format(" \\fI{}\\fR", roff(option.value));
  std::string help(option.help);
  if (!option.words.empty()) help += ": " + joined(option.words, ", ");
  if (option.repeated) help += "; may be given several times";
  out += "\n" + sentence(help);
  if (!option.fallback.empty() && option.takes != Takes::nothing)
    out += fmt::format(" Default: {}.", roff(option.fallback));
  return out + "\n";
}

std::string command_section(const Command& command) {
  std::string out = fmt::format(".SS {}\n{}\n", roff(usage_line(command)), sentence(command.summary));
  if (!command.text.empty()) out += ".PP\n" + roff(command.text);
  for (const Argument& argument : command.arguments)
    out += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(argument.name), sentence(argument.help));
  for (const Option* option : command.options) out += option_entry(*option);
  out += ".PP\nExamples:\n";
  for (const Example& example : command.examples)
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(example.command), sentence(example.what));
  return out;
}

constexpr std::string_view exit_codes[][2] = {
    {"0", "it is done"},
    {"1", "not found, or in conflict with what is there: nothing was changed"},
    {"2", "the command line, the configuration or the input is wrong"},
    {"3", "the query is wrong"},
    {"4", "denied"},
    {"5", "stored bytes are damaged"},
    {"6", "the store, a disk or a server cannot answer now"},
    {"7", "this build does not support it"},
    {"130", "interrupted"},
};

}  // namespace

std::string man_page() {
  std::string out = fmt::format(".TH CHARTLINE 1 \"\" \"chartline {}\" \"User Commands\"\n", program_version);
  out += ".SH NAME\nchartline \\- a longitudinal record store\n";
  out += ".SH SYNOPSIS\n\\fBchartline\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n";
  out +=
      ".SH DESCRIPTION\nKeeps the events of a person's health and care, from many sources, in the order of time, and "
      "shows them\n"
      "as they are or as they were known at any earlier moment. Results go to standard output, everything else to\n"
      "standard error.\n";
  out += ".SH COMMANDS\n";
  for (const Command& command : commands()) out += command_section(command);
  out += ".SH COMMON OPTIONS\n";
  for (const Option* option : common_options()) out += option_entry(*option);
  out +=
      ".SH CONFIGURATION\nA flag counts before the environment, the environment before the configuration file, and "
      "that before\n"
      "the default. The file is the one named by \\fB\\-\\-config\\fR or CHARTLINE_CONFIG, else the first that exists "
      "of ./chartline.toml,\n"
      "~/.config/chartline/config.toml and /etc/chartline/config.toml. It is TOML, one \\fIname = value\\fR for\n"
      "each setting:\n";
  for (const Option* option : all_settings())
    out += fmt::format(".TP\n\\fB{}\\fR, {}\n{}\n", roff(option->setting), environment_name(option->setting),
                       sentence(option->help));
  out += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_codes) out += fmt::format(".TP\n{}\n{}\n", code, sentence(meaning));
  out +=
      ".SH ENVIRONMENT\n.TP\nNO_COLOR\nNo colour, whatever the terminal.\n.TP\nCOLUMNS\nThe width of the page where "
      "standard output is no terminal (200).\n";
  return out;
}

}  // namespace chartline::cli
