#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "query/resolve.h"

namespace chartline::query {
namespace {

// Every example of the reference compiles.
TEST(Docs, ExamplesCompile) {
  std::ifstream in("docs/query-language.md");
  const std::string page((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  constexpr std::string_view open = "```query\n", close = "```";
  int examples = 0;
  for (std::size_t at = page.find(open); at != page.npos; at = page.find(open, at)) {
    at += open.size();
    const std::string text = page.substr(at, page.find(close, at) - at);
    const Known known{
        .systems = {}, .code_lists = {}, .any_code_list = true, .cohorts = {}, .cohort_indexes = {}, .assumes_today = false};
    Complaints complaints;
    compile(text, known, complaints);
    EXPECT_TRUE(complaints.empty()) << render(std::move(complaints).sorted(), text);
    ++examples;
  }
  EXPECT_GE(examples, 6);
}

}  // namespace
}  // namespace chartline::query
