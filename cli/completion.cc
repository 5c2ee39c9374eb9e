// Shell completion, from the table of commands: commands, their options, and the words, files or folders that those take.
#include <fmt/format.h>

#include <set>

#include "cli/help.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

std::vector<const Option*> options_of(const Command& command) {
  std::vector<const Option*> all = command.options;
  all.insert(all.end(), common_options().begin(), common_options().end());
  return all;
}

std::vector<std::string> first_words() {
  std::vector<std::string> words;
  for (const Command& command : commands()) {
    const std::string word(command.name.substr(0, command.name.find(' ')));
    if (words.empty() || words.back() != word) words.push_back(word);
  }
  return words;
}

std::vector<std::string_view> second_words(std::string_view first) {
  std::vector<std::string_view> words;
  for (const Command& command : commands())
    if (command.name.starts_with(first) && command.name.substr(first.size()).starts_with(' '))
      words.push_back(command.name.substr(first.size() + 1));
  return words;
}

std::string joined_words(const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return joined(views, " ");
}

bool takes_paths(const Command& command) {
  return !command.arguments.empty() &&
         (command.arguments.back().takes == Takes::file || command.arguments.back().takes == Takes::folder);
}

std::string bash_words(std::string_view words) {
  return fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\")", words);
}

std::string bash_value(const Option& option) {
  switch (option.takes) {
    case Takes::word: return bash_words(joined(option.words, " "));
    case Takes::file: return "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    case Takes::folder: return "mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
    default: return "COMPREPLY=()";
  }
}

std::string bash() {
  std::string out =
      "# bash completion of chartline; load it with: source <(chartline completion bash)\n"
      "_chartline() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n";
  out += fmt::format("  if ((COMP_CWORD == 1)); then {}; return; fi\n", bash_words(joined_words(first_words())));
  out += "  case $command in\n";
  for (const std::string& first : first_words()) {
    const auto second = second_words(first);
    if (!second.empty())
      out += fmt::format(
          "    {}) if ((COMP_CWORD == 2)); then {}; return; fi; command=\"$command ${{COMP_WORDS[2]}}\" ;;\n", first,
          bash_words(joined(second, " ")));
  }
  out += "  esac\n  case \"$command:$before\" in\n";
  for (const Command& command : commands())
    for (const Option* option : options_of(command))
      if (option->takes != Takes::nothing)
        out += fmt::format("    '{}:--{}'{}) {}; return ;;\n", command.name, option->name,
                           option->letter != 0 ? fmt::format("|'{}:-{}'", command.name, option->letter) : "",
                           bash_value(*option));
  out += "  esac\n  case \"$command\" in\n";
  for (const Command& command : commands()) {
    std::string words = "--help";
    for (const Option* option : options_of(command)) words += fmt::format(" --{}", option->name);
    std::string plain = "COMPREPLY=()";
    if (takes_paths(command)) plain = "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    else if (!command.arguments.empty() && !command.arguments[0].words.empty())
      plain = bash_words(joined(command.arguments[0].words, " "));
    out +=
        fmt::format("    '{}') if [[ $word == -* ]]; then {}; else {}; fi ;;\n", command.name, bash_words(words), plain);
  }
  return out + "  esac\n}\ncomplete -o filenames -F _chartline chartline\n";
}

// Within single quotes, and within the brackets of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\') out.append("\\").append(1, c);
    else out += c;
  }
  return out;
}

std::string zsh_action(Takes takes, const std::vector<std::string_view>& words) {
  if (!words.empty()) return fmt::format("({})", joined(words, " "));
  if (takes == Takes::file) return "_files";
  if (takes == Takes::folder) return "_files -/";
  return "";
}

std::string zsh_arguments(const Command& command) {
  std::string out = "_arguments";
  for (const Option* option : options_of(command)) {
    const std::string many = option->repeated ? "*" : "";
    out += fmt::format(" \\\n        '{}--{}[{}]", many, option->name, zsh_text(option->help));
    if (option->takes != Takes::nothing)
      out += fmt::format(":{}:{}", zsh_text(option->value), zsh_action(option->takes, option->words));
    out += "'";
  }
  out += " \\\n        '--help[show examples and options]'";
  for (const Argument& argument : command.arguments)
    out += fmt::format(" \\\n        '{}:{}:{}'", argument.repeated ? "*" : "", zsh_text(argument.name),
                       zsh_action(argument.takes, argument.words));
  return out;
}

std::string zsh() {
  std::string out =
      "#compdef chartline\n"
      "# zsh completion of chartline; put it into a folder of $fpath as _chartline\n"
      "_chartline() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  std::set<std::string> told;
  for (const Command& command : commands()) {
    const std::string first(command.name.substr(0, command.name.find(' ')));
    if (told.insert(first).second) out += fmt::format("    '{}:{}'\n", first, zsh_text(command.summary));
  }
  out += "  )\n  if ((CURRENT == 2)); then _describe command commands; return; fi\n  local command=$words[2]\n";
  out += "  shift words; ((CURRENT--))\n  case $command in\n";
  for (const std::string& first : first_words()) {
    const auto second = second_words(first);
    if (!second.empty())
      out += fmt::format(
          "    {}) if ((CURRENT == 2)); then compadd {}; return; fi; command=\"$command $words[2]\"; shift words; "
          "((CURRENT--)) ;;\n",
          first, joined(second, " "));
  }
  out += "  esac\n  case $command in\n";
  for (const Command& command : commands())
    out += fmt::format("    '{}')\n      {} ;;\n", command.name, zsh_arguments(command));
  return out + "  esac\n}\n_chartline \"$@\"\n";
}

std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string fish() {
  std::string out =
      "# fish completion of chartline; load it with: chartline completion fish | source\n"
      "complete -c chartline -f\n";
  const std::string all = joined_words(first_words());
  std::set<std::string> told;
  for (const Command& command : commands()) {
    const auto blank = command.name.find(' ');
    const std::string first(command.name.substr(0, blank));
    if (told.insert(first).second)
      out += fmt::format("complete -c chartline -n 'not __fish_seen_subcommand_from {}' -a {} -d '{}'\n", all, first,
                         fish_text(command.summary));
    std::string when = fmt::format("__fish_seen_subcommand_from {}", first);
    if (blank != std::string_view::npos) {
      const std::string second(command.name.substr(blank + 1));
      out += fmt::format("complete -c chartline -n '{}' -a {} -d '{}'\n", when, second, fish_text(command.summary));
      when += fmt::format("; and __fish_seen_subcommand_from {}", second);
    }
    for (const Option* option : options_of(command)) {
      out += fmt::format("complete -c chartline -n '{}' -l {}{} -d '{}'", when, option->name,
                         option->letter != 0 ? fmt::format(" -s {}", option->letter) : "", fish_text(option->help));
      if (option->takes == Takes::word) out += fmt::format(" -x -a '{}'", joined(option->words, " "));
      else if (option->takes == Takes::file || option->takes == Takes::folder) out += " -r -F";
      else if (option->takes != Takes::nothing) out += " -x";
      out += "\n";
    }
    if (takes_paths(command)) out += fmt::format("complete -c chartline -n '{}' -F\n", when);
    for (const Argument& argument : command.arguments)
      if (!argument.words.empty())
        out += fmt::format("complete -c chartline -n '{}' -a '{}'\n", when, joined(argument.words, " "));
  }
  return out;
}

}  // namespace

std::string completion(Shell shell) {
  switch (shell) {
    case Shell::bash: return bash();
    case Shell::zsh: return zsh();
    case Shell::fish: return fish();
  }
  return {};
}

}  // namespace chartline::cli
