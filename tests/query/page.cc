#include "tests/query/page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

namespace chartline::query {
namespace {

struct Case {
  std::string title, query, expected;
};

std::vector<Case> read(std::istream& in) {
  std::vector<Case> cases;
  bool in_query = true;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), "", ""});
      in_query = true;
    } else if (line == "----") {
      in_query = false;
    } else if (!cases.empty()) {
      (in_query ? cases.back().query : cases.back().expected) += line + "\n";
    }
  }
  return cases;
}

std::string ended(std::string text) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

// Blank lines between cases belong to the page, not to the answer.
std::string trimmed(std::string text) {
  while (text.ends_with("\n\n")) text.pop_back();
  return text == "\n" ? "" : text;
}

}  // namespace

void run_page(std::string_view name, const std::function<std::string(std::string_view)>& answer) {
  const std::string path = "tests/query/" + std::string(name) + ".test";
  std::ifstream in(path);
  ASSERT_TRUE(in) << path << " cannot be read";
  const std::vector<Case> cases = read(in);
  ASSERT_FALSE(cases.empty()) << path << " holds no case";
  const char* rewrite = std::getenv("CHARTLINE_REWRITE");
  std::ostringstream page;
  for (const Case& one : cases) {
    const std::string given = trimmed(ended(answer(one.query)));
    page << "=== " << one.title << "\n" << one.query << "----\n" << given << "\n";
    if (rewrite) continue;
    EXPECT_EQ(given, trimmed(one.expected)) << path << ": " << one.title << "\n" << one.query;
  }
  if (rewrite) std::ofstream(path) << page.str();
}

}  // namespace chartline::query
