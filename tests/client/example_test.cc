// The example of docs/server.md: it is the file that stands beside it, and prints what the page says.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "clients/cpp/examples/first_steps.cc"
#include "tests/server/served_store.h"

namespace chartline::client {
namespace {

std::string text_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What stands in the first block of this kind behind `from`.
std::string block(const std::string& page, const std::string& opening, std::size_t from) {
  const std::size_t begin = page.find(opening + "\n", from) + opening.size() + 1;
  return page.substr(begin, page.find("```", begin) - begin);
}

TEST(Example, PrintsWhatThePageSays) {
  const std::string page = text_of("docs/server.md");
  const std::size_t section = page.find("## The client library");
  ASSERT_NE(section, std::string::npos);
  EXPECT_EQ(block(page, "```cpp", section), text_of("clients/cpp/examples/first_steps.cc"));

  const server::ServedStore served;
  testing::internal::CaptureStdout();
  const Result<void> done = first_steps(served.address());
  const std::string printed = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(printed, block(page, "```", page.find("It prints", section)));
}

}  // namespace
}  // namespace chartline::client
