// What the table of commands says, as help, man page and shell completion. Pure functions.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/console.h"

namespace chartline::cli {

inline constexpr const char* program_version = CHARTLINE_VERSION;

std::string overview(const Look& look);                         // every command, by purpose
std::string help_of(const Command& command, const Look& look);  // leads with examples
std::string man_page();                                         // roff, section 1

enum class Shell : std::uint8_t { bash, zsh, fish };
std::string completion(Shell shell);

std::string usage_line(const Command& command);

}  // namespace chartline::cli
