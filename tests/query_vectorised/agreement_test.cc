// Usual queries over random stores: columns and the reference give the same. CHARTLINE_SEED replays one store,
// CHARTLINE_STORES asks more or fewer. And of many events, in parts of runs.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <tuple>

#include "engine/trust/grant.h"
#include "query/vectorised/plan.h"
#include "tests/lane.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/shrink.h"
#include "tests/query_vectorised/agreement.h"
#include "tests/query_vectorised/usual_query.h"

namespace chartline::query::vectorised {
namespace {

using random::Asked;
using random::Replay;
using random::Script;

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

TEST(Agreement, OfManyEventsCountedAsTheyCome) { expect_agreement_on_many_events(false); }
TEST(Agreement, OfManyEventsSomeWithoutACode) { expect_agreement_on_many_events(true); }

}  // namespace
}  // namespace chartline::query::vectorised
