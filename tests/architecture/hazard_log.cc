#include "tests/architecture/hazard_log.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace chartline::architecture {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> matches(const std::string& text, const std::regex& what) {
  std::vector<std::string> all;
  for (std::sregex_iterator at(text.begin(), text.end(), what), end; at != end; ++at) all.push_back((*at)[1]);
  return all;
}

}  // namespace

std::vector<Hazard> hazards_in(std::string_view text) {
  static const std::regex heading(R"(## (H\d+) (.+))"), row(R"(\| (.+?) \|(.*)\|\s*)"), word("`([^`]+)`");
  std::vector<Hazard> hazards;
  std::istringstream in{std::string(text)};
  std::smatch found;
  for (std::string line; std::getline(in, line);) {
    if (std::regex_match(line, found, heading)) {
      hazards.push_back({found[1], found[2], {}});
    } else if (!hazards.empty() && std::regex_match(line, found, row) && found[1] != "control") {
      hazards.back().controls.push_back({found[1], matches(found[2], word)});
    }
  }
  return hazards;
}

bool is_a_test(std::string_view name, const fs::path& root) {
  static const std::regex test(R"(([a-z_]+)\.(\w+)\.(\w+))");
  std::cmatch found;
  if (!std::regex_match(name.begin(), name.end(), found, test))
    return name.starts_with("tests/") && fs::is_regular_file(root / name);
  const fs::path folder = root / "tests" / found[1].str();
  if (!fs::is_directory(folder)) return false;
  const std::regex definition(R"(TEST(_F|_P)?\(\s*)" + found[2].str() + R"(,\s*)" + found[3].str() + R"(\s*\))");
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".cc") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (std::regex_search(text, definition)) return true;
  }
  return false;
}

std::vector<std::string> complaints(const std::vector<Hazard>& hazards, const fs::path& root) {
  std::vector<std::string> all;
  for (const Hazard& hazard : hazards) {
    if (hazard.controls.empty()) all.push_back(hazard.id + " has no control");
    for (const Control& control : hazard.controls) {
      if (control.shown_by.empty()) all.push_back(hazard.id + ": nothing shows '" + control.what + "'");
      for (const std::string& name : control.shown_by)
        if (!is_a_test(name, root)) all.push_back(hazard.id + ": there is no test " + name);
    }
  }
  return all;
}

}  // namespace chartline::architecture
