#include "cli/page_cells.h"

#include <gtest/gtest.h>

namespace chartline::cli {
namespace {

using record::Event;
using record::Value;

constexpr Look utf8{.utf8 = true};
constexpr Look ascii{};

Event number(std::string_view code, std::string_view value, std::string_view unit = "mmol/L") {
  Event event;
  event.code = {"loinc", code, ""};
  event.value.form = Value::Form::number;
  event.value.number = *record::parse_decimal(value);
  event.value.unit = unit;
  event.start = record::day_time(0);
  return event;
}

std::vector<std::string> trends(const std::vector<Event>& events, const Look& look = utf8,
                                const std::vector<Event>& earlier = {}) {
  const Trends all(events, earlier, look);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < events.size(); ++i) texts.push_back(all.of(i));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Trends, CompareWithThePreviousOfTheSameCode) {
  EXPECT_EQ(trends({number("a", "6.9"), number("b", "1"), number("a", "7.4"), number("a", "7.4"), number("a", "7.30")}),
            (Texts{"", "", "\u2191 0.5", "=", "\u2193 0.1"}));
  EXPECT_EQ(trends({number("a", "1"), number("a", "2")}, ascii), (Texts{"", "+1"}));
  EXPECT_EQ(trends({number("a", "2"), number("a", "1")}, ascii), (Texts{"", "-1"}));
}

TEST(Trends, LookBackToWhatIsNotShown) {
  EXPECT_EQ(trends({number("a", "7"), number("b", "1")}, utf8, {number("a", "5"), number("a", "6")}),
            (Texts{"\u2191 1", ""}));
}

TEST(Trends, NeedTheSameUnitAndAnExactNumber) {
  Event bound = number("a", "4");
  bound.value.comparator = record::Comparator::less;
  EXPECT_EQ(trends({number("a", "1", "g"), number("a", "2", "kg"), bound, number("a", "3", "g")}),
            (Texts{"", "", "", "\u2191 2"}));
}

TEST(Trends, DoNotCompareWithWhatHasNoDate) {
  Event undated = number("a", "4");
  undated.start = {};
  EXPECT_EQ(trends({undated, number("a", "1"), number("a", "2")}), (Texts{"", "", "\u2191 1"}));
}

TEST(Trends, AreExactWhereDoublesAreNot) {
  EXPECT_EQ(trends({number("a", "0.1"), number("a", "0.3")}), (Texts{"", "\u2191 0.2"}));
  EXPECT_EQ(trends({number("a", "999999999999999999"), number("a", "-999999999999999999")})[1],
            "\u2193 2000000000000000000");
  EXPECT_EQ(trends({number("a", "1e300"), number("a", "-1e300")})[1].substr(0, 4), "\u2193 ");
}

TEST(Rounded, ThreeDigitsBehindThePointAndThreeThatCountOfSmallOnes) {
  const auto of = [](std::string_view text) { return rounded(*record::parse_decimal(text)); };
  EXPECT_EQ(of("73.03770307198458"), "73.038");
  EXPECT_EQ(of("7.25"), "7.25");
  EXPECT_EQ(of("120"), "120");
  EXPECT_EQ(of("104.70000001"), "104.7");
  EXPECT_EQ(of("99.99999"), "100");
  EXPECT_EQ(of("0.0012345"), "0.00123");
  EXPECT_EQ(of("-0.11524916"), "-0.115");
  EXPECT_EQ(of("1e20"), "100000000000000000000");
}

TEST(Value, IsSplitAtItsPoint) {
  Event event = number("a", "4.25", "%");
  event.value.comparator = record::Comparator::less;
  const ValueText text = value_text(event.value, utf8);
  EXPECT_EQ(text.whole, "<4");
  EXPECT_EQ(text.fraction, ".25");
  EXPECT_EQ(text.unit, "%");
  EXPECT_EQ(value_text({.form = Value::Form::boolean, .boolean = true}, utf8).words, "yes");
  EXPECT_EQ(value_text({.form = Value::Form::code, .code = {"snomed", "1", ""}}, utf8).words, "1");
  EXPECT_EQ(value_text({.form = Value::Form::text, .text = "red\x1b[31m"}, utf8).words, "red [31m");
}

TEST(Note, TellsHowItEndedAndWhatIsOutOfTheOrdinary) {
  Event event;
  event.start = *record::parse_time("2020-01-01T10:00:00Z");
  event.status = record::Status::completed;
  EXPECT_EQ(note_text(event, utf8), "");
  event.end = {record::End::Form::at, *record::parse_time("2020-01-01T10:30:00Z")};
  EXPECT_EQ(note_text(event, utf8), "\u2192 10:30");
  event.end.at = *record::parse_time("2020-01-03T10:30:00Z");
  EXPECT_EQ(note_text(event, ascii), "-> 2020-01-03");
  event.end = {record::End::Form::ongoing, {}};
  event.status = record::Status::planned;
  event.certainty = record::Certainty::refuted;
  event.author = record::Author::patient;
  EXPECT_EQ(note_text(event, utf8), "ongoing, planned, refuted, said by patient");
}

TEST(CodeNote, ShortensUris) {
  EXPECT_EQ(code_note({"loinc", "4548-4", ""}, utf8), "loinc:4548-4");
  EXPECT_EQ(code_note({"http://terminology.hl7.org/CodeSystem/claim-type", "pharmacy", ""}, utf8),
            "claim-type:pharmacy");
  EXPECT_EQ(code_note({"http://snomed.info/sct/", "1", ""}, utf8), "sct:1");
  EXPECT_EQ(code_note({}, utf8), "");
}

TEST(Head, TellsWhoItIs) {
  Person person;
  person.identifiers = {{"nhs", "9434765919"}, {"RYJ", "A-17"}};
  EXPECT_EQ(page_head(person, 0, utf8), "name not known\n  nhs  9434765919\n  RYJ  A-17\n");
  person.name = "Ada Moss", person.sex = "female", person.birth = *record::parse_time("1948-03-02");
  const Micros day_before_birthday = record::parse_time("2020-03-01")->instant();
  EXPECT_EQ(page_head(person, day_before_birthday, utf8).substr(0, 46),
            "Ada Moss, female, born 1948-03-02, aged 71\n  n");
  person.death = *record::parse_time("2019-03-02");
  EXPECT_EQ(page_head(person, 0, utf8).substr(0, 60), "Ada Moss, female, born 1948-03-02, died 2019-03-02 aged 71\n ");
  person.death = *record::parse_time("2019-03");
  EXPECT_EQ(page_head(person, 0, utf8).substr(0, 63),
            "Ada Moss, female, born 1948-03-02, died 2019-03 aged 70 or 71\n ");
  person.death = *record::parse_time("1948-03-01");
  EXPECT_EQ(page_head(person, 0, utf8).substr(0, 51), "Ada Moss, female, born 1948-03-02, died 1948-03-01\n");
  person.death = {}, person.dead = true;
  EXPECT_EQ(page_head(person, 0, utf8).substr(0, 40), "Ada Moss, female, born 1948-03-02, died\n");
}

}  // namespace
}  // namespace chartline::cli
