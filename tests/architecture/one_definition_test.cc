// Two types of one name in one namespace are one type to the linker: of each function that the compiler made for either, it keeps
// one. So a name is defined once. What tests define for themselves alone stands in a namespace without a name.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace chartline::architecture {
namespace {

// The types that a text defines at its margin, each with its namespace; those of a namespace without a name left out.
std::set<std::string> types_of(const std::string& text) {
  static const std::regex opens("^namespace (chartline[a-z_:]*) \\{"),
      defines("^(?:struct|class) (\\w+)(?: final)?(?: : .*)? \\{.*");
  std::set<std::string> types;
  std::string space;
  bool is_hidden = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line == "namespace {") is_hidden = true;
    if (line == "}  // namespace") is_hidden = false;
    if (std::regex_search(line, match, opens)) space = match[1];
    if (!is_hidden && !space.empty() && std::regex_match(line, match, defines))
      types.insert(space + "::" + match[1].str());
  }
  return types;
}

TEST(OneDefinition, IsFound) {
  const std::string text =
      "namespace chartline::a {\nnamespace {\nstruct Hidden {\n}  // namespace\nclass Shown final : public B {\nstruct "
      "Said;\n}\n";
  EXPECT_EQ(types_of(text), std::set<std::string>{"chartline::a::Shown"});
}

TEST(OneDefinition, OfEachTypeOfTheProgram) {
  std::map<std::string, std::string> file_of;
  for (const char* folder : {"base", "formats", "engine", "query", "server", "clients", "cli"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      std::ifstream in(entry.path());
      for (const std::string& type : types_of({std::istreambuf_iterator<char>(in), {}})) {
        const auto [known, is_new] = file_of.emplace(type, entry.path().string());
        EXPECT_TRUE(is_new) << type << " is defined in " << known->second << " and in " << entry.path().string();
      }
    }
  }
  EXPECT_GT(file_of.size(), 300U);
}

}  // namespace
}  // namespace chartline::architecture
