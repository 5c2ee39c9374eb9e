// ehrQL's cases, of its specification and made at random: each in a store of its own, its graph said in the language, its rows
// compared.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/integration/scratch_store.h"
#include "tests/suites/asking.h"
#include "tests/suites/ehrql_case.h"
#include "tests/suites/json_lines.h"

namespace chartline::suites {
namespace {

std::vector<Row> expected_rows(Json one_case) {
  std::vector<Row> rows;
  for (const Json row : simdjson::dom::array(one_case["expected"])) {
    if (row.is_array()) {
      rows.push_back(plain(simdjson::dom::array(row)));
    } else {
      rows.emplace_back();
      for (const auto [name, cell] : simdjson::dom::object(row)) rows.back().push_back(plain(cell));
    }
    for (Plain& cell : rows.back()) {
      if (cell == Plain("")) cell = std::string(in_place_of_empty);
    }
    Plain& patient = rows.back().front();
    patient = std::to_string(static_cast<std::int64_t>(std::get<double>(patient)));
  }
  return rows;
}

// "" or what is wrong with the answer to a case.
std::string differs(Json one_case, const std::string& text, query::Executor executor) {
  try {
    integration::ScratchStore store(integration::Where::memory);
    integration::must(load_tables(*store, one_case));
    std::vector<Row> found;
    const std::vector<query::Answer> answers = ask(*store, text, executor);
    for (const auto& row : answers.at(0).rows) found.push_back(plain(row, Times::as_text));
    return difference(found, expected_rows(one_case), 1e-5);
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST(EhrqlCases, OfTheSpecificationPass) {
  const std::string file = "../shared/data/ehrql-cases/spec.jsonl";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "skipped: ../shared/data is absent";
  int all = 0;
  for_each_line(file, [&](Json line) {
    ++all;
    const Result<std::string> text = text_of(line["query"]);
    ASSERT_TRUE(text.has_value()) << std::string_view(line["id"]) << ": " << text.error().message;
    for (const query::Executor executor : executors)
      EXPECT_EQ(differs(line, *text, executor), "") << std::string_view(line["id"]) << ", " << name(executor) << "\n"
                                                    << *text;
  });
  EXPECT_EQ(all, 100);
}

TEST(EhrqlCases, MadeAtRandomPass) {
  const std::string file = "../shared/data/ehrql-cases/generated.jsonl";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "skipped: ../shared/data is absent";
  int all = 0;
  for_each_line(file, [&](Json line) {
    ++all;
    const std::string_view id = line["id"];
    const Result<std::string> text = text_of(line["query"]);
    ASSERT_TRUE(text.has_value()) << id << ": " << text.error().message;
    for (const query::Executor executor : executors)
      EXPECT_EQ(differs(line, *text, executor), "") << id << ", " << name(executor) << "\n" << *text;
  });
  EXPECT_EQ(all, 600);
}

}  // namespace
}  // namespace chartline::suites
