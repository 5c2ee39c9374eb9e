#include "formats/exchange/csv.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "formats/exchange/csv_parts.h"
#include "tests/exchange/chopped_input.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {
namespace {

struct Row {
  std::uint64_t line;
  std::vector<std::string> fields;
  RowFault fault = RowFault::none;
  friend bool operator==(const Row&, const Row&) = default;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.line << ":";
  for (const auto& field : row.fields) *out << " [" << field << "]";
  *out << " " << rule(row.fault);
}

Row row_of(const Csv& csv) { return {csv.line(), {csv.fields().begin(), csv.fields().end()}, csv.fault()}; }

std::vector<Row> rows_of(Csv& csv) {
  std::vector<Row> rows;
  for (;;) {
    const auto more = csv.next();
    EXPECT_TRUE(more) << more.error().message;
    if (!more || !*more) return rows;
    rows.push_back(row_of(csv));
  }
}

std::vector<Row> rows_of(const std::string& text, std::size_t piece = 1 << 20) {
  ChoppedInput input(text, piece);
  auto csv = Csv::open(input);
  EXPECT_TRUE(csv) << csv.error().message;
  return csv ? rows_of(*csv) : std::vector<Row>{};
}

using Rows = std::vector<Row>;

TEST(Csv, ReadsPlainRowsByTheNamesInTheHeader) {
  MemoryInput input("a.csv", "Patient,Time\n1,2024\n2,\n");
  auto csv = Csv::open(input);
  ASSERT_TRUE(csv);
  EXPECT_EQ(csv->header(), (std::vector<std::string>{"Patient", "Time"}));
  EXPECT_EQ(csv->column("patient"), 0u);
  EXPECT_EQ(csv->column("TIME"), 1u);
  EXPECT_EQ(csv->column("code"), std::nullopt);
  EXPECT_EQ(rows_of(*csv), (Rows{{2, {"1", "2024"}}, {3, {"2", ""}}}));
}

TEST(Csv, ReadsWhateverTheLineEnds) {
  EXPECT_EQ(rows_of("a,b\r\n1,2\r\n3,4\n5,6"), (Rows{{2, {"1", "2"}}, {3, {"3", "4"}}, {4, {"5", "6"}}}));
  EXPECT_EQ(rows_of("a,b\n\"1\",\"2\"\r\n\"3\",\"4\""), (Rows{{2, {"1", "2"}}, {3, {"3", "4"}}}));
}

TEST(Csv, DropsAByteOrderMarkAndBlankLines) {
  EXPECT_EQ(rows_of("\xef\xbb\xbf"
                    "a,b\n\n1,2\n\r\n\n3,4\n\n"),
            (Rows{{3, {"1", "2"}}, {6, {"3", "4"}}}));
  EXPECT_EQ(rows_of("\xef\xbb\xbf"
                    "\"a\",b\n1,2\n",
                    1),
            (Rows{{2, {"1", "2"}}}));
}

TEST(Csv, TakesABlankLineForARowWhereThereIsOneColumn) {
  EXPECT_EQ(rows_of("a\n\nx\n"), (Rows{{2, {""}}, {3, {"x"}}}));
}

TEST(Csv, UndoesQuotes) {
  EXPECT_EQ(rows_of("a,b\n\"x,y\",\"say \"\"so\"\"\"\n\"\",\"\"\"\"\n"),
            (Rows{{2, {"x,y", "say \"so\""}}, {3, {"", "\""}}}));
}

TEST(Csv, CountsLinesWithinQuotes) {
  EXPECT_EQ(rows_of("a,b\n\"x\ny\r\nz\",1\n2,3\n"), (Rows{{2, {"x\ny\r\nz", "1"}}, {5, {"2", "3"}}}));
}

TEST(Csv, TakesAQuoteInsideAnUnquotedFieldAsALetter) {
  EXPECT_EQ(rows_of("a,b\n5\" pipe,x\"\n"), (Rows{{2, {"5\" pipe", "x\""}}}));
}

TEST(Csv, HandsOverRaggedRows) {
  EXPECT_EQ(rows_of("a,b\n1\n1,2,3\n1,2\n"),
            (Rows{{2, {"1"}, RowFault::ragged}, {3, {"1", "2", "3"}, RowFault::ragged}, {4, {"1", "2"}}}));
}

TEST(Csv, ReadsAMissingFieldAsEmpty) {
  MemoryInput input("a.csv", "a,b\n1\n");
  auto csv = Csv::open(input);
  ASSERT_TRUE(csv && csv->next().value_or(false));
  EXPECT_EQ((*csv)[1], "");
}

TEST(Csv, FlagsTextAfterAClosingQuote) {
  EXPECT_EQ(rows_of("a,b\n\"x\"y,2\n3,4\n"), (Rows{{2, {"\"x\"y", "2"}, RowFault::bad_quote}, {3, {"3", "4"}}}));
  EXPECT_EQ(rows_of("a,b\n1,\"x\"y\r\n3,4\n"), (Rows{{2, {"1", "\"x\"y"}, RowFault::bad_quote}, {3, {"3", "4"}}}));
}

TEST(Csv, LosesOneLineToAQuoteThatNeverCloses) {
  EXPECT_EQ(rows_of("a,b\n\"x,2\n3,4\n5,6\n"),
            (Rows{{2, {"\"x", "2"}, RowFault::bad_quote}, {3, {"3", "4"}}, {4, {"5", "6"}}}));
  EXPECT_EQ(rows_of("a,b\n1,\"x"), (Rows{{2, {"1", "\"x"}, RowFault::bad_quote}}));
}

TEST(Csv, LosesOneLineToAQuoteThatClosesTooFarOff) {
  const std::string far(row_bytes_max + (4 << 20), 'x');
  const auto rows = rows_of("a,b\n\"1,2\n3,4\n\"" + far + "\",5\n");
  ASSERT_GE(rows.size(), 2u);
  EXPECT_EQ(rows[0], (Row{2, {"\"1", "2"}, RowFault::bad_quote}));
  EXPECT_EQ(rows[1], (Row{3, {"3", "4"}}));
}

TEST(Csv, SkipsALineThatIsTooLong) {
  const std::string far(2 * row_bytes_max, 'x');
  EXPECT_EQ(rows_of("a,b\n1,2\n" + far + "\n3,4\n"),
            (Rows{{2, {"1", "2"}}, {3, {}, RowFault::too_long}, {4, {"3", "4"}}}));
  EXPECT_EQ(rows_of("a,b\n" + far), (Rows{{2, {}, RowFault::too_long}}));
}

TEST(Csv, FlagsBytesThatAreNotUtf8) {
  EXPECT_EQ(rows_of("a,b\nJos\xc3\xa9,1\nJos\xe9,2\n"),
            (Rows{{2, {"Jos\xc3\xa9", "1"}}, {3, {"Jos\xe9", "2"}, RowFault::bad_utf8}}));
}

TEST(Csv, KeepsTheRowAsItStands) {
  MemoryInput input("a.csv", "a,b\n\"x\n\"\"\",2\r\n");
  auto csv = Csv::open(input);
  ASSERT_TRUE(csv && csv->next().value_or(false));
  EXPECT_EQ(csv->raw(), "\"x\n\"\"\",2");
}

TEST(Csv, RefusesAHeaderThatItCannotUse) {
  const auto refusal = [](std::string text) {
    MemoryInput input("a.csv", std::move(text));
    const auto csv = Csv::open(input);
    return csv ? std::string("accepted") : csv.error().message;
  };
  EXPECT_EQ(refusal(""), "a.csv: the file is empty, where a CSV header was expected");
  EXPECT_EQ(refusal("\xef\xbb\xbf"), "a.csv: the file is empty, where a CSV header was expected");
  EXPECT_EQ(refusal("a,B,b\n"), "a.csv, line 1: the header names the column \"b\" twice");
  EXPECT_EQ(refusal("a,\"b\n1,2\n"),
            "a.csv, line 1: the header cannot be read: a quote is not closed, or text follows the closing quote");
}

TEST(Csv, SplitsAtAnotherSeparator) {
  MemoryInput input("a.tsv", "a\tb\n1,5\t2\n");
  auto csv = Csv::open(input, '\t');
  ASSERT_TRUE(csv);
  EXPECT_EQ(rows_of(*csv), (Rows{{2, {"1,5", "2"}}}));
}

// Random text is written as CSV and read back: equal, wherever the input's chunks end.
class RandomCsv {
 public:
  explicit RandomCsv(std::uint64_t seed) : random_(seed) {
    columns_ = 1 + below(5);
    text_ = line(names()) + "\n";
    std::uint64_t at_line = 2;
    for (std::size_t n = below(40); n > 0; --n) {
      Row row{at_line, {}};
      for (std::size_t i = 0; i < columns_; ++i) row.fields.push_back(field());
      // A row of one empty unquoted field among several columns cannot be; among one, it is a row.
      const std::string written = line(row.fields);
      text_ += written + (below(4) == 0 ? "\r\n" : "\n");
      at_line += 1 + static_cast<std::uint64_t>(std::count(written.begin(), written.end(), '\n'));
      rows_.push_back(std::move(row));
    }
    if (!rows_.empty() && !rows_.back().fields.back().empty() && below(2) == 0) {
      text_.pop_back();
      if (text_.back() == '\r') text_.pop_back();
    }
  }
  const std::string& text() const { return text_; }
  const Rows& rows() const { return rows_; }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < columns_; ++i) names.push_back("c" + std::to_string(i));
    return names;
  }
  std::string field() {
    static constexpr std::string_view letters = "abcxyz0123456789 ,,\"\"\n\r;|";
    std::string text;
    for (std::size_t n = below(8) == 0 ? below(300) : below(9); n > 0; --n)
      text.push_back(letters[below(letters.size())]);
    return text;
  }
  std::string line(const std::vector<std::string>& fields) {
    std::string text;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) text += ',';
      const bool must = fields[i].find_first_of(",\"\r\n") != std::string::npos;
      if (!must && below(4) != 0) {
        text += fields[i];
        continue;
      }
      text += '"';
      for (const char c : fields[i]) text.append(c == '"' ? 2 : 1, c);
      text += '"';
    }
    return text;
  }

  std::mt19937_64 random_;
  std::size_t columns_;
  std::string text_;
  Rows rows_;
};

TEST(Csv, ReadsBackWhatWasWrittenWhereverChunksEnd) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    RandomCsv csv(seed);
    ASSERT_EQ(rows_of(csv.text()), csv.rows()) << "seed " << seed;
    ASSERT_EQ(rows_of(csv.text(), 1 + csv.below(70)), csv.rows()) << "seed " << seed;
  }
}

TEST(Csv, PartsOfAFileGiveTheRowsOfTheWhole) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomCsv random(seed);
    const ScratchFile file("parts.csv", random.text());
    auto inputs = Inputs::open(std::span(&file.path(), 1));
    ASSERT_TRUE(inputs);
    auto input = inputs->next();
    ASSERT_TRUE(input && *input);
    auto csv = Csv::open(**input);
    ASSERT_TRUE(csv);
    const std::uint64_t bytes = *(*input)->plain_bytes();
    Rows rows;
    std::uint64_t at = csv->past_row();
    std::uint64_t line = csv->past_line();
    while (at < bytes) {
      const std::uint64_t end = *Csv::row_start_after(**input, std::min(bytes, at + random.below(200)));
      auto part = csv->part(**input, at, end, line);
      ASSERT_TRUE(part);
      for (Row& row : rows_of(*part)) rows.push_back(std::move(row));
      at = part->past_row();
      line = part->past_line();
    }
    ASSERT_EQ(rows, random.rows()) << "seed " << seed;
  }
}

// Lines of any length, and perhaps a quote somewhere: parts follow one another without a gap, each from the start of a row.
TEST(Csv, AFileIsCutIntoPartsUpToItsFirstQuote) {
  constexpr std::uint64_t part_bytes = 1u << 20;
  for (const std::size_t quoted : {SIZE_MAX, std::size_t{0}, std::size_t{70'000}}) {
    std::string text = "a,b\n";
    for (std::size_t i = 0; i < 150'000; ++i) {
      const std::string value = std::string(i % 40, 'x') + (i == quoted ? "\n" : "");
      text += std::to_string(i) + (i == quoted ? ",\"" + value + "\"\n" : "," + value + "\n");
    }
    const ScratchFile file("parts.csv", text);
    auto inputs = Inputs::open(std::span(&file.path(), 1));
    auto input = inputs->next();
    ASSERT_TRUE(input && *input);
    auto csv = Csv::open(**input);
    ASSERT_TRUE(csv);
    auto cutter = CsvCutter::make(*csv, **input, part_bytes);
    ASSERT_TRUE(cutter);
    Rows rows;
    std::size_t parts = 0;
    std::uint64_t at = csv->past_row(), line = csv->past_line();
    CsvPart next;
    for (auto more = cutter->next(next); more && *more; more = cutter->next(next), ++parts) {
      EXPECT_EQ(next.begin, at);
      EXPECT_EQ(next.first_line, line);
      auto part = next.open(*csv, **input);
      ASSERT_TRUE(part);
      for (Row& row : rows_of(*part)) rows.push_back(std::move(row));
      at = part->past_row(), line = part->past_line();
    }
    EXPECT_EQ(at, text.size());
    EXPECT_EQ(rows, rows_of(text));
    EXPECT_EQ(parts == 1, quoted == 0);
  }
}

TEST(Csv, ReadsAnyBytesToTheEnd) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text = "a,b\n";
    for (std::size_t n = random() % 400; n > 0; --n)
      text.push_back(
          "\",\n\r\xff"
          "ab\0"[random() % 8]);
    const Rows whole = rows_of(text);
    EXPECT_EQ(rows_of(text, 1 + random() % 20), whole) << "round " << round;
  }
}

}  // namespace
}  // namespace chartline::exchange
