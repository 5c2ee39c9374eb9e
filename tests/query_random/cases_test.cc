// Cases that random testing found, and that were settled by the page of the language: each a file cases/NAME.test with steps
// that tell a store, questions, and the answer. Both executors give it, on one shard and on eight. With CHARTLINE_REWRITE=1 the
// answers are written again, to be read before they are kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/query_random/answer.h"
#include "tests/query_random/script.h"

namespace chartline::query::random {
namespace {

struct Case {
  std::string title, steps, text, answer;
};

std::vector<Case> read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Case> cases;
  int part = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back({.title = line.substr(4), .steps = "", .text = "", .answer = ""});
      part = 0;
    } else if (line == "----") {
      ++part;
    } else if (!cases.empty()) {
      Case& one = cases.back();
      (part == 0 ? one.steps : part == 1 ? one.text : one.answer) += line + "\n";
    }
  }
  // Blank lines between cases belong to the page.
  for (Case& one : cases)
    while (one.answer.ends_with("\n\n")) one.answer.pop_back();
  return cases;
}

std::string answered(const Script& script, std::uint32_t shards, const std::string& text, Executor executor) {
  Replay replay(script, shards);
  replay.play();
  return print(ask(replay.store(), text, executor));
}

TEST(Cases, AreSettled) {
  std::vector<std::filesystem::path> pages;
  for (const auto& entry : std::filesystem::directory_iterator("tests/query_random/cases"))
    pages.push_back(entry.path());
  std::ranges::sort(pages);
  ASSERT_FALSE(pages.empty());
  for (const auto& path : pages) {
    std::ostringstream page;
    for (const Case& one : read(path)) {
      SCOPED_TRACE(path.filename().string() + ": " + one.title);
      std::string complaint;
      const auto script = parse_script(one.steps, complaint);
      ASSERT_TRUE(script) << complaint;
      const std::string first = answered(*script, 1, one.text, Executor::reference);
      page << "=== " << one.title << "\n" << one.steps << "----\n" << one.text << "----\n" << first << "\n";
      if (std::getenv("CHARTLINE_REWRITE")) continue;
      EXPECT_EQ(first, one.answer);
      EXPECT_EQ(answered(*script, 8, one.text, Executor::reference), one.answer);
      EXPECT_EQ(answered(*script, 1, one.text, Executor::vectorised), one.answer);
      EXPECT_EQ(answered(*script, 8, one.text, Executor::vectorised), one.answer);
    }
    if (std::getenv("CHARTLINE_REWRITE")) std::ofstream(path) << page.str();
  }
}

}  // namespace
}  // namespace chartline::query::random
