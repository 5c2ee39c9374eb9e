#include "query/token.h"

#include <gtest/gtest.h>

#include <random>

namespace chartline::query {
namespace {

// "form:text form:text | complaints"
std::string shown(std::string_view text) {
  static constexpr std::string_view forms[] = {"word", "number", "quoted", "duration", "time",
                                               "code", "list",   "symbol", "bad",      "end"};
  Complaints complaints;
  std::string out;
  for (const Token& token : tokens_of(text, complaints)) {
    if (token.form == Token::Form::end) break;
    if (token.form == Token::Form::bad) continue;
    if (!out.empty()) out += ' ';
    out += std::string(forms[static_cast<std::size_t>(token.form)]) + ":" + print(token);
  }
  for (const Complaint& complaint : std::move(complaints).sorted()) out += "! " + complaint.message;
  return out;
}

TEST(Tokens, WordsNumbersAndSymbols) {
  EXPECT_EQ(shown("first dx.value >= 5.70"), "word:first word:dx symbol:. word:value symbol:>= number:5.7");
  EXPECT_EQ(shown("a??b..c"), "word:a symbol:?? word:b symbol:.. word:c");
  EXPECT_EQ(shown("1..2 1e3 2024"), "number:1 symbol:.. number:2 number:1000 number:2024");
  EXPECT_EQ(shown("{(a)[b]},;=!=<=<>|&+-*/"),
            "symbol:{ symbol:( word:a symbol:) symbol:[ word:b symbol:] symbol:} symbol:, symbol:; symbol:= symbol:!= "
            "symbol:<= symbol:< symbol:> symbol:| symbol:& symbol:+ symbol:- symbol:* symbol:/");
  EXPECT_EQ(shown("a # b 'c\nd"), "word:a word:d");
}

TEST(Tokens, Durations) {
  EXPECT_EQ(shown("12mo 30d 2w 1y 6h 90min 10s"),
            "duration:12mo duration:30d duration:2w duration:1y duration:6h duration:90min duration:10s");
  EXPECT_EQ(shown("1.5h"), "! a duration counts whole units");
  EXPECT_EQ(shown("30days"), "! `days` is not a unit of time");
  EXPECT_EQ(shown("99999999999999999999d"), "! the duration is too long");
}

TEST(Tokens, Times) {
  EXPECT_EQ(shown("2024-03-31 2024-03"), "time:2024-03-31 time:2024-03");
  EXPECT_EQ(shown("2024-03-31T10:00:00+01:00"), "time:2024-03-31T10:00:00+01:00");
  EXPECT_EQ(shown("2024-03-31T10:00:00.250-05:00"), "time:2024-03-31T10:00:00.250-05:00");
  EXPECT_EQ(shown("2023-01-01..2023-12-31"), "time:2023-01-01 symbol:.. time:2023-12-31");
  EXPECT_EQ(shown("2023-01-01T00:00:00Z..2023-12-31"), "time:2023-01-01T00:00:00Z symbol:.. time:2023-12-31");
  EXPECT_EQ(shown("2023-02-29"), "! `2023-02-29` is not a date or an instant");
  EXPECT_EQ(shown("2024-03-31x"), "! `2024-03-31x` is not a date or an instant");
}

TEST(Tokens, Codes) {
  EXPECT_EQ(shown("icd10:E11.9 icd10:E11* snomed:<<73211009 snomed:<73211009"),
            "code:icd10:E11.9 code:icd10:E11* code:snomed:<<73211009 code:snomed:<73211009");
  EXPECT_EQ(shown("{loinc:4548-4,loinc:59261-8}"), "symbol:{ code:loinc:4548-4 symbol:, code:loinc:59261-8 symbol:}");
  EXPECT_EQ(shown("local:'a code, odd'"), "code:local:'a code, odd'");
  EXPECT_EQ(shown("local:'E11*' local:'E11'*"), "code:local:'E11*' code:local:E11*");
  EXPECT_EQ(shown("'http://x.org/a'|12-3 'a' | 'b'"), "code:'http://x.org/a'|12-3 quoted:'a' symbol:| quoted:'b'");
  EXPECT_EQ(shown("icd10:E*1"), "! `*` stands only at the end of a code");
  EXPECT_EQ(shown("icd10:<<E11*"), "! a code has either `*` behind it or `<` before it, not both");
  EXPECT_EQ(shown("icd10: E11"), "word:E11! no code follows the system");
  EXPECT_EQ(shown("icd10:'E11"), "! the quotes do not close on this line");
}

TEST(Tokens, Lists) {
  EXPECT_EQ(shown("@diabetes - @diabetes_resolved"), "list:@diabetes symbol:- list:@diabetes_resolved");
  EXPECT_EQ(shown("@nhsd-primary/dm.v2..x"), "list:@nhsd-primary/dm.v2 symbol:.. word:x");
  EXPECT_EQ(shown("@'a list'"), "list:@'a list'");
  EXPECT_EQ(shown("@ x"), "word:x! `@` has no name behind it");
}

TEST(Tokens, QuotesDouble) {
  EXPECT_EQ(shown("'patient''s' ''"), "quoted:'patient''s' quoted:''");
  EXPECT_EQ(shown("'open\nx"), "word:x! the quotes do not close on this line");
  EXPECT_EQ(shown("\"double\""), "word:double! these bytes have no meaning here! these bytes have no meaning here");
}

TEST(Tokens, AnyBytesEnd) {
  std::mt19937_64 random(20240331);
  static constexpr std::string_view likely = "a1'@#:<*|.-+T\n [](){},;e\0\xFF\xC3\xA9?!=";
  for (int run = 0; run < 3000; ++run) {
    std::string text(random() % 60, ' ');
    for (char& c : text) c = random() % 4 ? likely[random() % likely.size()] : static_cast<char>(random());
    Complaints complaints;
    const std::vector<Token> tokens = tokens_of(text, complaints);
    ASSERT_EQ(tokens.back().form, Token::Form::end);
    std::uint32_t last = 0;
    for (const Token& token : tokens) {
      ASSERT_LE(last, token.span.begin) << text;
      ASSERT_LE(token.span.end, text.size()) << text;
      last = token.span.end;
    }
    (void)render(std::move(complaints).sorted(), text);
  }
}

TEST(Tokens, RefuseLongTexts) {
  Complaints complaints;
  EXPECT_EQ(tokens_of(std::string(text_bytes_max + 1, 'a'), complaints).size(), 1u);
  EXPECT_EQ(complaints.size(), 1u);
}

}  // namespace
}  // namespace chartline::query
