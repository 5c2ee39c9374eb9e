// The include map: which folder of the project includes which, found by reading the sources, and the arrows that are
// allowed. Folders are named by their path: "base", "formats/record", "engine".
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chartline::architecture {

// One #include line. Paths are relative to the project's root, with '/'.
struct Include {
  std::string file;
  int line;
  std::string target;  // between the quotes or angle brackets
  enum class Form { quoted, angled } form;
};

// The includes of one source text, in order. Only lines that start with the directive count, as in this project's style.
std::vector<Include> includes_in(std::string_view file, std::string_view text);

// The includes of every .h and .cc under the root; build folders, hidden folders and node_modules are left out.
std::vector<Include> includes_under(const std::filesystem::path& root);

// The folder that a path of the project belongs to, "" if none.
std::string_view folder_of(std::string_view path);

// What is wrong, one sentence each, beginning with FILE:LINE; empty when every include follows the rules.
std::vector<std::string> complaints(const std::vector<Include>& includes);

// A source whose own header stands beside it includes that header first, so that the header proves it stands alone.
std::vector<std::string> complaints_about_order(const std::vector<Include>& includes, const std::filesystem::path& root);

// One line per folder that includes others, lower folders first: "formats/stored -> base, formats/record". Tests and
// benchmarks, which may include anything, are left out.
std::string draw(const std::vector<Include>& includes);

}  // namespace chartline::architecture
