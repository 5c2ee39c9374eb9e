// When events are - days, vague times, stays, what lies within a span of another - as columns and the reference read it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "query/vectorised/plan.h"
#include "tests/query_random/answer.h"
#include "tests/query_vectorised/agreement.h"

namespace chartline::query::vectorised {
namespace {

using random::Asked;
using random::Replay;
using random::Script;

// A day that is met for the first time fills the table for its whole year.
TEST(Agreement, TablesOfDaysHoldWholeYears) {
  EXPECT_EQ(vectorised::table_first, record::days_from_civil(1900, 1, 1));
  EXPECT_EQ(vectorised::table_first + vectorised::table_days, record::days_from_civil(2100, 1, 1));
}

// Days are counted through a table of two hundred years; others are not lost.
TEST(Agreement, OfDaysLongAgo) {
  Script script;
  for (const int year : {1850, 1899, 1900, 2099, 2100}) {
    random::Step step = about(random::Step::What::load, "p" + std::to_string(year));
    for (const unsigned month : {1u, 12u}) {
      step.events.push_back(
          coded(record::Kind::observation, "a", record::days_from_civil(year, month, month == 1 ? 1 : 31)));
    }
    script.steps.push_back(step);
    Replay replay(script, 1);
    replay.play();
    const std::string text = "tally any[*] by year(it)\n", dates = "tally any[*] by date(it)\n";
    for (const std::string& asked : {text, dates, text + dates}) {
      expect_agreement(replay.store(), asked);
    }
  }
}

// A time as it may be told: to the second or finer, the day, the month, the year, or not at all.
record::Time told_time(random::Chance& chance) {
  using record::Precision;
  const auto day = static_cast<record::Day>(17'800 + chance.below(900));
  const record::CivilDay civil = record::civil(day);
  record::Time time = record::day_time(day, chance.one_in(4) ? 60 : 0);
  const auto to = [&](record::Day first, Precision precision) {
    time.local = first * record::micros_per_day, time.precision = precision;
  };
  switch (chance.below(8)) {
    case 0: to(record::days_from_civil(civil.year, civil.month, 1), Precision::month); break;
    case 1: to(record::days_from_civil(civil.year, 1, 1), Precision::year); break;
    case 2: return {};
    case 3: to(record::days_from_civil(civil.year, 1, 1), Precision::day); break;
    case 4: time.local += 5 * record::micros_per_second, time.precision = Precision::second; break;
    case 5: time.local += 250'000, time.precision = Precision::finer; break;
    default: break;
  }
  return time;
}

// Times that are vague, and the first and last events of a patient, of all codes and of some.
TEST(Agreement, OfVagueTimesAndOfTheFirstAndLast) {
  Script script;
  random::Chance chance(13);
  const char* const codes[] = {"a", "b", "c"};
  const auto tell = [&](random::Step::What what, int person, std::uint64_t events) {
    random::Step step = about(what, "p" + std::to_string(person));
    for (std::uint64_t i = 0; i < events; ++i) {
      const auto kind = chance.one_in(4) ? record::Kind::condition : record::Kind::observation;
      record::Event event = coded(kind, codes[chance.below(3)], 0);
      event.start = told_time(chance);
      event.value.form = chance.one_in(4) ? record::Value::Form::none : record::Value::Form::number;
      event.value.number = record::decimal(static_cast<std::int64_t>(chance.below(300)), 0);
      if (chance.one_in(6)) event.value.comparator = record::Comparator::greater;
      step.events.push_back(event);
    }
    script.steps.push_back(step);
  };
  for (int person = 0; person < 80; ++person) tell(random::Step::What::load, person, 1 + chance.below(10));
  // Runs of months alone, and of one day that is the first of a month too.
  for (int person = 0; person < 80; ++person) {
    random::Step& step = script.steps[person];
    for (const record::Day day : {17'000, 19'000}) step.events.push_back(coded(record::Kind::observation, "b", day));
    for (const auto& [code, month, is_vague] : {std::tuple("m", 1 + person % 12, true), {"d", 7, person % 2 == 0}}) {
      record::Event& event = step.events.emplace_back(
          coded(record::Kind::observation, code, record::days_from_civil(2019, static_cast<unsigned>(month), 1)));
      if (is_vague) event.start.precision = record::Precision::month;
    }
  }
  for (int round = 0; round < 2; ++round) {
    for (int person = 0; person < 90; person += 9) {
      tell(random::Step::What::write, person, 2);
      // Of one instant with the first and the last of before, folded or not; by its source it is the first or last itself.
      if (person % 2 != round) continue;
      for (const auto& [day, source] : {std::pair(17'000, "east"), {19'000, "south"}}) {
        record::Event& event = script.steps.back().events.emplace_back(coded(record::Kind::observation, "z", day));
        event.source.organisation = source;
      }
    }
    if (round == 0) script.steps.push_back({.what = random::Step::What::fold});
  }
  Replay replay(script, 1);
  replay.play();
  std::vector<std::string> some;
  for (const std::string events : {"any[*]", "condition[*]", "any[local:a]", "any[{ local:a, local:b }]"}) {
    some.push_back(events);
    for (const std::string clauses : {"where value > 290", "where value != 7", "in 2019", "in 2019-02-01..2019-12-31",
                                      "after 2019-07-15", "on or before 2019-03", "where value < 100 before 2019"})
      some.push_back(events + " " + clauses);
  }
  for (const std::string code : {"m", "d"}) some.push_back("any[local:" + code + "] in 2019-03-10..2019-07-15");
  expect_agreement(replay.store(), "list true per any[{ local:b, local:z }] select patient, it.start, it.code\n");
  for (const std::string& of : some) {
    std::string text = "count exists " + of + "\ntally " + of + " by code, year(it)\n";
    for (const std::string group : {"year", "month", "date"}) {
      text += "tally " + of + " by " + group + "(it)\ncount exists " + of + " by " + group + "(first " + of + ")\n";
      text += "count exists " + of + " by " + group + "(last " + of + ")\n";
    }
    text += "count month(first " + of + ") < 2019-07\n";
    text += "count exists " + of + " by (first " + of + ").start\ncount exists " + of + " by (last " + of + ").start\n";
    text += "count exists " + of + " by (first " + of + ").code\ncount exists " + of + " by (last " + of + ").code\n";
    text += "count exists " + of + " by band(days from first " + of + " to last " + of + ", 30)\n";
    text += "count date(first " + of + ") < date(last " + of + ") by distinct((" + of + ").date)\n";
    text += "count exists " + of + " within 60d after first any[local:a]\ncount count(" + of + ") > 2\n";
    text += "count exists any[local:b] within 90d of (last " + of + ") by age(last " + of + ")\n";
    for (const std::string gap : {"0d", "3w", "2mo", "30h", "9999999y"})
      text += "count exists " + of + " by count(episodes(" + of + ", gap " + gap + "))\n";
    text += "tally any[local:a] as e by count(episodes(" + of + " before e, gap 20d))\n";
    for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      end = text.find('\n', begin);
      expect_agreement(replay.store(), text.substr(begin, end + 1 - begin), 2);
    }
    expect_agreement(replay.store(), text);
  }
}

// Stays of a few days, told in all ways, beside dates that are the same for everyone: they are sifted while they are read.
TEST(Agreement, OfStaysBesideDates) {
  using Form = record::End::Form;
  Script script;
  random::Chance chance(37);
  const auto tell = [&](random::Step::What what, int person) {
    random::Step step = about(what, "p" + std::to_string(person));
    for (std::uint64_t i = 0, events = 1 + chance.below(3); i < events; ++i) {
      record::Event event = coded(record::Kind::medication, chance.one_in(3) ? "b" : "a", 0);
      event.start = chance.one_in(8) ? told_time(chance) : record::day_time(18'000 + static_cast<int>(chance.below(6)));
      const bool timed = chance.one_in(2);
      if (timed && event.start.precision == record::Precision::day) {
        event.start.local += static_cast<Micros>(23 * 60 + chance.below(60)) * 60 * record::micros_per_second;
        event.start.precision = record::Precision::second;
      }
      event.end.form =
          std::array{Form::point, Form::ongoing, Form::unknown, Form::at, Form::at, Form::at}[chance.below(6)];
      if (event.end.form == Form::at) {
        event.end.at = event.start;
        event.end.at.local += timed ? static_cast<Micros>(chance.below(180)) * 60 * record::micros_per_second
                                    : static_cast<Micros>(chance.below(4)) * record::micros_per_day;
        if (chance.one_in(3)) event.end.at.offset_minutes = 60;
        if (chance.one_in(9)) event.end.at = record::day_time(18'003);
      }
      step.events.push_back(event);
    }
    script.steps.push_back(step);
  };
  for (int person = 0; person < 150; ++person) tell(random::Step::What::load, person);
  for (int person = 0; person < 160; person += 5) tell(random::Step::What::write, person);
  Replay replay(script, 1);
  replay.play();
  const std::string today = "param today = 2019-04-18\n";
  const std::vector<std::string> dates = {"2019-04-16..2019-04-16", "2019-04-17..2019-04-18", "today..2019-04-16",
                                          "2019-03..2019-04", "date(death)..2019-04-17"};
  for (const std::string all : {"medication[*]", "medication[local:a]", "medication[{ local:a, local:b }]"}) {
    for (const std::string& first : dates) {
      for (const std::string& clauses :
           {" overlapping " + first, " during " + first, " overlapping " + first + " in 2019",
            " overlapping " + first + " overlapping " + dates[1], " during " + first + " overlapping " + dates[0]}) {
        expect_agreement(replay.store(), today + "count count(" + all + clauses + ") >= 1\n", 2);
        expect_agreement(replay.store(), today + "tally " + all + clauses + " by date(it)\n", 2);
        expect_agreement(replay.store(),
                         today + "count exists " + all + clauses + " by date(last " + all + clauses + ")\n", 2);
      }
    }
  }
}

// One patient with so many of `a` in forty years, and five times as many of `b` and of `c`.
Script one_patient(int events) {
  Script script;
  random::Chance chance(19);
  random::Step step = about(random::Step::What::load, "p");
  for (int i = 0; i < 11 * events; ++i) {
    const char* const code = i % 11 == 0 ? "a" : i % 2 ? "b" : "c";
    step.events.push_back(coded(record::Kind::observation, code, 5'000 + static_cast<int>(chance.below(14'600))));
  }
  script.steps.push_back(step);
  return script;
}

// In lists that are long the days are searched for, in the order of time or not.
TEST(Agreement, OfSpansOfDaysInLongLists) {
  const Script script = one_patient(60);
  Replay replay(script, 1);
  replay.play();
  ASSERT_EQ(replay.store().stats().events, 660u);
  for (const std::string others : {"any[local:b]", "any[{ local:b, local:c }]", "any[{ local:a, local:c }]"}) {
    for (const std::string span :
         {"within 30d after it", "within 30d before it", "within 1mo of it", "within 40d on or after it",
          "after it within 90d before it", "on or before it in 1999-01-01..2004-06-30"}) {
      const std::string nearby = "(" + others + " " + span + ")";
      // One by one: of several a patient who is odd for one is odd for all.
      expect_agreement(replay.store(), "tally any[local:a] with " + nearby + " by date(it)\n");
      expect_agreement(replay.store(), "tally any[local:a] by count(" + nearby + ")\n");
      expect_agreement(replay.store(), "tally any[local:a] by date((first " + nearby + "))\n");
    }
  }
}

// Eight times the events take some eight times as long, and not sixty-four times: of each only those nearby are looked at.
TEST(Agreement, SpansOfDaysAreNotLookedForInAllEvents) {
  const std::string text = "tally any[local:a] with (any[{ local:b, local:c }] within 1d after it)\n";
  const auto least_time = [&](int events) {
    const Script script = one_patient(events);
    Replay replay(script, 1);
    replay.play();
    EXPECT_EQ(replay.store().stats().events, 11u * static_cast<unsigned>(events));
    std::clock_t least = std::numeric_limits<std::clock_t>::max();
    for (int time = 0; time < 5; ++time) {
      const std::clock_t before = std::clock();
      EXPECT_EQ(random::ask(replay.store(), text, Executor::vectorised).end, Asked::End::answered);
      least = std::min(least, std::clock() - before);
    }
    return static_cast<double>(least);
  };
  const double few = least_time(1'000), many = least_time(8'000);
  EXPECT_LT(many, 24 * few) << few;
}

}  // namespace
}  // namespace chartline::query::vectorised
