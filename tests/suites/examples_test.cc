// Definitions in use, on made-up patients named after the edge that they sit on: docs/examples/NAME.query asked of NAME.csv gives
// NAME.expected, which CHARTLINE_REWRITE=1 writes again, to be read before it is kept.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"
#include "tests/suites/asking.h"

namespace chartline::suites {
namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string print(const std::vector<query::Answer>& answers) {
  std::string out;
  for (const query::Answer& answer : answers) {
    out += "=== " + answer.schema.statement + "\n";
    for (const query::ResultColumn& column : answer.schema.columns)
      out += (&column == &answer.schema.columns.front() ? "" : " | ") + column.name;
    out += "\n";
    for (const auto& row : answer.rows) {
      std::string line;
      for (const query::Cell& cell : row)
        line += (line.empty() ? "" : " | ") + (query::is_missing(cell) ? "-" : query::print(cell));
      out += line + "\n";
    }
    out += "\n";
  }
  return out;
}

class Examples : public testing::TestWithParam<std::string> {};

TEST_P(Examples, GiveWhatIsExpected) {
  const std::string path = "docs/examples/" + GetParam();
  integration::ScratchStore store(integration::Where::memory);
  const integration::Imported imported = integration::import_into(*store, exchange::Format::events, {path + ".csv"});
  ASSERT_EQ(imported.stored.rejected, 0u);
  const std::string expected = text_of_file(path + ".expected");
  for (const query::Executor executor : executors) {
    const std::string given = print(ask(*store, text_of_file(path + ".query"), executor));
    if (std::getenv("CHARTLINE_REWRITE")) std::ofstream(path + ".expected") << given;
    else EXPECT_EQ(given, expected) << name(executor);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Examples, testing::Values("qof-dm020", "ohdsi-1032", "cms122"), [](const auto& with) {
  std::string name = with.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace chartline::suites
