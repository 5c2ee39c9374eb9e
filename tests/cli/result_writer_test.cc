#include "cli/result_writer.h"

#include <gtest/gtest.h>

namespace chartline::cli {
namespace {

using query::Batch;
using query::ColumnForm;
using query::Missing;
using query::Schema;

const Schema counted{"count", "count old by sex", {{"sex", ColumnForm::text}, {"patients", ColumnForm::integer}}};
const Batch counts{{{std::string("female"), Missing{}}, {std::int64_t{7}, std::int64_t{12}}}};

const Schema listed{"list",
                    "list old select ...",
                    {{"name", ColumnForm::text},
                     {"hba1c", ColumnForm::number, "mmol/mol"},
                     {"sure", ColumnForm::truth},
                     {"diagnosed", ColumnForm::time},
                     {"value", ColumnForm::any}}};
const Batch list{{{std::string("Moss, \"Ada\""), std::string("Zoë | 李")},
                  {53.00546448087432, 0.000123456},
                  {true, Missing{}},
                  {*record::parse_time("2019-03"), *record::parse_time("2020-02-29T10:00:00Z")},
                  {std::string(""), 1e300}}};

using Statements = std::vector<std::pair<Schema, Batch>>;

std::string written(Form form, const Statements& statements, const Look& look = {.utf8 = true}) {
  std::string out;
  const auto writer =
      result_writer(form, statements.size(), look, [&](std::string_view text) { return out += text, Result<void>(); });
  for (const auto& [schema, batch] : statements) {
    EXPECT_TRUE(writer->begin(schema));
    EXPECT_TRUE(writer->rows(batch));
    EXPECT_TRUE(writer->end());
  }
  return out;
}

TEST(ResultWriter, ATableRoundsAndAlignsByCharacters) {
  EXPECT_EQ(written(Form::table, {{listed, list}}),
            "name         hba1c (mmol/mol)  sure  diagnosed             value\n"
            "Moss, \"Ada\"        53.0055     true  2019-03\n"
            "Zoë | 李            0.0001235        2020-02-29T10:00:00Z  1e+300\n");
}

TEST(ResultWriter, HeadersOfNumbersStandRight) {
  EXPECT_EQ(written(Form::table, {{counted, counts}}),
            "sex     patients\n"
            "female         7\n"
            "              12\n");
}

TEST(ResultWriter, TablesOfSeveralStatementsStandUnderThem) {
  EXPECT_EQ(written(Form::table, {{counted, counts}, {counted, counts}}),
            "count old by sex\n"
            "sex     patients\n"
            "female         7\n"
            "              12\n"
            "\n"
            "count old by sex\n"
            "sex     patients\n"
            "female         7\n"
            "              12\n");
}

TEST(ResultWriter, LongCellsAreCutOnATerminalOnly) {
  const Schema schema{"why", "why ...", {{"clause", ColumnForm::text}}};
  const Batch batch{{{std::string(100, 'x')}}};
  EXPECT_EQ(written(Form::table, {{schema, batch}}), "clause\n" + std::string(100, 'x') + "\n");
  EXPECT_EQ(written(Form::table, {{schema, batch}}, {.terminal = true, .utf8 = true}),
            "clause\n" + std::string(59, 'x') + "…\n");
}

TEST(ResultWriter, CsvGivesEveryDigit) {
  EXPECT_EQ(written(Form::csv, {{listed, list}, {counted, counts}}),
            "name,hba1c,sure,diagnosed,value\n"
            "\"Moss, \"\"Ada\"\"\",53.00546448087432,true,2019-03,\n"
            "Zoë | 李,0.000123456,,2020-02-29T10:00:00Z,1e+300\n"
            "\n"
            "sex,patients\n"
            "female,7\n"
            ",12\n");
}

TEST(ResultWriter, JsonIsOneDocument) {
  EXPECT_EQ(written(Form::json, {{counted, counts}}),
            "[\n{\"sex\":\"female\",\"patients\":7},\n{\"sex\":null,\"patients\":12}\n]\n");
  EXPECT_EQ(written(Form::json, {{counted, counts}, {listed, Batch{{{}, {}, {}, {}, {}}}}}),
            "[\n{\"statement\":\"count old by sex\",\"rows\":[\n{\"sex\":\"female\",\"patients\":7},\n"
            "{\"sex\":null,\"patients\":12}\n]\n},\n"
            "{\"statement\":\"list old select ...\",\"rows\":[]\n}\n]\n");
}

TEST(ResultWriter, NdjsonNumbersStatements) {
  EXPECT_EQ(written(Form::ndjson, {{listed, list}}),
            "{\"name\":\"Moss, "
            "\\\"Ada\\\"\",\"hba1c\":53.00546448087432,\"sure\":true,\"diagnosed\":\"2019-03\",\"value\":\"\"}\n"
            "{\"name\":\"Zoë | "
            "李\",\"hba1c\":0.000123456,\"sure\":null,\"diagnosed\":\"2020-02-29T10:00:00Z\",\"value\":1e+300}\n");
  EXPECT_EQ(written(Form::ndjson, {{counted, counts}, {counted, {}}, {counted, counts}}),
            "{\"statement\":1,\"sex\":\"female\",\"patients\":7}\n{\"statement\":1,\"sex\":null,\"patients\":12}\n"
            "{\"statement\":3,\"sex\":\"female\",\"patients\":7}\n{\"statement\":3,\"sex\":null,\"patients\":12}\n");
}

TEST(ResultWriter, Markdown) {
  EXPECT_EQ(written(Form::markdown, {{listed, list}, {counted, counts}}),
            "### `list old select ...`\n\n"
            "| name | hba1c (mmol/mol) | sure | diagnosed | value |\n"
            "|---|---|---|---|---|\n"
            "| Moss, \"Ada\" | 53.0055 | true | 2019-03 | |\n"
            "| Zoë \\| 李 | 0.0001235 | | 2020-02-29T10:00:00Z | 1e+300 |\n"
            "\n### `count old by sex`\n\n"
            "| sex | patients |\n"
            "|---|---|\n"
            "| female | 7 |\n"
            "| | 12 |\n");
}

TEST(ResultWriter, AnErrorOfTheSinkComesBack) {
  for (const Form form : {Form::table, Form::csv, Form::json, Form::ndjson, Form::markdown, Form::arrow}) {
    const auto writer = result_writer(form, 1, {}, [](std::string_view) { return Result<void>(unavailable("full")); });
    Result<void> done = writer->begin(counted);
    if (done) done = writer->rows(counts);
    if (done) done = writer->end();
    EXPECT_EQ(done.error().fault, Fault::unavailable);
  }
}

}  // namespace
}  // namespace chartline::cli
