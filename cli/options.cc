#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/text.h"

namespace chartline::cli {
namespace {

std::string meant(std::string_view word, std::span<const std::string_view> candidates, std::string_view before = "") {
  const auto near = nearest(word, candidates);
  return near ? fmt::format("; did you mean {}{}?", before, *near) : std::string();
}

Error usage(const Command* command, std::string message) {
  const std::string see = command ? fmt::format("chartline {} --help", command->name) : std::string("chartline help");
  return invalid_request(std::move(message) + "\nsee: " + see);
}

Error unknown_command(std::string_view first, std::string_view second) {
  std::vector<std::string_view> names, second_words;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    const auto blank = command.name.find(' ');
    if (blank == std::string_view::npos) continue;
    if (command.name.substr(0, blank) == first) second_words.push_back(command.name.substr(blank + 1));
  }
  if (!second_words.empty()) {
    const std::string all = joined(second_words, ", ");
    if (second.empty()) return usage(nullptr, fmt::format("{} needs one of: {}", first, all));
    return usage(nullptr, fmt::format("{} has no '{}'; it has: {}{}", first, second, all, meant(second, second_words)));
  }
  return usage(nullptr, fmt::format("there is no command '{}'{}", first, meant(first, names)));
}

std::vector<const Option*> options_of(const Command& command) {
  std::vector<const Option*> all = command.options;
  all.insert(all.end(), common_options().begin(), common_options().end());
  return all;
}

// Reads words from left to right.
class Parser {
 public:
  explicit Parser(std::span<const std::string> words) : words_(words) {}

  Result<CommandLine> parse() {
    TRY(take_command());
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      if (!only_arguments_ && word == "--") only_arguments_ = true;
      else if (!only_arguments_ && (word == "--help" || word == "-h")) line_.help = true;
      else if (!only_arguments_ && word.starts_with("--")) TRY(take_option(std::string_view(word).substr(2)));
      else if (!only_arguments_ && word.size() > 1 && word[0] == '-') TRY(take_letter(word));
      else line_.arguments.push_back(word);
    }
    if (!line_.help) TRY(check_arguments());
    return std::move(line_);
  }

 private:
  Result<void> take_command() {
    if (words_.empty()) return find("help", 0);
    const std::string& first = words_[0];
    if (first == "--help" || first == "-h") return find("help", 1);
    if (first == "--version") return find("version", 1);
    constexpr std::array<std::string_view, 2> alone = {"help", "version"};
    if (const auto near = nearest(first.substr(std::min(first.size(), std::size_t{2})), alone);
        first.starts_with("--") && near)
      return usage(nullptr, fmt::format("there is no option {}; did you mean --{}?", first, *near));
    if (first.starts_with("-"))
      return usage(nullptr,
                   fmt::format("the command comes first, then its options, as in: chartline timeline {}", first));
    const std::string second = words_.size() > 1 ? words_[1] : std::string();
    if (find_command(first + " " + second)) return find(first + " " + second, 2);
    if (find_command(first)) return find(first, 1);
    const bool is_group =
        std::ranges::any_of(commands(), [&](const Command& command) { return command.name.starts_with(first + " "); });
    if (is_group && (second == "--help" || second == "-h")) {
      line_.arguments.push_back(first);
      return find("help", 2);
    }
    return unknown_command(first, second.starts_with("-") ? "" : second);
  }

  Result<void> find(std::string_view name, std::size_t words) {
    line_.command = find_command(name);
    at_ = words;
    return {};
  }

  Result<void> take_letter(std::string_view word) {
    for (const Option* option : line_.command->options)
      if (word.size() == 2 && option->letter == word[1]) return take_option(option->name);
    return usage(line_.command, fmt::format("there is no option {}: options are whole words, as in --store", word));
  }

  Result<void> take_option(std::string_view word) {
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto all = options_of(*line_.command);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Option* o) { return o->name == name; });
    if (found == all.end()) return unknown_option(name, all);
    const Option& option = **found;
    auto& values = line_.flags[std::string(option.name)];
    if (!values.empty() && !option.repeated) return usage(line_.command, fmt::format("--{} is given twice", name));
    if (option.takes == Takes::nothing) {
      if (equals != std::string_view::npos) return usage(line_.command, fmt::format("--{} takes no value", name));
      values.emplace_back("on");
      return {};
    }
    if (equals != std::string_view::npos) values.emplace_back(word.substr(equals + 1));
    else if (at_ < words_.size()) values.push_back(words_[at_++]);
    else return usage(line_.command, fmt::format("--{} needs a value: --{} {}", name, name, option.value));
    return {};
  }

  Error unknown_option(std::string_view name, std::span<const Option* const> all) const {
    std::vector<std::string_view> names = {"help"};
    for (const Option* option : all) names.push_back(option->name);
    const bool on_folder = std::ranges::find(names, "store") != names.end();
    if (name == "server" && on_folder)
      return usage(line_.command,
                   fmt::format("{} works on the folder itself, which a server does not hand out: --store DIR",
                               line_.command->name));
    return usage(line_.command,
                 fmt::format("{} has no option --{}{}", line_.command->name, name, meant(name, names, "--")));
  }

  Result<void> check_arguments() const {
    const Command& command = *line_.command;
    for (std::size_t i = 0; i < command.arguments.size(); ++i) {
      const Argument& argument = command.arguments[i];
      if (argument.required && line_.arguments.size() <= i) {
        return usage(&command, fmt::format("{} needs {}: {}", command.name, argument.name, argument.help));
      }
      if (argument.words.empty() || line_.arguments.size() <= i) continue;
      const std::string& word = line_.arguments[i];
      if (std::find(argument.words.begin(), argument.words.end(), word) == argument.words.end()) {
        return usage(&command, fmt::format("{} is one of {}, not '{}'{}", argument.name, joined(argument.words, ", "),
                                           word, meant(word, argument.words)));
      }
    }
    const bool endless = !command.arguments.empty() && command.arguments.back().repeated;
    if (endless || line_.arguments.size() <= command.arguments.size()) return {};
    return usage(&command, fmt::format("{} does not take '{}'", command.name, line_.arguments[command.arguments.size()]));
  }

  std::span<const std::string> words_;
  std::size_t at_ = 0;
  bool only_arguments_ = false;
  CommandLine line_;
};

}  // namespace

Result<CommandLine> parse_command_line(std::span<const std::string> words) { return Parser(words).parse(); }

Result<void> check_value(const Option& option, std::string_view value, std::string_view origin) {
  const auto wrong = [&](const std::string& what) {
    return invalid_request(fmt::format("{}: {}", origin == "flag" ? fmt::format("--{}", option.name) : origin, what));
  };
  switch (option.takes) {
    case Takes::nothing:
      if (value == "on" || value == "true" || value == "1" || value == "off" || value == "false" || value == "0" ||
          value.empty())
        return {};
      return wrong(fmt::format("'{}' is neither true nor false", value));
    case Takes::word: {
      if (std::find(option.words.begin(), option.words.end(), value) != option.words.end()) return {};
      return wrong(fmt::format("'{}' is not one of {}{}", value, joined(option.words, ", "), meant(value, option.words)));
    }
    case Takes::number: {
      const auto number = parse_number(value);
      if (number && *number >= option.least && *number <= option.most) return {};
      const std::string range = option.most == UINT64_MAX
                                    ? fmt::format("from {}", option.least)
                                    : fmt::format("from {} to {}", grouped(option.least), grouped(option.most));
      return wrong(fmt::format("'{}' is not a whole number {}", value, range));
    }
    case Takes::bytes: {
      const auto bytes = parse_bytes(value);
      if (!bytes) return wrong(fmt::format("'{}' is not a size, such as 512M or 2G", value));
      if (*bytes < option.least)
        return wrong(fmt::format("'{}' is too small: at least {} bytes", value, grouped(option.least)));
      return {};
    }
    case Takes::text:
    case Takes::file:
    case Takes::folder:
      if (value.empty()) return wrong("the value is empty");
      return {};
  }
  return {};
}

bool Invocation::on(std::string_view option) const {
  const std::string value = text(option);
  return value == "on" || value == "true" || value == "1";
}

std::optional<std::string> Invocation::given(std::string_view option) const {
  const Setting& found = setting(option);
  return found.values.empty() ? std::nullopt : std::optional(found.values.back());
}

std::string Invocation::text(std::string_view option) const { return given(option).value_or(""); }

const std::vector<std::string>& Invocation::all(std::string_view option) const { return setting(option).values; }

std::uint64_t Invocation::number(std::string_view option) const { return parse_bytes(text(option)).value_or(0); }

const Setting& Invocation::setting(std::string_view option) const {
  static const Setting none;
  const auto found = settings_.find(option);
  return found == settings_.end() ? none : found->second;
}

}  // namespace chartline::cli
