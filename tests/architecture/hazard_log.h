// The hazard log of docs/clinical-safety, read for whether each hazard has controls, and each control tests that there are.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chartline::architecture {

// A row of a hazard's table: what controls it, and what is said to show that.
struct Control {
  std::string what;
  std::vector<std::string> shown_by;  // the words in backquotes of the last column
};
struct Hazard {
  std::string id;  // "H1"
  std::string name;
  std::vector<Control> controls;
};

std::vector<Hazard> hazards_in(std::string_view text);

// Whether there is such a test: FOLDER.SUITE.TEST, defined in a source of tests/FOLDER; or a path of the project.
bool is_a_test(std::string_view name, const std::filesystem::path& root);

// What is wrong, one sentence each.
std::vector<std::string> complaints(const std::vector<Hazard>& hazards, const std::filesystem::path& root);

}  // namespace chartline::architecture
