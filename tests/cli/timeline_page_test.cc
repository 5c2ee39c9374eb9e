#include "cli/timeline_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text.h"

namespace chartline::cli {
namespace {

using record::Event;
using record::Kind;
using testing::HasSubstr;
using testing::Not;

Event event(Kind kind, std::string_view start, std::string_view code, std::string_view display,
            std::string_view record = {}, std::string_view encounter = {}) {
  Event made;
  made.kind = kind;
  if (!start.empty()) made.start = *record::parse_time(start);
  made.code = {"snomed", code, display};
  made.source = {"RYJ", ""};
  made.record = record, made.encounter = encounter;
  return made;
}

Event measured(std::string_view start, std::string_view value, std::string_view encounter) {
  Event made = event(Kind::observation, start, "27113001", "Body weight", {}, encounter);
  made.value.form = record::Value::Form::number;
  made.value.number = *record::parse_decimal(value);
  made.value.unit = "kg";
  return made;
}

std::vector<Event> sample() {
  std::vector<Event> events = {
      event(Kind::allergy, "", "91936005", "Allergy to penicillin"),
      event(Kind::encounter, "2019-03-04T09:10:00Z", "185349003", "Check up", "visit/1"),
      measured("2019-03-04T09:15:00Z", "81.25", "visit/1"),
      event(Kind::medication, "2019-05-01", "372567009", "Metformin"),
      event(Kind::encounter, "2019-09-02T14:00:00Z", "185349003", "Check up", "visit/2"),
      event(Kind::condition, "2015", "44054006", "Type 2 diabetes", {}, "visit/2"),
      measured("2019-09-02T14:05:00Z", "80", "visit/2"),
      measured("2020-01-01", "79.5", "visit/unknown"),
  };
  events[1].end = {record::End::Form::at, *record::parse_time("2019-03-04T09:30:00Z")};
  events[5].end = {record::End::Form::ongoing, {}};
  return events;
}

std::string page(const std::vector<Event>& events, Look look = {.utf8 = true, .width = 200}, std::size_t earlier = 0) {
  Person person;
  person.identifiers = {{"nhs", "9434765919"}};
  person.name = "Ada Moss";
  return timeline_page(person, events, {look, 0, earlier, {}});
}

TEST(TimelinePage, GroupsEventsUnderTheirEncounter) {
  EXPECT_EQ(
      page(sample()),
      "Ada Moss\n"
      "  nhs  9434765919\n"
      "\n"
      "no date            allergy      Allergy to penicillin                             snomed:91936005   RYJ\n"
      "\n"
      "2019-03-04  09:10  encounter    Check up                                 \u2192 09:30  snomed:185349003  RYJ\n"
      "            09:15  observation    Body weight          81.25 kg                   snomed:27113001   RYJ\n"
      "\n"
      "2019-05-01         medication   Metformin                                         snomed:372567009  RYJ\n"
      "\n"
      "2019-09-02  14:00  encounter    Check up                                          snomed:185349003  RYJ\n"
      "2015               condition      Type 2 diabetes                        ongoing  snomed:44054006   RYJ\n"
      "2019-09-02  14:05  observation    Body weight          80    kg  \u2193 1.25           snomed:27113001   RYJ\n"
      "\n"
      "2020-01-01         observation  Body weight            79.5  kg  \u2193 0.5            snomed:27113001   RYJ\n"
      "\n"
      "8 events, 2019-03-04 \u2013 2020-01-01, 2 encounters, from RYJ\n");
}

TEST(TimelinePage, IsPlainAsciiWhereNothingElseIsSafe) {
  for (const char c : page(sample(), {.utf8 = false, .width = 200})) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST(TimelinePage, KeepsToTheWidthOfATerminal) {
  auto events = sample();
  events[3].code.display = "Metformin hydrochloride 500 mg modified release tablets, twenty-eight of them in a box";
  const std::string narrow = page(events, {.terminal = true, .utf8 = true, .width = 100});
  std::size_t start = 0;
  for (std::size_t end; (end = narrow.find('\n', start)) != std::string::npos; start = end + 1)
    EXPECT_LE(display_width(narrow.substr(start, end - start)), 100u);
  EXPECT_THAT(narrow, HasSubstr("\u2026"));
}

TEST(TimelinePage, LeavesOutTheOnlySourceAndThenCodesWhereItIsNarrow) {
  EXPECT_THAT(page(sample(), {.utf8 = true, .width = 96}), Not(HasSubstr("snomed:44054006   RYJ")));
  const std::string narrowest = page(sample(), {.utf8 = true, .width = 70});
  EXPECT_THAT(narrowest, Not(HasSubstr("snomed:")));
  EXPECT_THAT(narrowest, HasSubstr("from RYJ"));
  auto events = sample();
  events[0].source.organisation = "RAX";
  EXPECT_THAT(page(events, {.utf8 = true, .width = 70}), HasSubstr("RAX\n"))
      << "of two sources each line names its own";
}

TEST(TimelinePage, PaintsOnlyWhereColourIsOn) {
  EXPECT_THAT(page(sample(), {.colour = true, .utf8 = true, .width = 200}), HasSubstr("\x1b["));
  EXPECT_THAT(page(sample()), Not(HasSubstr("\x1b")));
}

TEST(TimelinePage, DisarmsWhatWouldDisturbATerminal) {
  auto events = sample();
  events[3].code.display = "\x1b]0;title\x07 \xFF\nnext";
  const std::string text = page(events);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr(" ]0;title  \xEF\xBF\xBD next"));
}

TEST(TimelinePage, AnEncounterOfAnotherSourceIsNotTheSame) {
  auto events = sample();
  events[2].source.organisation = "RAX";
  EXPECT_THAT(page(events), HasSubstr("observation  Body weight"));
}

TEST(TimelinePage, SaysWhenThereIsNothing) {
  EXPECT_THAT(page({}), HasSubstr("\nno events\n"));
  EXPECT_THAT(page({sample()[0]}), HasSubstr("\n1 event, from RYJ\n"));
  EXPECT_THAT(page({sample()[3]}, {.utf8 = true}, 1200),
              HasSubstr("1 event, 2019-05-01, from RYJ (1,200 earlier not shown)"));
}

}  // namespace
}  // namespace chartline::cli
