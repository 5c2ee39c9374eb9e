#include "formats/exchange/quality.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

namespace chartline::exchange {
namespace {

record::Event observation() {
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"loinc", "4548-4", ""};
  event.start = *record::parse_time("2024-02-29T10:00:00Z");
  event.value.form = record::Value::Form::number;
  event.value.unit = "%";
  event.source.organisation = "RYJ";
  return event;
}

void accept(Quality& quality, const record::Event& event) {
  record::Record record;
  record.events = {&event, 1};
  quality.row();
  quality.accepted(record);
}

Problem bad_date() {
  return {.outcome = Problem::Outcome::rejected,
          .place = {"a.csv", 7, "time"},
          .rule = "bad_date",
          .reason = "the time is not ISO 8601"};
}

const Micros in_2025 = record::parse_time("2025-01-01T00:00:00Z")->instant();

TEST(Quality, WritesEachProblemAsOneLine) {
  std::ostringstream lines;
  const auto quality = make_quality({.source = "RYJ"}, &lines);
  ASSERT_TRUE(quality->problem(bad_date()));
  ASSERT_TRUE(
      quality->problem({Problem::Outcome::repaired, {"b\"\n\xff.json", 0, "Patient.name"}, "no_name", "left out"}));
  EXPECT_EQ(
      lines.str(),
      R"({"outcome":"rejected","rule":"bad_date","file":"a.csv","line":7,"field":"time","reason":"the time is not ISO 8601"})"
      "\n"
      R"({"outcome":"repaired","rule":"no_name","file":"b\"\u000a\ufffd.json","line":null,"field":"Patient.name","reason":"left out"})"
      "\n");
}

TEST(Quality, CountsPlainEventsAsItCountsTheirRecords) {
  record::PlainTables tables;
  tables.person_system = "RYJ";
  tables.add_person("p");
  tables.add_code({"loinc", "4548-4", ""});
  tables.add_code({"nobody's", "x", ""});
  std::vector<record::PlainEvent> events;
  for (int i = 0; i < 60; ++i) {
    record::PlainEvent& event = events.emplace_back();
    const record::Time start = i % 5 == 0 ? record::Time()
                                          : *record::parse_time(i % 3 == 0   ? "2024-02-29T10:00:00Z"
                                                                : i % 4 == 0 ? "2026-01-01"
                                                                             : "2020-05");
    event.local = start.local, event.precision = start.precision, event.offset_minutes = start.offset_minutes;
    event.code = static_cast<std::uint32_t>(i % 2);
    event.kind = i % 7 == 0 ? record::Kind::appointment : record::Kind::observation;
    event.has_number = i % 3 == 1;
  }
  const record::PlainEvents plain{{"RYJ", ""}, &tables, events};
  const auto at_once = make_quality({.now = in_2025}, nullptr), one_by_one = make_quality({.now = in_2025}, nullptr);
  at_once->rows_accepted(plain);
  one_by_one->Quality::rows_accepted(plain);
  EXPECT_EQ(json(at_once->summary()), json(one_by_one->summary()));
  EXPECT_GT(at_once->summary().impossible.at("in_future"), 0u);
}

TEST(Quality, StopsAtTheFirstRejectionIfStrict) {
  std::ostringstream lines;
  const auto quality = make_quality({.source = "RYJ", .strict = true}, &lines);
  ASSERT_TRUE(quality->problem({Problem::Outcome::repaired, {"a.csv", 6, "unit"}, "no_unit", "left out"}));
  const auto stopped = quality->problem(bad_date());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().fault, Fault::invalid_request);
  EXPECT_EQ(stopped.error().message, "a.csv, line 7, time: the time is not ISO 8601 (bad_date)");
}

TEST(Quality, SaysWhenItCannotBeWritten) {
  std::ostringstream lines;
  lines.setstate(std::ios::badbit);
  const auto failed = make_quality({}, &lines)->problem(bad_date());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().fault, Fault::unavailable);
}

TEST(Quality, CountsCompletenessByKindAndField) {
  const auto quality = make_quality({.source = "RYJ", .now = in_2025}, nullptr);
  accept(*quality, observation());
  record::Event plain;
  plain.kind = record::Kind::observation;
  plain.code = {"house", "x", ""};
  accept(*quality, plain);
  record::Event stay;
  stay.kind = record::Kind::encounter;
  stay.start = *record::parse_time("2024-03-01");
  stay.end = {record::End::Form::at, *record::parse_time("2024-03-02")};
  accept(*quality, stay);
  const auto summary = quality->summary();
  EXPECT_EQ(summary.rows, 3u);
  EXPECT_EQ(summary.records, 3u);
  EXPECT_EQ(summary.events, 3u);
  EXPECT_TRUE(summary.impossible.empty());
  const KindSummary& observations = summary.kinds.at(record::Kind::observation);
  const auto with = [](const KindSummary& kind, Field field) { return kind.with[static_cast<std::size_t>(field)]; };
  EXPECT_EQ(observations.events, 2u);
  EXPECT_EQ(observations.numbers, 1u);
  EXPECT_EQ(with(observations, Field::code), 2u);
  EXPECT_EQ(with(observations, Field::known_system), 1u);
  EXPECT_EQ(with(observations, Field::time), 1u);
  EXPECT_EQ(with(observations, Field::time_of_day), 1u);
  EXPECT_EQ(with(observations, Field::unit), 1u);
  EXPECT_EQ(with(observations, Field::source), 1u);
  const KindSummary& encounters = summary.kinds.at(record::Kind::encounter);
  EXPECT_EQ(with(encounters, Field::code), 0u);
  EXPECT_EQ(with(encounters, Field::end), 1u);
  EXPECT_EQ(with(encounters, Field::time_of_day), 0u);
}

TEST(Quality, CountsImpossibleDates) {
  const auto quality = make_quality({.now = in_2025}, nullptr);
  const auto event = [](record::Kind kind, std::string_view start, std::string_view end = {}) {
    record::Event made;
    made.kind = kind;
    made.start = *record::parse_time(start);
    if (!end.empty()) made.end = {record::End::Form::at, *record::parse_time(end)};
    return made;
  };
  accept(*quality, event(record::Kind::condition, "2025-06-01"));
  accept(*quality, event(record::Kind::appointment, "2025-06-01"));
  accept(*quality, event(record::Kind::condition, "2025"));
  accept(*quality, event(record::Kind::encounter, "2024-03-02", "2024-03-01"));
  accept(*quality, event(record::Kind::encounter, "2024-03-02T10:00:00Z", "2024-03-02"));
  accept(*quality, event(record::Kind::encounter, "2024-03-02", "2024"));
  quality->impossible("before_birth");
  quality->duplicates(5);
  quality->defaulted("kind", 2);
  quality->defaulted("zone");
  const auto summary = quality->summary();
  EXPECT_EQ(summary.impossible, (Counts{{"before_birth", 1}, {"end_before_start", 1}, {"in_future", 1}}));
  EXPECT_EQ(summary.defaulted, (Counts{{"kind", 2}, {"zone", 1}}));
  EXPECT_EQ(summary.duplicates, 5u);
}

TEST(Quality, PrintsItsSummary) {
  const auto quality = make_quality({.source = "RYJ", .now = in_2025}, nullptr);
  accept(*quality, observation());
  quality->row();
  ASSERT_TRUE(quality->problem(bad_date()));
  quality->defaulted("kind", 2);
  const auto summary = quality->summary();
  EXPECT_EQ(print(summary),
            "source      RYJ\n"
            "rows                   2\n"
            "records                1\n"
            "events                 1\n"
            "rejected               1\n"
            "  rejected             1  bad_date\n"
            "repaired               0\n"
            "duplicates             0\n"
            "defaulted              2  kind\n"
            "\n"
            "share of events with ...\n"
            "observation (1): code 100 %, known_system 100 %, time 100 %, time_of_day 100 %, value 100 %, unit 100 %, "
            "source 100 %\n");
  EXPECT_EQ(
      json(summary),
      R"({"source":"RYJ","rows":2,"records":1,"events":1,"rejected":1,"repaired":0,"duplicates":0,"rejected_by_rule":{"bad_date":1},)"
      R"("repaired_by_rule":{},"impossible":{},"defaulted":{"kind":2},"kinds":{"observation":{"events":1,"numbers":1,"code":1,"known_system":1,)"
      R"("time":1,"time_of_day":1,"end":0,"value":1,"unit":1,"status":0,"certainty":0,"author":0,"record":0,"encounter":0,"source":1}}})");
}

TEST(Quality, CountsFromManyThreads) {
  std::ostringstream lines;
  const auto quality = make_quality({.now = in_2025}, &lines);
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        accept(*quality, observation());
        quality->row();
        EXPECT_TRUE(quality->problem(bad_date()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto summary = quality->summary();
  EXPECT_EQ(summary.rows, 20'000u);
  EXPECT_EQ(summary.records, 10'000u);
  EXPECT_EQ(summary.rejected, 10'000u);
  const std::string text = lines.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10'000);
}

}  // namespace
}  // namespace chartline::exchange
