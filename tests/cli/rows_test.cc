#include "cli/rows.h"

#include <gtest/gtest.h>

namespace chartline::cli {
namespace {

const std::vector<Row> sample = {
    {text_cell("Ada, \"the\" first"), number_cell(std::uint64_t{7}), truth_cell(true),
     nested_cell("a;b", "[\"a\",\"b\"]")},
    {text_cell("pipe | line\nbreak"), number_cell("-12.5"), Cell{}, Cell{}},
};

std::string written(Form form, const std::vector<Row>& rows = sample, Look look = {.utf8 = true}) {
  std::string out;
  const auto writer = row_writer(form, {"name", "value", "sure", "list"}, look,
                                 [&](std::string_view text) { return out += text, Result<void>(); });
  for (const Row& row : rows) EXPECT_TRUE(writer->row(row));
  EXPECT_TRUE(writer->end());
  return out;
}

TEST(Rows, AsCsv) {
  EXPECT_EQ(written(Form::csv),
            "name,value,sure,list\n"
            "\"Ada, \"\"the\"\" first\",7,true,a;b\n"
            "\"pipe | line\nbreak\",-12.5,,\n");
}

TEST(Rows, AsNdjsonAndJson) {
  EXPECT_EQ(written(Form::ndjson),
            "{\"name\":\"Ada, \\\"the\\\" first\",\"value\":7,\"sure\":true,\"list\":[\"a\",\"b\"]}\n"
            "{\"name\":\"pipe | line\\u000abreak\",\"value\":-12.5,\"sure\":null,\"list\":null}\n");
  EXPECT_EQ(written(Form::json, {sample[1]}),
            "[\n{\"name\":\"pipe | line\\u000abreak\",\"value\":-12.5,\"sure\":null,\"list\":null}\n]\n");
}

TEST(Rows, AsMarkdown) {
  EXPECT_EQ(written(Form::markdown, {sample[1]}),
            "| name | value | sure | list |\n"
            "|---|---|---|---|\n"
            "| pipe \\| line break | -12.5 | | |\n");
}

TEST(Rows, AsTableNumbersStandRight) {
  EXPECT_EQ(written(Form::table),
            "name               value  sure  list\n"
            "Ada, \"the\" first     7    true  a;b\n"
            "pipe | line break  -12.5\n");
}

TEST(Rows, NoneAtAll) {
  EXPECT_EQ(written(Form::csv, {}), "name,value,sure,list\n");
  EXPECT_EQ(written(Form::json, {}), "[]\n");
  EXPECT_EQ(written(Form::ndjson, {}), "");
  EXPECT_EQ(written(Form::table, {}), "name  value  sure  list\n");
}

TEST(Rows, ATableOfManyRowsNeverNarrows) {
  std::vector<Row> rows(1200, {text_cell("n"), number_cell(std::uint64_t{1}), Cell{}, Cell{}});
  rows[0][0] = text_cell("a long name");
  rows[600][0] = text_cell("a longer name still");
  const std::string out = written(Form::table, rows);
  const std::string last = out.substr(out.rfind('\n', out.size() - 2) + 1);
  EXPECT_EQ(last, "n                        1\n");
}

TEST(Rows, AnErrorOfTheSinkComesBack) {
  const auto writer =
      row_writer(Form::ndjson, {"a"}, {}, [](std::string_view) { return Result<void>(unavailable("full")); });
  EXPECT_FALSE(writer->row({text_cell("x")}));
}

TEST(Form, KnowsItsWords) {
  EXPECT_EQ(*form_of("", Form::ndjson), Form::ndjson);
  EXPECT_EQ(*form_of("markdown", Form::table), Form::markdown);
  EXPECT_EQ(form_of("arrow", Form::table).error().fault, Fault::unsupported);
  EXPECT_EQ(*form_of("arrow", Form::table, Typed::yes), Form::arrow);
  EXPECT_EQ(form_of("xml", Form::table).error().fault, Fault::invalid_request);
}

TEST(JsonText, IsAlwaysUtf8) { EXPECT_EQ(json_text("a\xFF\n\"\x01"), "\"a\\ufffd\\u000a\\\"\\u0001\""); }

}  // namespace
}  // namespace chartline::cli
