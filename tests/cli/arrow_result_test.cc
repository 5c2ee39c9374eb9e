// What is written as Arrow is read back by Apache Arrow's own library. `./dev test` installs it beside read.mjs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "cli/result_writer.h"
#include "tests/cli/scratch.h"

namespace chartline::cli {
namespace {

using query::Batch;
using query::ColumnForm;
using query::Missing;
using query::Schema;

Schema schema_of_everything() {
  return {"list",
          "list old select ...",
          {{"sure", ColumnForm::truth},
           {"tests", ColumnForm::integer},
           {"hba1c", ColumnForm::number, "mmol/mol"},
           {"diagnosed", ColumnForm::time},
           {"name", ColumnForm::text},
           {"value", ColumnForm::any}}};
}

Batch batch_of_everything() {
  return {{{true, Missing{}, false},
           {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(), Missing{}},
           {48.5, std::int64_t{51}, Missing{}},
           {*record::parse_time("2019-03"), *record::parse_time("2020-02-29T10:00:00.5+01:00"), Missing{}},
           {std::string("Zoë"), Missing{}, std::string("a\xFF")},
           {std::string("Former smoker"), 0.1, true}}};
}

std::string written(const std::vector<std::pair<Schema, std::vector<Batch>>>& statements) {
  std::string out;
  const auto writer = result_writer(Form::arrow, statements.size(), {},
                                    [&](std::string_view text) { return out += text, Result<void>(); });
  for (const auto& [schema, batches] : statements) {
    EXPECT_TRUE(writer->begin(schema));
    for (const Batch& batch : batches) EXPECT_TRUE(writer->rows(batch));
    EXPECT_TRUE(writer->end());
  }
  return out;
}

class ArrowResult : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("tests/cli/arrow/node_modules/apache-arrow"))
      GTEST_SKIP() << "apache-arrow is not installed: ./dev test does it";
  }
  std::string read_back(const std::string& bytes) const {
    scratch_.write("result.arrow", bytes);
    const auto reader = std::filesystem::absolute("tests/cli/arrow/read.mjs").string();
    return scratch_.run("node '" + reader + "' result.arrow").output;
  }
  Scratch scratch_;
};

TEST_F(ArrowResult, KeepsTypesAndWhatIsMissing) {
  EXPECT_EQ(read_back(written({{schema_of_everything(), {batch_of_everything()}}})),
            R"({"statement":"list old select ...","fields":[)"
            R"({"name":"sure","type":"Bool","nullable":true,"form":"truth"},)"
            R"({"name":"tests","type":"Int64","nullable":true,"form":"integer"},)"
            R"({"name":"hba1c","type":"Float64","nullable":true,"form":"number","unit":"mmol/mol"},)"
            R"({"name":"diagnosed","type":"Utf8","nullable":true,"form":"time"},)"
            R"({"name":"name","type":"Utf8","nullable":true,"form":"text"},)"
            R"({"name":"value","type":"Utf8","nullable":true,"form":"any"}],)"
            R"("batches":[3],"rows":[)"
            R"([true,"-1",48.5,"2019-03","Zoë","Former smoker"],)"
            R"([null,"9223372036854775807",51,"2020-02-29T10:00:00.500+01:00",null,"0.1"],)"
            R"([false,null,null,null,"a)"
            "\xEF\xBF\xBD"
            R"(","true"]]})"
            "\n");
}

TEST_F(ArrowResult, StreamsBatchesOfManyRows) {
  Batch batch{{{}, {}}};
  for (std::int64_t i = 0; i < 1000; ++i) {
    batch.columns[0].push_back(i);
    batch.columns[1].push_back(i % 3 == 0 ? query::Cell(Missing{}) : query::Cell("text " + std::to_string(i)));
  }
  const Schema schema{"list", "list a", {{"n", ColumnForm::integer}, {"t", ColumnForm::text}}};
  const std::string shown = read_back(written({{schema, {batch, batch, Batch{{{}, {}}}}}}));
  EXPECT_THAT(shown, testing::HasSubstr(R"("batches":[1000,1000])"));
  EXPECT_THAT(shown, testing::HasSubstr(R"(["0",null],["1","text 1"],["2","text 2"],["3",null])"));
  EXPECT_THAT(shown, testing::EndsWith(R"(["998","text 998"],["999",null]]})"
                                       "\n"));
}

// The library shows a stream without rows as one empty batch.
TEST_F(ArrowResult, StatementsAreStreamsOneBehindTheOther) {
  const Schema first{"count", "count a", {{"patients", ColumnForm::integer}}};
  const Schema second{"list", "list b", {{"patient", ColumnForm::text}}};
  EXPECT_EQ(read_back(written({{first, {Batch{{{std::int64_t{7}}}}}}, {second, {}}})),
            R"({"statement":"count a","fields":[{"name":"patients","type":"Int64","nullable":true,"form":"integer"}],)"
            R"("batches":[1],"rows":[["7"]]})"
            "\n"
            R"({"statement":"list b","fields":[{"name":"patient","type":"Utf8","nullable":true,"form":"text"}],)"
            R"("batches":[0],"rows":[]})"
            "\n");
}

TEST(ArrowResultBytes, EveryPartStandsOnEightBytesAndTheStreamHasItsEnd) {
  const std::string bytes = written({{schema_of_everything(), {batch_of_everything()}}});
  EXPECT_EQ(bytes.size() % 8, 0u);
  EXPECT_TRUE(bytes.starts_with("\xFF\xFF\xFF\xFF"));
  EXPECT_TRUE(bytes.ends_with(std::string("\xFF\xFF\xFF\xFF\0\0\0\0", 8)));
}

TEST(ArrowResultBytes, AColumnOfMixedTypesIsRefused) {
  const auto writer = arrow_result_writer([](std::string_view) { return Result<void>(); });
  ASSERT_TRUE(writer->begin({"list", "list a", {{"n", ColumnForm::number}}}));
  EXPECT_EQ(writer->rows(Batch{{{std::string("<0.3")}}}).error().fault, Fault::unsupported);
}

}  // namespace
}  // namespace chartline::cli
