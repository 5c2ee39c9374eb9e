// Usual queries over random stores: columns and the reference give the same. CHARTLINE_SEED replays one store,
// CHARTLINE_STORES asks more or fewer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <tuple>

#include "engine/trust/grant.h"
#include "query/vectorised/plan.h"
#include "tests/lane.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/script.h"
#include "tests/query_random/shrink.h"
#include "tests/query_vectorised/usual_query.h"

namespace chartline::query::vectorised {
namespace {

using random::Asked;
using random::Replay;
using random::Script;

bool differ(engine::Store& store, const std::string& text) {
  const Asked reference = random::ask(store, text, Executor::reference);
  if (reference.end != Asked::End::answered) return false;
  return !random::agree(reference, random::ask(store, text, Executor::vectorised));
}

// More than once, where what was asked before is made use of.
void expect_agreement(engine::Store& store, const std::string& text, int times = 1) {
  // The reference reads everything, and what is in the cache may tell more than was asked for: it comes last.
  std::vector<std::string> answers;
  for (int time = 0; time < times; ++time)
    answers.push_back(random::print(random::ask(store, text, Executor::vectorised)));
  const Asked reference = random::ask(store, text, Executor::reference);
  ASSERT_EQ(reference.end, Asked::End::answered) << reference.why << text;
  for (const std::string& answer : answers) EXPECT_EQ(random::print(reference), answer) << text;
}

random::Step about(random::Step::What what, const std::string& person) {
  return {.what = what, .person = person, .other = "", .events = {}};
}

// Events borrow their text: of a literal.
record::Event coded(record::Kind kind, const char* code, record::Day day) {
  record::Event event;
  event.kind = kind;
  event.code = {.system = "local", .code = code, .display = ""};
  event.start = record::day_time(day);
  event.source = {.organisation = "north", .system = ""};
  return event;
}

std::string reduced(Script script, std::uint32_t shards, std::string text) {
  const auto played = [&](const Script& of, const std::string& asked) {
    Replay replay(of, shards);
    replay.play();
    return differ(replay.store(), asked);
  };
  text = random::shrink_query(text, [&](const std::string& less) { return played(script, less); });
  script = random::shrink_script(script, [&](const Script& less) { return played(less, text); });
  text = random::shrink_query(text, [&](const std::string& less) { return played(script, less); });
  Replay replay(script, shards);
  replay.play();
  return random::print(script) + "----\n" + text + "---- reference\n" +
         random::print(random::ask(replay.store(), text, Executor::reference)) + "---- vectorised\n" +
         random::print(random::ask(replay.store(), text, Executor::vectorised));
}

TEST(Agreement, OfColumnsAndTheReference) {
  constexpr int people = 60, texts = 6, statements = 6;
  const std::uint64_t seed = number_from("CHARTLINE_SEED", 0), stores = number_from("CHARTLINE_STORES", 12);
  std::size_t asked = 0, by_columns = 0, differences = 0;
  for (std::uint64_t i = 0; i < (seed ? 1 : stores) && differences < 3; ++i) {
    const std::uint64_t this_seed = seed ? seed : i + 1;
    const Script script = random::random_script(this_seed, people);
    const std::uint32_t shards = this_seed % 2 ? 1 : 8;
    Replay replay(script, shards);
    replay.play();
    for (std::uint64_t t = 0; t < texts && differences < 3; ++t) {
      const std::string text = UsualQuery(this_seed * 1000 + t).text(statements);
      const auto prepared = prepare(replay.store(), text, {});
      ASSERT_TRUE(prepared) << prepared.error().message;
      ASSERT_TRUE(prepared->complaints.empty()) << render(prepared->complaints, text);
      for (const typed::Ptr& statement : prepared->program->query.statements) {
        if (is_definition(statement->op)) continue;
        ++asked;
        by_columns += plan(*statement, *prepared->program).way == Way::columns;
      }
      if (!differ(replay.store(), text)) continue;
      ++differences;
      ADD_FAILURE() << "CHARTLINE_SEED=" << this_seed << " shards " << shards << "\n" << reduced(script, shards, text);
    }
  }
  std::cout << asked << " statements, " << by_columns << " of them from columns\n";
  EXPECT_GE(by_columns * 2, asked);
}

// What is counted run by run. Not of people who are linked, nor codes where an event has none: those are left to the reference.
TEST(Agreement, OfTotalsOfAllCodes) {
  constexpr int people = 60, texts = 30;
  const std::uint64_t seed = number_from("CHARTLINE_SEED", 0), stores = number_from("CHARTLINE_STORES", 12);
  for (std::uint64_t i = 0; i < (seed ? 1 : stores) && !::testing::Test::HasFailure(); ++i) {
    const std::uint64_t this_seed = seed ? seed : i + 1;
    Script script = random::random_script(this_seed, people);
    const bool without_a_code = this_seed % 3 == 0;
    std::erase_if(script.steps, [&](random::Step& step) {
      const bool tells = !step.events.empty();
      std::erase_if(step.events, [&](const record::Event& one) { return one.code.code.empty() && !without_a_code; });
      const bool links = step.what == random::Step::What::link || step.what == random::Step::What::unlink;
      return links || (tells && step.events.empty());
    });
    const std::uint32_t shards = this_seed % 2 ? 1 : 8;
    Replay replay(script, shards);
    replay.play();
    for (std::uint64_t t = 0; t < texts && !::testing::Test::HasFailure(); ++t) {
      const std::string text = UsualQuery(this_seed * 1000 + t).totals();
      const auto prepared = prepare(replay.store(), text, {});
      ASSERT_TRUE(prepared && prepared->complaints.empty()) << text;
      EXPECT_EQ(plan(*prepared->program->query.statements.back(), *prepared->program).way, Way::columns) << text;
      if (differ(replay.store(), text))
        ADD_FAILURE() << "CHARTLINE_SEED=" << this_seed << " shards " << shards << "\n"
                      << reduced(script, shards, text);
    }
  }
}

// Values of one scale, as most codes have them: they are compared without being made numbers first.
TEST(Agreement, OfValuesWrittenAlike) {
  Script script;
  random::Chance chance(7);
  for (const bool negative : {false, true}) {
    for (int person = 0; person < 40; ++person) {
      random::Step step = about(random::Step::What::load, "p" + std::to_string(person));
      for (int i = 0; i < 20; ++i) {
        record::Event event =
            coded(record::Kind::observation, negative ? "below" : "above", 18'000 + static_cast<int>(chance.below(700)));
        event.value.form = record::Value::Form::number;
        event.value.number = record::decimal(static_cast<std::int64_t>(chance.below(3000)) - (negative ? 1500 : 0), 1);
        step.events.push_back(event);
      }
      script.steps.push_back(step);
    }
  }
  Replay replay(script, 1);
  replay.play();
  std::string text;
  for (const std::string code : {"above", "below"}) {
    for (const std::string op : {"=", "!=", "<", "<=", ">", ">="}) {
      for (const std::string bound : {"160", "160.1", "160.05", "0", "-0.1", "1000000", "-1000000", "299.9"})
        text += "tally observation[local:" + code + "] where value " + op + " " + bound + "\n";
    }
  }
  text += "tally any[*] where value > 160 by year(it)\ncount exists any[*] where value > 290\ncount no any[*]\n";
  for (const std::string op : {"=", "!=", "<", "<=", ">", ">="}) {
    for (const std::string bound : {"-1000000", "-149.9", "0", "160.1", "299.9", "1000000"})
      text += "tally any[*] where value " + op + " " + bound + "\n";
  }
  expect_agreement(replay.store(), text, 2);  // the second time it is known what each run holds at most
}

// Values of few days in one unit, some of one instant: what goes by their order, and by the second.
TEST(Agreement, OfValuesOfOneInstant) {
  Script script;
  random::Chance chance(23);
  for (int person = 0; person < 400; ++person) {
    random::Step step = about(random::Step::What::load, "p" + std::to_string(person));
    for (std::uint64_t i = 0, events = 2 + chance.below(4); i < events; ++i) {
      const auto day = 18'000 + static_cast<int>(chance.below(4));
      record::Event event = coded(record::Kind::observation, chance.one_in(3) ? "b" : "a", day);
      if (!chance.one_in(4))
        event.start = record::at_instant(day * record::micros_per_day + static_cast<Micros>(11 + chance.below(2) * 12) *
                                                                            3'600 * record::micros_per_second,
                                         chance.one_in(3) ? 60 : 0);
      event.value.form = record::Value::Form::number;
      event.value.number = record::decimal(static_cast<std::int64_t>(chance.below(90)), 1);
      if (chance.one_in(8)) event.value.comparator = record::Comparator::greater;
      step.events.push_back(event);
    }
    script.steps.push_back(step);
  }
  Replay replay(script, 1);
  replay.play();
  for (const std::string all : {"observation[local:a]", "observation[{ local:a, local:b }]", "any[*]"}) {
    for (const std::string fold : {"slope", "sum", "avg"})
      expect_agreement(replay.store(), "count exists any[*] by " + fold + "(" + all + ".value)\n");
    for (const std::string& beside : {"(last " + all + " preceding e)", "(first " + all + " following e)",
                                      "(last " + all + " preceding (highest " + all + " within 2d of e))",
                                      "(last (" + all + " as f preceding (last " + all + " within 1d of f)) before e)"}) {
      const std::string change = all + " as e where value - " + beside + ".value";
      expect_agreement(replay.store(), "count exists " + change + " <= -2\ntally " + change + " > 1 by date(it)\n");
    }
    for (const std::string& of : {all, std::string("observation[local:b]")}) {
      for (const std::string& beside :
           {" as e preceding (last " + of + " within 1d of e)", " as e following (first " + of + " within 1d of e)",
            " as e preceding (last " + of + " on or before e)"}) {
        const std::string each = all + beside;
        expect_agreement(replay.store(), "tally " + each + " by date(it)\ncount count(" + each + ") = 1\n");
      }
    }
    for (const std::string gap : {"0d", "1d"})
      expect_agreement(replay.store(), "count exists any[*] by count(episodes(" + all + ", gap " + gap + "))\n");
    expect_agreement(replay.store(), "tally " + all + " as e overlapping (any[local:a] within 1d of e) by date(it)\n");
    const std::string same = "observation[local:a] same date as " + all;
    expect_agreement(replay.store(), "tally " + same + " by date(it)\ncount count(" + same + " where value > 5) >= 2\n");
  }
}

record::Value random_attribute(random::Chance& chance) {
  using Form = record::Value::Form;
  record::Value value;
  value.form = chance.one_in(3) ? chance.of(std::vector{Form::none, Form::code, Form::text, Form::boolean, Form::date})
                                : Form::number;
  if (value.form == Form::number) {
    value.number = record::decimal(static_cast<std::int64_t>(chance.below(90)), 1);
    if (chance.one_in(8)) value.comparator = record::Comparator::less;
    if (chance.one_in(4)) value.unit = chance.one_in(2) ? "mg" : "g";
  }
  if (value.form == Form::code) value.code = {"local", "b", ""};
  if (value.form == Form::text) value.text = chance.one_in(2) ? "5" : "left";
  if (value.form == Form::boolean) value.boolean = chance.one_in(2);
  if (value.form == Form::date) value.date = record::day_time(18'005);
  return value;
}

// Attributes of every form, some twice of one event; loaded, corrected, folded, just written; of somebody with very many events, too.
TEST(Agreement, OfAttributes) {
  Script script;
  random::Chance chance(31);
  for (int time = 0; time < 4; ++time) {
    for (int person = 0; person < 60; ++person) {
      random::Step step =
          about(time == 0 ? random::Step::What::load : random::Step::What::write, "p" + std::to_string(person));
      const bool many = time == 0 && person == 7;
      for (std::uint64_t i = 0, events = many ? 3'000 : 1 + chance.below(time == 0 ? 6 : 1); i < events; ++i) {
        record::Event event = coded(chance.one_in(5) ? record::Kind::observation : record::Kind::medication,
                                    chance.one_in(3) ? "b" : "a", 18'000 + static_cast<int>(chance.below(20)));
        if (chance.one_in(2)) event.record = script.arena->text("r" + std::to_string(time == 0 ? i : chance.below(4)));
        if (!event.record.empty()) event.version = script.arena->text(std::to_string(time));
        if (chance.one_in(9)) event.status = record::Status::entered_in_error;
        std::vector<record::Attribute> attributes;
        if (!chance.one_in(4)) attributes.push_back({"dose", random_attribute(chance)});
        if (chance.one_in(6)) attributes.push_back({"dose", random_attribute(chance)});
        if (chance.one_in(4)) attributes.push_back({"other", random_attribute(chance)});
        event.attributes = script.arena->array(attributes);
        step.events = {event};
        script.steps.push_back(step);
      }
    }
    if (time == 1 || time == 2) script.steps.push_back(about(random::Step::What::fold, ""));
  }
  Replay replay(script, 2);
  replay.play();
  for (const std::string of : {"medication[local:a]", "medication[{ local:a, local:b }]", "any[*]", "any[*] any status",
                               "medication[*] with (any[local:b] within 3d after it where attr.dose > 3)"}) {
    const std::string events = "(" + of + ")";
    for (const std::string that : {"> 5", "= 4.5", "!= 4.5", "<= 2 'mg'", "is missing", "> attr.other", "< value"})
      expect_agreement(replay.store(), "tally " + events + " where attr.dose " + that + " by date(it)\ncount exists " +
                                           events + " where not (attr.dose " + that + ")\n");
    expect_agreement(replay.store(), "tally " + events + " by attr.dose\ntally " + events + " by attr.never\n");
    for (const std::string fold : {"max", "sum", "median"})
      expect_agreement(replay.store(), "count exists any[*] by " + fold + "(" + events + ".attr.dose)\n");
    expect_agreement(replay.store(),
                     "count (last " + events + ").attr.dose * 2 > 5 or (first " + events + ").attr.other is missing\n");
    expect_agreement(replay.store(), "list exists " + events + " select patient, (last " + events + ").attr.dose\n");
  }
}

// How units convert is decided by what is measured: by the primary code, or else by a translation.
TEST(Agreement, OfUnitsOfWhatIsMeasured) {
  const record::Code glucose{"loinc", "2345-7", ""}, a1c{"loinc", "4548-4", ""}, local{"local", "g", ""};
  const std::vector<record::Code> codes = {glucose, a1c, local};
  const std::string_view units[] = {"mg/dL", "mmol/L", "%", "mmol/mol", ""};
  Script script;
  random::Chance chance(29);
  for (int person = 0; person < 300; ++person) {
    const std::string_view unit = chance.of(units);
    for (std::uint64_t i = 0, events = 1 + chance.below(2); i < events; ++i) {
      random::Step step = about(random::Step::What::write, "p" + std::to_string(person));
      record::Event event = coded(record::Kind::observation, "", 18'000 + static_cast<int>(chance.below(400)));
      event.code = codes[chance.below(3)];
      if (chance.one_in(2)) event.translations = script.arena->array(std::vector{codes[chance.below(3)]});
      event.value.form = record::Value::Form::number;
      event.value.number = record::decimal(static_cast<std::int64_t>(chance.below(300)), 1);
      event.value.unit = chance.one_in(4) ? chance.of(units) : unit;
      step.events.push_back(event);
      script.steps.push_back(step);
    }
  }
  Replay replay(script, 1);
  replay.play();
  for (const std::string of : {"loinc:2345-7", "loinc:4548-4", "{ loinc:2345-7, loinc:4548-4 }", "local:g"}) {
    const std::string events = "observation[" + of + "]";
    for (const std::string unit : {"mg/dL", "mmol/L", "%", "mmol/mol"}) {
      const std::string to = " to '" + unit + "'", ten = " 10 '" + unit + "'";
      expect_agreement(replay.store(), "tally " + events + " where value >" + ten + " by date(it)\n");
      expect_agreement(replay.store(), "tally " + events + " where value" + to + " <" + ten + " by date(it)\n");
      const std::string change = " as e where value - (last " + events + " preceding e).value";
      expect_agreement(replay.store(), "tally " + events + change + " > -5 by date(it)\n");
      for (const std::string fold : {"max", "sum"})
        expect_agreement(replay.store(), "count exists any[*] by " + fold + "(" + events + ".value)" + to + "\n");
    }
    expect_agreement(replay.store(), "count (last " + events + ").value > (first any[*]).value\n");
  }
}

// What was just written under one code by several kinds: whoever has none of the kind that is asked about has no place among
// those who are looked at.
TEST(Agreement, OfWhatWasJustWrittenByOthers) {
  Script script;
  for (int person = 0; person < 100; ++person) {
    random::Step step = about(random::Step::What::write, "p" + std::to_string(person));
    const auto kind = person % 7 == 3 ? record::Kind::encounter : record::Kind::observation;
    record::Event& event = step.events.emplace_back(coded(kind, person % 3 == 0 ? "shared" : "other", 18'000 + person));
    event.record = "r" + std::to_string(person);
    script.steps.push_back(step);
  }
  Replay replay(script, 1);
  replay.play();
  for (const std::string text : {"tally encounter[local:shared] by date(it)\n", "list exists encounter[local:shared]\n",
                                 "tally encounter[local:shared] overlapping 2019-01-01..2020-01-01 by date(it)\n"}) {
    expect_agreement(replay.store(), text);
  }
}

// Texts that differ behind what stands for a group.
TEST(Agreement, OfLongTexts) {
  const std::string common(300, 'n'), north = common + " north", south = common + " south";
  Script script;
  for (int person = 0; person < 20; ++person) {
    random::Step step = about(random::Step::What::load, "p" + std::to_string(person));
    for (int i = 0; i < 2; ++i) {
      record::Event& event = step.events.emplace_back(coded(record::Kind::observation, "a", 18'000 + i));
      event.source = {.organisation = person % 3 == i ? north : south, .system = ""};
    }
    script.steps.push_back(step);
  }
  Replay replay(script, 1);
  replay.play();
  for (const std::string text : {"count true by distinct(any[*].source)\n", "tally any[*] by source\n",
                                 "count true by count(source over any[*]), (first any[*]).source\n",
                                 "list true select (first any[*]).source, distinct(any[local:a].source)\n"}) {
    expect_agreement(replay.store(), text);
  }
}

// Words that columns do not hold: the reference reads them where they are asked for.
TEST(Agreement, OfWordsOfEvents) {
  Script script;
  for (int person = 0; person < 20; ++person) {
    random::Step step = about(random::Step::What::load, "p" + std::to_string(person));
    for (int i = 0; i < 2; ++i) {
      record::Event& event = step.events.emplace_back(coded(record::Kind::observation, i ? "a" : "b", 18'000 + i));
      event.code.display = i ? "a fall" : "a rise";
      if (person % 4 == i) event.status = record::Status::in_progress;
      if (person % 3 == i) continue;
      event.value.form = record::Value::Form::text;
      event.value.text = person % 2 ? "left" : "right";
    }
    script.steps.push_back(step);
  }
  for (const std::string text :
       {"tally any[*] where status = in_progress by date(it)\n", "tally any[*] where value = 'left' by date(it)\n",
        "count true by distinct(any[*].value)\n", "tally any[*] where contains(text, 'fall') by date(it)\n",
        "count true by (first any[*]).text\n"}) {
    Replay replay(script, 1);  // whose cache holds nothing yet
    replay.play();
    expect_agreement(replay.store(), text);
  }
}

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

// More events of a block than are counted at once, of codes whose postings stand in several runs and not folded yet.
void expect_agreement_on_many_events(bool some_without_code) {
  Script script;
  random::Chance chance(11);
  const char* const codes[] = {"a", "b", "c", ""};
  const auto tell = [&](random::Step::What what, int person, int events) {
    random::Step step{.what = what, .person = "p" + std::to_string(person), .other = "", .events = {}};
    for (int i = 0; i < events; ++i) {
      record::Event& event = step.events.emplace_back();
      event.kind = chance.one_in(4) ? record::Kind::condition : record::Kind::observation;
      // Whoever has one without a code is left to the reference.
      const std::uint64_t code = chance.below(some_without_code && person < 3 ? 4 : 3);
      if (code < 3) event.code = {.system = "local", .code = codes[code], .display = ""};
      event.start = record::day_time(17'000 + static_cast<int>(chance.below(1500)));
      event.value.form = record::Value::Form::number;
      event.value.number = record::decimal(static_cast<std::int64_t>(chance.below(4000)), 1);
      event.source = {.organisation = chance.one_in(3) ? "south" : "north", .system = ""};
      if (chance.one_in(9)) event.author = record::Author::patient;
      if (chance.one_in(5)) event.status = record::Status::final;
      if (chance.one_in(7)) event.certainty = record::Certainty::confirmed;
    }
    script.steps.push_back(step);
  };
  for (int person = 0; person < 60; ++person) tell(random::Step::What::load, person, 200);
  for (int round = 0; round < 3; ++round) {
    for (int person = 0; person < 70; person += 7) tell(random::Step::What::write, person, 3);
    if (round < 2) script.steps.push_back({.what = random::Step::What::fold});
  }
  const std::string definitions =
      "cohort everything per any[*] as each = true\ncohort high per any[*] where value > 390 as it_was = true\n"
      "cohort some per any[*] as one = one.value > 200\n";
  Replay replay(script, 1);
  replay.play();
  for (const std::string text : {
           "count in everything by each.code",
           "count in everything by each.code, sex",
           "count in everything by year(each), each.code",
           "count in everything by each.kind",
           "count in everything",
           "count in high by it_was.code",
           "tally any[*] by it.code",
           "tally any[*] where value > 395 by it.code",
           "count in some by one.code",
           "count in everything by each.code\ntally any[*] by it.code, kind",
           "tally any[*] by year(it)",
           "tally condition[*] by code, year(it)",
           "tally any[*] by kind, year(it)",
           "tally any[*] by month(it), code, kind",
           "tally observation[*] by source",
           "tally any[*] including contributions by author, source, status",
           "tally any[*] by kind, date(it)",
           "tally any[*] by date(it), source",
           "tally any[*] by code, date(it)",
           "tally any[*] in 2017-03-01..2018-09-30 by certainty, month(it)",
           "tally any[*] where value > 200 by year(it), code",
           "tally any[*] where value > 390 by month(it)",
           "tally any[*] by date(it)",
           "tally any[*] in 2017-03-01..2018-09-30 by month(it)",
           "tally any[*] where value < 100 after 2018-01-31 by year(it)",
           "tally observation[*] where value + 0 > 100 by year(it)",
           "tally any[*] by year((first any[*]))",
           "tally any[*] by exists any[*] where value + 0 > 399",
           "tally any[*] by in high",
           "tally any[*] by in some",
           "count exists any[*] where value > 398",
       }) {
    expect_agreement(replay.store(), definitions + text);
  }
}

std::shared_ptr<const engine::Grant> grant_of_most(const engine::View& view) {
  engine::Grant grant;
  grant.rights = ~engine::Rights{0};
  grant.patients = engine::PatientSet({view.patients(0)});
  for (std::uint32_t id = 3; id < view.patients(0); id += 7) grant.patients.remove({0, id});
  return engine::seal(std::move(grant));
}

// Where memory is short a range is one block, and of runs that reach over all of them its part alone is held.
TEST(Agreement, OfRunsHeldInParts) {
  constexpr int people = 9'000, events_each = 8;  // three blocks
  Script script;
  random::Chance chance(17);
  for (int person = 0; person < people; ++person) {
    random::Step step = about(random::Step::What::load, "p" + std::to_string(person));
    for (int i = 0; i < events_each; ++i) {
      const char* const code = chance.one_in(20) ? "rare" : chance.one_in(2) ? "a" : "b";
      record::Event& event =
          step.events.emplace_back(coded(record::Kind::observation, code, 18'000 + static_cast<int>(chance.below(700))));
      event.value.form = record::Value::Form::number;
      event.value.number = record::decimal(static_cast<std::int64_t>(chance.below(300)), 0);
    }
    script.steps.push_back(step);
  }
  // Taken away again from runs, and added to them.
  for (const int person : {0, 4'095, 4'096, 8'191, 8'192}) {
    script.steps.push_back(about(random::Step::What::erase, "p" + std::to_string(person)));
    random::Step step = about(random::Step::What::write, "p" + std::to_string(person + 1));
    step.events.push_back(coded(record::Kind::observation, "rare", 18'500));
    script.steps.push_back(step);
  }
  Replay replay(script, 1);
  replay.play();
  engine::Store& store = replay.store();
  ASSERT_GT(store.stats().events, 71'000u);
  for (const std::string text :
       {"count (last any[*]).value > 200\n", "count count(any[*] where value > 250) >= 2\n",
        "count (first any[*]).code = local:rare\n",
        "tally any[{ local:a, local:rare }] without (any[local:b] on or after it) by year(it)\n",
        // Rows of more than their cells are made of at once.
        "list true per any[{ local:a, local:b }] select patient, it.date, it.value,\n"
        "  count(any[local:rare] before it) as before, (last any[local:b] before it).value as last, age(it) as age\n"
        "list exists any[local:rare] select patient, (first any[local:rare]).date as first, count(any[local:a]) as "
        "a\n"}) {
    const Prepared prepared = prepare(store, text, {}).value();
    ASSERT_TRUE(prepared.complaints.empty()) << render(prepared.complaints, text);
    const auto asked = [&](const RunOptions& options, bool under_a_grant = false) {
      Answers answers;
      const engine::View all = store.view();
      const auto done = run(prepared, store, under_a_grant ? all.narrowed(grant_of_most(all)) : all, options, answers);
      EXPECT_TRUE(done) << done.error().message;
      std::string said;
      for (const Answer& answer : answers.all) said += random::print(answer);
      return said;
    };
    const std::string reference = asked({.executor = Executor::reference, .threads = 1});
    EXPECT_EQ(asked({.executor = Executor::vectorised, .threads = 1}), reference) << text;
    const RunOptions little{.executor = Executor::vectorised, .threads = 1, .memory_bytes_max = 400'000};
    EXPECT_EQ(asked(little), reference) << text;
    EXPECT_EQ(asked(little, true), asked({.executor = Executor::reference, .threads = 1}, true)) << text;
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

TEST(Agreement, OfManyEventsCountedAsTheyCome) { expect_agreement_on_many_events(false); }
TEST(Agreement, OfManyEventsSomeWithoutACode) { expect_agreement_on_many_events(true); }

}  // namespace
}  // namespace chartline::query::vectorised
