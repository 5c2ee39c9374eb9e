// Runs every page of tests/cli/pages, and the console blocks of README.md. CHARTLINE_REWRITE=1 writes them anew from
// what the program prints now.
#include "tests/cli/console_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/cli/scratch.h"

namespace chartline::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// Folders of a run have another name each time.
std::string without(std::string text, const std::string& folder) {
  for (std::size_t at; (at = text.find(folder)) != std::string::npos;) text.replace(at, folder.size(), "<folder>");
  return text;
}

// Runs the steps one after the other in one folder; gives them back with what was printed.
std::vector<ConsoleStep> run(std::vector<ConsoleStep> steps, bool judge, const std::string& environment = "") {
  const Scratch scratch(environment);
  Naming naming;
  for (ConsoleStep& step : steps) {
    const Scratch::Outcome outcome = scratch.run(step.command);
    const auto actual = naming.lines_of(without(outcome.output, scratch.folder().string()), outcome.code);
    if (matches(step.output, actual)) continue;
    if (judge) {
      EXPECT_EQ(joined_lines(step.output), joined_lines(actual)) << "$ " << step.command;
    }
    step.output = actual;
  }
  return steps;
}

bool rewriting() { return std::getenv("CHARTLINE_REWRITE") != nullptr; }

std::vector<std::string> page_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("tests/cli/pages", error))
    if (entry.path().extension() == ".test") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Page : public testing::TestWithParam<std::string> {};

TEST_P(Page, PrintsWhatItSays) {
  const fs::path path = "tests/cli/pages/" + GetParam() + ".test";
  const auto steps = parse_page(text_of(path));
  ASSERT_FALSE(steps.empty()) << path;
  const auto told = run(steps, !rewriting());
  if (rewriting()) std::ofstream(path, std::ios::binary) << print_page(told);
}

INSTANTIATE_TEST_SUITE_P(Cli, Page, testing::ValuesIn(page_names()), [](const auto& page) { return page.param; });

TEST(Readme, EveryCommandOfTheTourRuns) {
  const std::string text = text_of("README.md");
  const auto steps = parse_page(console_blocks(text));
  ASSERT_GE(steps.size(), 8u);
  const auto told = run(steps, !rewriting(), "COLUMNS=116");
  if (rewriting()) std::ofstream("README.md", std::ios::binary) << with_console_blocks(text, told);
}

TEST(ConsolePage, IsReadAndPrintedAlike) {
  const std::string text = "# words\n$ true\nout\n[1]\n\n$ false\n";
  const auto steps = parse_page(text);
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].command, "true");
  EXPECT_THAT(steps[0].words, ElementsAre("# words"));
  EXPECT_THAT(steps[0].output, ElementsAre("out", "[1]"));
  EXPECT_EQ(print_page(steps), text);
}

TEST(ConsolePage, BlocksOfMarkdownArePutBackInTheirPlaces) {
  const std::string text = "words\n```console\n$ a\n1\n$ b\n```\n```\n$ c\n```\nmore\n```console\n$ d\n```\n";
  auto steps = parse_page(console_blocks(text));
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(with_console_blocks(text, steps), text);
  steps[2].output = {"4"};
  EXPECT_EQ(with_console_blocks(text, steps), text.substr(0, text.size() - 4) + "4\n```\n");
}

TEST(ConsolePage, DotsStandForAnyLines) {
  EXPECT_TRUE(matches({"a", "...", "d"}, {"a", "b", "c", "d"}));
  EXPECT_TRUE(matches({"a", "..."}, {"a"}));
  EXPECT_FALSE(matches({"a", "...", "d"}, {"a", "b", "c"}));
  EXPECT_FALSE(matches({"a"}, {"a", "b"}));
}

TEST(ConsolePage, NamesWhatDiffersFromRunToRun) {
  Naming naming;
  const std::string one(32, 'a'), other(32, 'b');
  EXPECT_THAT(naming.lines_of(one + "\n" + other + " " + one + "\n", 3),
              ElementsAre("<hash 1>", "<hash 2> <hash 1>", "[3]"));
  EXPECT_THAT(naming.lines_of("at 2026-11-23T00:45:22.014961Z\n", 0), ElementsAre("at <time>"));
}

}  // namespace
}  // namespace chartline::cli
