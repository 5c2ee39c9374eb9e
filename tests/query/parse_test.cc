#include "query/parse.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "query/print.h"
#include "tests/query/random_tree.h"

namespace chartline::query {
namespace {

TEST(Parse, ReadsBackWhatIsPrinted) {
  constexpr std::uint64_t first_seed = 1;
  for (std::uint64_t seed = first_seed; seed < first_seed + 20'000; ++seed) {
    RandomTree random(seed);
    tree::Query query;
    const int count = 1 + static_cast<int>(seed % 3);
    for (int i = 0; i < count; ++i) query.statements.push_back(random.statement(static_cast<int>(seed % 5)));
    const std::string text = print(query);
    Complaints complaints;
    const tree::Query again = parse(text, complaints);
    ASSERT_TRUE(complaints.empty()) << "seed " << seed << "\n" << text << render(std::move(complaints).sorted(), text);
    ASSERT_TRUE(tree::same(query, again)) << "seed " << seed << "\n" << text << print(again);
  }
}

// Any text: complaints, and what is understood prints and reads back.
void expect_reads_back(const std::string& text) {
  Complaints complaints;
  const tree::Query query = parse(text, complaints);
  (void)render(std::move(complaints).sorted(), text);
  Complaints none;
  const tree::Query again = parse(print(query), none);
  ASSERT_TRUE(none.empty()) << text << "\n" << print(query) << render(std::move(none).sorted(), print(query));
  ASSERT_TRUE(tree::same(query, again)) << text << "\n" << print(query) << print(again);
}

TEST(Parse, TakesWordsInAnyOrder) {
  static constexpr std::array<std::string_view, 62> words = {
      "param",   "codes",      "let",  "cohort",  "count",      "tally",     "list",   "events", "flow",
      "measure", "incidence",  "why",  "explain", "as",         "of",        "in",     "exists", "no",
      "not",     "and",        "or",   "first",   "last",       "where",     "before", "after",  "on",
      "within",  "between",    "with", "without", "(",          ")",         "[",      "]",      "{",
      "}",       ",",          ";",    ".",       "..",         "=",         "<",      "+",      "-",
      "*",       "|",          "&",    "??",      "condition[", "icd10:E11", "@dm",    "x",      "it",
      "30d",     "2024-03-31", "5",    "'a'",     "\n",         "by",        "per",    "to"};
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text;
    for (std::size_t i = random() % 40; i > 0; --i) {
      text += words[random() % words.size()];
      text += ' ';
    }
    ASSERT_NO_FATAL_FAILURE(expect_reads_back(text)) << "seed " << seed;
  }
}

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(Parse, RefusesWhatIsNestedTooDeeply) {
  for (const std::string_view opening :
       {"(", "not ", "- ", "exists ", "first ", "{ ", "condition[", "least(", "case when ", "x ?? ", "x with (",
        "x where ", "x before first ", "at least 1 of ("}) {
    Complaints complaints;
    parse("count " + repeated(opening, 50'000), complaints);
    EXPECT_EQ(complaints.size(), 1u) << opening;
  }
  for (const std::string_view link : {" + x", " | x", ".y", " to 'u'", " - x"}) {
    Complaints complaints;
    parse("count x" + repeated(link, 50'000), complaints);
    EXPECT_EQ(complaints.size(), 1u) << link;
  }
  Complaints complaints;
  parse(repeated("explain ", 50'000) + "count x", complaints);
  EXPECT_GE(complaints.size(), 1u);
}

TEST(Parse, TakesManyPartsSideBySide) {
  Complaints complaints;
  const tree::Query query =
      parse("count x" + repeated(" and x", 50'000) + "\ncodes c = { @a" + repeated(", @a", 50'000) + " }", complaints);
  EXPECT_TRUE(complaints.empty());
  EXPECT_EQ(query.statements.size(), 2u);
}

TEST(Parse, TakesAnyBytes) {
  std::mt19937_64 random(7);
  for (int run = 0; run < 3000; ++run) {
    std::string text = run % 2 ? "count exists condition[icd10:E11*] within 30d before 2024-01-01 and no x" : "";
    if (text.empty()) text.resize(random() % 80);
    for (int i = 0; i < 6 && !text.empty(); ++i) text[random() % text.size()] = static_cast<char>(random());
    ASSERT_NO_FATAL_FAILURE(expect_reads_back(text)) << "run " << run;
  }
}

}  // namespace
}  // namespace chartline::query
