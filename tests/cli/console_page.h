// A console page: commands, and what they print, as a person would see it.
//
//   # words for the reader, up to the next command
//   $ chartline hash --store care
//   <hash 1>
//   $ chartline timeline --store care nobody
//   chartline timeline: no patient of the store has this identifier
//   [1]                                               an exit code other than 0
//   ...                                               any number of lines
//
// What differs from run to run is named: <folder>, <time>, <backup>, and <hash N>, the same N for the same hash.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace chartline::cli {

struct ConsoleStep {
  std::vector<std::string> words;  // lines before the command, as they stand
  std::string command;
  std::vector<std::string> output;  // expected
};
std::vector<ConsoleStep> parse_page(const std::string& text);
std::string print_page(const std::vector<ConsoleStep>& steps);

// The contents of all ```console blocks of a Markdown text; and the text with these steps in their places.
std::string console_blocks(const std::string& markdown);
std::string with_console_blocks(const std::string& markdown, const std::vector<ConsoleStep>& steps);

class Naming {
 public:
  std::vector<std::string> lines_of(const std::string& output, int code);

 private:
  std::map<std::string, std::string> hashes_;
};

bool matches(const std::vector<std::string>& expected, const std::vector<std::string>& actual);

}  // namespace chartline::cli
