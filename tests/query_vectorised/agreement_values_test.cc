// What events say - values, units, attributes, words - as columns and the reference read it.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "query/vectorised/plan.h"
#include "tests/query_random/answer.h"
#include "tests/query_vectorised/agreement.h"

namespace chartline::query::vectorised {
namespace {

using random::Replay;
using random::Script;

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

// A group's text is as long as any other, whether a value or an attribute says it.
TEST(Agreement, OfLongTextsAsGroups) {
  Script script;
  const std::string letters(300, 'a');
  for (int person = 0; person < 3; ++person) {
    random::Step step = about(random::Step::What::load, "p" + std::to_string(person));
    record::Event event = coded(record::Kind::observation, "a", 18'000);
    event.value.form = record::Value::Form::text;
    event.value.text = script.arena->text(letters + std::to_string(person));
    event.attributes = script.arena->array(std::vector{record::Attribute{"site", event.value}});
    step.events = {event};
    script.steps.push_back(step);
  }
  Replay replay(script, 1);
  replay.play();
  for (const std::string by :
       {"text", "value", "attr.site", "(first any[*]).attr.site", "case when true then attr.site end"}) {
    const std::string text = "tally any[*] by " + by;
    expect_agreement(replay.store(), text);
    const random::Asked asked = random::ask(replay.store(), text, Executor::vectorised);
    ASSERT_EQ(asked.answers.size(), 1u) << asked.why;
    ASSERT_EQ(asked.answers[0].rows.size(), 1u) << by;
    EXPECT_EQ(std::get<std::string>(asked.answers[0].rows[0][0]), letters.substr(0, 256)) << by;
  }
}

// Encounters of two sources that give them the same ids, and of some events only; corrected, folded, just written; of linked
// patients; of somebody of whose many events few are left.
TEST(Agreement, OfSharedEncounters) {
  Script script;
  random::Chance chance(37);
  const auto some_id = [&](char letter, std::uint64_t of) {
    return script.arena->text(letter + std::to_string(chance.below(of)));
  };
  for (int time = 0; time < 4; ++time) {
    for (int person = 0; person < 60; ++person) {
      const bool is_load = time == 0, changes = time == 1 && person == 7;
      for (std::uint64_t i = 0, events = changes   ? 400
                                         : is_load ? 1 + chance.below(9)
                                                   : chance.below(3);
           i < events; ++i) {
        random::Step step =
            about(is_load ? random::Step::What::load : random::Step::What::write, "p" + std::to_string(person));
        const bool is_stay = !changes && chance.one_in(3);
        record::Event event = coded(is_stay ? record::Kind::encounter : record::Kind::observation,
                                    chance.one_in(3) ? "b" : "a", 18'000 + static_cast<int>(chance.below(20)));
        if (chance.one_in(3)) event.source = {.organisation = "south", .system = chance.one_in(2) ? "" : "ward"};
        if (is_stay && !chance.one_in(6)) event.record = some_id('e', 6);
        if (!is_stay && (changes || chance.one_in(3))) event.record = changes ? "r" : some_id('r', 9);
        if (!chance.one_in(4)) event.encounter = some_id('e', 6);
        if (!event.record.empty())
          event.version = script.arena->text(std::to_string(time * 1'000 + static_cast<int>(i)));
        if (chance.one_in(9)) event.status = record::Status::entered_in_error;
        step.events = {event};
        script.steps.push_back(step);
      }
    }
    if (time == 1 || time == 2) script.steps.push_back(about(random::Step::What::fold, ""));
  }
  random::Step link = about(random::Step::What::link, "p3");
  link.other = "p4";
  script.steps.push_back(link);
  Replay replay(script, 2);
  replay.play();
  for (const std::string of : {"observation[local:a]", "(any[local:b] any status)", "any[*]", "(last observation[*])"}) {
    for (const std::string as :
         {"encounter[*]", "encounter[local:b]", "(first any[*])", "(any[*] any status)",
          "(observation[local:b] within 2d of e)", "(any[*] same encounter as encounter[local:a])"}) {
      const std::string shared = "(" + of + " as e same encounter as " + as + ")";
      expect_agreement(replay.store(), "count exists " + shared + "\ntally " + shared + " by date(it)\ncount exists " +
                                           shared + " after 2019-04-20\nlist exists " + shared + "\n");
      expect_agreement(replay.store(), "count exists any[*] as x with (" + shared + " within 3d of x)\n");
    }
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

}  // namespace
}  // namespace chartline::query::vectorised
