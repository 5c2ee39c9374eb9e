// Settings: what the environment and the configuration file say where no flag does.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/options.h"

namespace chartline::cli {

// A configuration file: `name = value` for each setting, TOML. Values are text, numbers or true and false.
struct ConfigurationFile {
  struct Entry {
    std::string value;
    std::uint64_t line = 0;
  };
  std::string path;
  std::map<std::string, Entry, std::less<>> entries;
};

// invalid_request, with file and line, for what is not TOML or not a setting; not_found where there is no such file.
Result<ConfigurationFile> read_configuration(const std::string& path);

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

std::string environment_name(std::string_view setting);  // "fold-delay" -> "CHARTLINE_FOLD_DELAY"

// The file that counts: the one named by --config or CHARTLINE_CONFIG, else the first that exists of ./chartline.toml,
// ~/.config/chartline/config.toml and /etc/chartline/config.toml.
Result<std::optional<ConfigurationFile>> find_configuration(const CommandLine& line, const Environment& environment);

// Every option of the command with its value, checked.
Result<Invocation> settle(CommandLine line, const Environment& environment);

}  // namespace chartline::cli
