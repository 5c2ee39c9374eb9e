#include "cli/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cstdlib>
#include <filesystem>

#include "cli/text.h"

namespace chartline::cli {
namespace {

const Option* find_setting(std::string_view name) {
  for (const Option* option : all_settings())
    if (option->setting == name) return option;
  return nullptr;
}

Error unknown_setting(const std::string& place, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option* option : all_settings()) names.push_back(option->setting);
  const auto near = nearest(name, names);
  return invalid_request(
      fmt::format("{}: there is no setting '{}'{}", place, name, near ? fmt::format("; did you mean {}?", *near) : "") +
      "\nsee: chartline config show");
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

std::string line_of(const std::string& path, std::uint64_t line) { return fmt::format("{}, line {}", path, line); }

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

// Flag, environment, file, default: the first that says something.
Setting value_of(const Option& option, const CommandLine& line, const Environment& environment,
                 const std::optional<ConfigurationFile>& file) {
  if (const auto flag = line.flags.find(option.name); flag != line.flags.end()) return {flag->second, "flag"};
  if (!option.setting.empty()) {
    const std::string variable = environment_name(option.setting);
    if (auto value = environment(variable)) return {{std::move(*value)}, "environment " + variable};
    if (file) {
      const auto entry = file->entries.find(option.setting);
      if (entry != file->entries.end())
        return {{entry->second.value}, "file " + line_of(file->path, entry->second.line)};
    }
  }
  if (!option.fallback.empty()) return {{std::string(option.fallback)}, "default"};
  return {};
}

}  // namespace

Result<ConfigurationFile> read_configuration(const std::string& path) {
  if (!exists(path)) return not_found(fmt::format("there is no configuration file {}", path));
  ConfigurationFile file{.path = path, .entries = {}};
  try {
    const toml::table table = toml::parse_file(path);
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const std::uint64_t line = node.source().begin.line;
      const std::string place = line_of(path, line);
      const Option* option = find_setting(name);
      if (option == nullptr) return unknown_setting(place, name);
      const auto value = text_of(node);
      if (!value) return invalid_request(fmt::format("{}: {} takes text, a number, or true and false", place, name));
      TRY(check_value(*option, *value, place + ": " + name));
      file.entries[name] = {*value, line};
    }
  } catch (const toml::parse_error& error) {
    return invalid_request(line_of(path, error.source().begin.line) +
                           ": this is not TOML\na line is name = value, with text in quotes: store = \"care\"");
  }
  return file;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

std::string environment_name(std::string_view setting) {
  std::string name = "CHARTLINE_";
  for (const char c : setting) name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

Result<std::optional<ConfigurationFile>> find_configuration(const CommandLine& line, const Environment& environment) {
  std::optional<std::string> named;
  if (const auto flag = line.flags.find("config"); flag != line.flags.end()) named = flag->second.back();
  else named = environment("CHARTLINE_CONFIG");
  if (named) return std::optional(TRY(read_configuration(*named)));
  std::vector<std::string> places = {"./chartline.toml"};
  if (const auto home = environment("HOME")) places.push_back(*home + "/.config/chartline/config.toml");
  places.emplace_back("/etc/chartline/config.toml");
  for (const std::string& place : places)
    if (exists(place)) return std::optional(TRY(read_configuration(place)));
  return std::optional<ConfigurationFile>();
}

Result<Invocation> settle(CommandLine line, const Environment& environment) {
  const auto file = TRY(find_configuration(line, environment));
  std::map<std::string, Setting, std::less<>> settings;
  for (const auto* options : {&line.command->options, &common_options()}) {
    for (const Option* option : *options) {
      Setting setting = value_of(*option, line, environment, file);
      for (const std::string& value : setting.values) TRY(check_value(*option, value, setting.origin));
      settings.emplace(option->name, std::move(setting));
    }
  }
  return Invocation(std::move(line), std::move(settings));
}

}  // namespace chartline::cli
