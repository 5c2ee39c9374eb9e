// Every question and every case that the language can say compiles.
#include <gtest/gtest.h>

#include <filesystem>

#include "query/resolve.h"
#include "tests/suites/ehrql_case.h"
#include "tests/suites/json_lines.h"
#include "tests/suites/questions.h"

namespace chartline::suites {
namespace {

void expect_compiles(const std::string& text) {
  query::Complaints complaints;
  query::compile(text,
                 {.systems = {"meds"}, .code_lists = {}, .any_code_list = false, .cohorts = {}, .assumes_today = false},
                 complaints);
  EXPECT_TRUE(complaints.empty()) << query::render(std::move(complaints).sorted(), text) << text;
}

TEST(Compile, TemporalQuestions) {
  const std::string folder = "../shared/data/temporal-questions/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "skipped: ../shared/data is absent";
  int questions = 0;
  for (const char* file : {"synthea.jsonl", "mimic.jsonl"}) {
    for_each_line(folder + file, [&](simdjson::dom::element line) {
      const auto text = question_text(question_of(line), {});
      ASSERT_TRUE(text.has_value()) << "a kind without a text";
      expect_compiles(*text);
      ++questions;
    });
  }
  EXPECT_EQ(questions, 300);
}

TEST(Compile, SpecCases) {
  const std::string file = "../shared/data/ehrql-cases/spec.jsonl";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "skipped: ../shared/data is absent";
  int cases = 0;
  for_each_line(file, [&](simdjson::dom::element line) {
    SCOPED_TRACE(std::string(std::string_view(line["id"])));
    const Result<std::string> text = text_of(line["query"]);
    ASSERT_TRUE(text.has_value()) << text.error().message;
    expect_compiles(*text);
    ++cases;
  });
  EXPECT_EQ(cases, 100);
}

}  // namespace
}  // namespace chartline::suites
