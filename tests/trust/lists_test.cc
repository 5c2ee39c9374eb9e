#include "engine/trust/lists.h"

#include <gtest/gtest.h>

namespace chartline::engine {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows(std::string_view text, const std::vector<Column>& columns = {{"a"}, {"b", false}}) {
  Rows all;
  const auto read = rows_of(text, "list.csv", columns);
  EXPECT_TRUE(read) << read.error().message;
  for (const ListRow& row : *read) all.push_back(row.fields);
  return all;
}
std::string complaint(std::string_view text) {
  const auto read = rows_of(text, "list.csv", {{"a"}, {"b", false}});
  return read ? "none" : read.error().message;
}

TEST(Lists, AreReadByTheNamesOfTheirColumns) {
  EXPECT_EQ(rows("a,b\n1,2\n"), (Rows{{"1", "2"}}));
  EXPECT_EQ(rows("b,a\r\n1,2\r\n"), (Rows{{"2", "1"}}));
  EXPECT_EQ(rows("\xEF\xBB\xBF a \n 1 "), (Rows{{"1", ""}}));
  EXPECT_EQ(rows("# who\na,b\n\n1,\n# later\n,2\n"), (Rows{{"1", ""}, {"", "2"}}));
  EXPECT_EQ(rows("a,b\n\"1,5\" , \"a \"\"b\"\"\"\n\"\",x"), (Rows{{"1,5", "a \"b\""}, {"", "x"}}));
  EXPECT_EQ(rows("a\n"), Rows());
}

TEST(Lists, TellWhatIsWrongAndWhere) {
  EXPECT_EQ(complaint(""), "list.csv: the list has no line of column names");
  EXPECT_EQ(complaint("b\n1\n"), "list.csv: line 1: the column a is missing");
  EXPECT_EQ(complaint("a,c\n"), "list.csv: line 1: a column is none that this list has");
  EXPECT_EQ(complaint("a,a\n"), "list.csv: line 1: a column stands there twice");
  EXPECT_EQ(complaint("\"a\n"), "list.csv: line 1: a quote has no end");
  EXPECT_EQ(complaint("a,b\n\n1\n"), "list.csv: line 3: 1 fields, and 2 columns");
  EXPECT_EQ(complaint("a,b\n1,2,3\n"), "list.csv: line 2: 3 fields, and 2 columns");
  EXPECT_EQ(complaint("a,b\n1,\"2\n"), "list.csv: line 2: a quote has no end, or something follows it");
  EXPECT_EQ(complaint("a,b\n\"1\"x,2\n"), "list.csv: line 2: a quote has no end, or something follows it");
}

TEST(Lists, TakeDaysAndNothingElseForDates) {
  EXPECT_EQ(parse_day("1970-01-02"), 1);
  for (const char* text : {"", "1970", "1970-01", "1970-01-02T00:00:00Z", "1970-02-30", "x"})
    EXPECT_FALSE(parse_day(text)) << text;
}

}  // namespace
}  // namespace chartline::engine
