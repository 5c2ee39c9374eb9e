// A view narrowed by a grant answers as a store that was never told of anything else: random grants over random histories,
// every way of reading, and random questions to both executors.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <tuple>

#include "tests/query_random/answer.h"
#include "tests/query_random/narrowing.h"
#include "tests/query_random/random_query.h"
#include "tests/query_random/seed.h"

namespace chartline::query::random {
namespace {

using engine::PatientRef;
using engine::View;
using Lines = std::vector<std::string>;

constexpr int people = 60;

// The two stores, and a view of each that must say the same.
class Pair {
 public:
  Pair(std::uint64_t seed, std::uint32_t shards, int persons = people, int events = 18)
      : Pair(seed, shards, random_script(seed, persons, events)) {}
  Pair(std::uint64_t seed, std::uint32_t shards, Script script)
      : narrowing(seed, static_cast<Narrowing::What>(seed % Narrowing::whats), std::move(script)),
        told_(narrowing.told, shards),
        permitted_(narrowing.permitted, shards) {
    told_.play(), permitted_.play();
    narrow.emplace(told().view().narrowed(narrowing.grant(told())));
    plain.emplace(permitted().view());
  }
  engine::Store& told() { return told_.store(); }
  engine::Store& permitted() { return permitted_.store(); }
  Micros past(std::uint64_t of, std::uint64_t parts) const {
    return first_commit + (told_.now() - first_commit) * static_cast<Micros>(of) / static_cast<Micros>(parts);
  }

  Narrowing narrowing;
  std::optional<View> narrow, plain;

 private:
  Replay told_, permitted_;
};

void for_seeds(std::uint64_t first, int count, const std::function<void(std::uint64_t)>& test) {
  for (std::uint64_t seed = seed_of_run() + first, end = seed + static_cast<std::uint64_t>(count); seed < end; ++seed) {
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed - first));
    test(seed);
    if (testing::Test::HasFatalFailure()) return;
  }
}

// -- what a view says of everyone, without the numbers that each store gives for itself

// Of whom a grant hides something it tells no places in the source either, so that the store which holds the rest has them left out.
using InPart = std::function<bool(const std::string& person)>;

std::string text(record::Event event, bool in_part) {
  if (in_part) event.sequence = 0;
  Step step{.what = Step::What::write, .person = "p", .events = {event}};
  return print(step);
}

std::string person_of(const View& view, PatientRef patient) {
  record::Arena room;
  const auto names = view.identifiers(patient, room).value();
  return names.empty() ? "?" : std::string(names.front().value);
}

std::vector<PatientRef> everyone(const View& view) {
  std::vector<PatientRef> all;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
      if (view.sees({shard, id})) all.push_back({shard, id});
    }
  }
  return all;
}

Lines timeline(const View& view, PatientRef patient, engine::TimelineFilter filter, const InPart& in_part) {
  Lines lines;
  do {
    engine::Timeline read = view.timeline(patient, filter).value();
    for (std::size_t i = 0; i < read.size(); ++i) {
      const std::string person = person_of(view, read.patient(i));
      lines.push_back(person + ": " + text(read.event(i).value(), in_part(person)));
    }
    filter.cursor = read.next();
  } while (!filter.cursor.empty());
  return lines;
}

std::string demographics(const View& view, PatientRef patient) {
  const engine::Demographics who = view.demographics(patient).value();
  return record::print(who.birth) + "|" + record::print(who.death) + "|" + (who.dead ? "dead" : "") + "|" +
         (who.sex ? std::string(view.code_of(patient.shard, who.sex).code) : "");
}

// Everything that can be read of one person by name; empty for one who is unknown.
Lines all_of(
    const View& view, const std::string& name, const InPart& in_part = [](const std::string&) { return false; }) {
  const auto patient = view.find("test|" + name).value();
  if (!patient) return {};
  EXPECT_EQ(view.find(name).value(), patient);
  Lines lines = {"demographics " + demographics(view, *patient)};
  for (const PatientRef one : view.linked(*patient)) lines.push_back("linked " + person_of(view, one));
  std::ranges::sort(lines);
  for (const bool hidden : {false, true}) {
    const Lines whole = timeline(view, *patient, {.include_hidden = hidden}, in_part);
    lines.insert(lines.end(), whole.begin(), whole.end());
    EXPECT_EQ(timeline(view, *patient, {.include_hidden = hidden, .limit = 3}, in_part), whole) << "page by page";
    Lines backwards = timeline(view, *patient, {.include_hidden = hidden, .backwards = true, .limit = 2}, in_part);
    std::ranges::reverse(backwards);
    EXPECT_EQ(backwards, whole) << "backwards";
    const auto observations = 1u << static_cast<unsigned>(record::Kind::observation);
    for (const engine::TimelineFilter& filter :
         {engine::TimelineFilter{.kinds = observations, .include_hidden = hidden},
          engine::TimelineFilter{.codes = {{"local", "c1", ""}, {"icd10", "E1*", ""}}, .include_hidden = hidden},
          engine::TimelineFilter{.sources = {{"org1", ""}}, .include_hidden = hidden}}) {
      const Lines some = timeline(view, *patient, filter, in_part);
      lines.insert(lines.end(), some.begin(), some.end());
    }
  }
  record::Arena room;
  const std::vector<View::Version> versions = view.history(*patient, room).value();
  const auto first = static_cast<std::ptrdiff_t>(lines.size());
  for (const View::Version& version : versions)
    lines.push_back((version.removed ? "was " : "is ") + text(version.event, in_part(name)));
  std::sort(lines.begin() + first, lines.end());  // those of one commit come by number
  engine::Timeline own;
  EXPECT_TRUE(view.own_timeline(*patient, {}, stored::field_hot, own));
  lines.push_back("own " + std::to_string(own.size()));
  return lines;
}

Lines postings(const View& view) {
  Lines lines;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    const std::uint32_t last = view.patients(shard) / stored::block_patients;
    for (engine::Name name = 0; name <= view.codes(shard); ++name) {
      const record::Code code = view.code_of(shard, name);
      const auto merged = view.merged_postings(shard, name, 0, last).value();
      for (const stored::Posting& posting : merged)
        lines.push_back(person_of(view, {shard, posting.patient}) + " " + std::string(code.system) + ":" +
                        std::string(code.code) + " " + std::to_string(posting.day) + " " + std::to_string(posting.flags) +
                        " " + std::string(view.unit_of(shard, posting.unit)) + " " + record::print(posting.value.number));
    }
  }
  std::ranges::sort(lines);
  return lines;
}

TEST(Narrowed, ReadsAsAStoreThatHoldsNothingElse) {
  int known = 0, unknown = 0;
  for_seeds(200, 20, [&](std::uint64_t seed) {
    Pair pair(seed, seed % 2 ? 1 : 8);
    SCOPED_TRACE(pair.narrowing.print());
    const auto in_part = [&](const std::string& person) {
      const auto patient = pair.narrow->find("test|" + person).value();
      return patient && !pair.narrow->grant()->shows_all_of(*patient);
    };
    for (int person = 0; person < people; ++person) {
      const std::string name = "p" + std::to_string(person);
      const Lines said = all_of(*pair.narrow, name);
      ASSERT_EQ(said, all_of(*pair.plain, name, in_part)) << name;
      ++(said.empty() ? unknown : known);
      const Micros then = pair.past(seed % 7, 7);
      const View past = pair.told().view_as_of(then).narrowed(pair.narrow->shared_grant());
      const View plain = pair.permitted().view_as_of(then);
      if (said.empty()) continue;
      ASSERT_EQ(all_of(past, name), all_of(plain, name, in_part)) << name << ", in the past";
    }
  });
  EXPECT_GT(known, 200);
  EXPECT_GT(unknown, 200);
}

TEST(Narrowed, HidesTheUnseenBehindTheTextOfTheUnknown) {
  for_seeds(300, 10, [&](std::uint64_t seed) {
    Pair pair(seed, 1);
    const View all = pair.told().view();
    const View& narrow = *pair.narrow;
    const PatientRef never{0, all.patients(0)};
    record::Arena room;
    int unseen = 0;
    for (std::uint32_t id = 0; id < all.patients(0); ++id) {
      const PatientRef patient{0, id};
      if (narrow.sees(patient)) continue;
      ++unseen;
      const auto same = [&](const auto& read) {
        const auto of_unseen = read(patient), of_never = read(never);
        ASSERT_FALSE(of_unseen);
        ASSERT_FALSE(of_never);
        EXPECT_EQ(of_unseen.error().fault, of_never.error().fault);
        EXPECT_EQ(of_unseen.error().message, of_never.error().message);
      };
      same([&](PatientRef who) { return narrow.timeline(who, {}); });
      same([&](PatientRef who) { return narrow.history(who, room); });
      same([&](PatientRef who) { return narrow.demographics(who); });
      same([&](PatientRef who) { return narrow.identifiers(who, room); });
      same([&](PatientRef who) { return narrow.original(who, {.number = 1, .has_original = true}); });
      same([&](PatientRef who) {
        engine::Timeline own;
        return narrow.own_timeline(who, {}, stored::field_hot, own);
      });
      same([&](PatientRef who) {
        return narrow.timelines(std::span(&who, 1), {}, stored::field_hot,
                                [](PatientRef, engine::Timeline&) { return Result<void>(); });
      });
      EXPECT_EQ(narrow.linked(patient), std::vector{patient});
      for (const auto& person : narrow.persons()) EXPECT_EQ(std::ranges::count(person, patient), 0);
    }
    EXPECT_GT(unseen, 0);
  });
}

TEST(Narrowed, ReadsManyTimelinesAsOne) {
  for_seeds(400, 5, [&](std::uint64_t seed) {
    Pair pair(seed, seed % 2 ? 1 : 8);
    const std::vector<PatientRef> seen = everyone(*pair.narrow);
    std::size_t at = 0;
    ASSERT_TRUE(pair.narrow->timelines(seen, {}, stored::field_hot,
                                       [&](PatientRef patient, engine::Timeline& read) -> Result<void> {
                                         EXPECT_EQ(patient, seen[at++]);
                                         EXPECT_EQ(read.size(), pair.narrow->timeline(patient, {}).value().size());
                                         return {};
                                       }));
    EXPECT_EQ(at, seen.size());
  });
}

// Postings tell of those who are shown in whole.
TEST(Narrowed, PostingsAreOfNobodyElse) {
  int compared = 0;
  for_seeds(500, 15, [&](std::uint64_t seed) {
    Pair pair(seed, seed % 2 ? 1 : 8);
    if (!pair.narrow->has_postings()) {
      EXPECT_FALSE(pair.narrow->merged_postings(0, 1, 0, 0));
      EXPECT_FALSE(pair.narrow->postings(0, 1, 0, 0, stored::posting_field_all));
      EXPECT_FALSE(pair.narrow->sizes_of_all_postings(0));
      EXPECT_FALSE(pair.narrow->demographics(0u, 0u));
      return;
    }
    EXPECT_EQ(pair.narrow->sizes_of_all_postings(0).error().fault, Fault::unsupported);  // they are of everyone
    std::vector<std::string> in_part;
    for (const PatientRef patient : pair.narrow->seen_in_part())
      in_part.push_back(person_of(*pair.narrow, patient) + " ");
    Lines expected = postings(*pair.plain);
    std::erase_if(expected, [&](const std::string& line) {
      return std::ranges::any_of(in_part, [&](const std::string& person) { return line.starts_with(person); });
    });
    ASSERT_EQ(postings(*pair.narrow), expected);
    compared += static_cast<int>(expected.size());
    for (std::uint32_t shard = 0; shard < pair.narrow->shards(); ++shard) {
      EXPECT_FALSE(pair.narrow->directory(shard, 1));
      const auto who = pair.narrow->demographics(shard, 0u).value();
      for (std::uint32_t id = 0; id < pair.narrow->patients(shard); ++id) {
        if (pair.narrow->grant()->whole.contains({shard, id})) continue;
        EXPECT_FALSE(who.at(id).birth.known() || who.at(id).dead || who.at(id).sex);
      }
    }
  });
  EXPECT_GT(compared, 1'000);
}

// -- questions

// Rows come in the order of a store's own numbers.
Asked in_order(Asked asked) {
  for (Answer& answer : asked.answers) {
    std::ranges::sort(answer.rows, {}, [](const std::vector<Cell>& row) {
      Lines cells;
      for (const Cell& cell : row) cells.push_back(query::print(cell));
      return cells;
    });
  }
  return asked;
}

void compare_questions(Pair& pair, std::uint64_t seed, int texts, int statements, int& compared) {
  for (int i = 0; i < texts; ++i) {
    const std::string question = RandomQuery(seed * 1'000 + static_cast<std::uint64_t>(i)).text(statements);
    const Asked expected = in_order(ask(pair.permitted(), *pair.plain, question, Executor::reference));
    if (expected.end == Asked::End::refused) continue;
    for (const Executor executor : {Executor::reference, Executor::vectorised, Executor::automatic}) {
      const Asked said = in_order(ask(pair.told(), *pair.narrow, question, executor));
      ASSERT_TRUE(agree(said, expected)) << pair.narrowing.print() << ", executor " << static_cast<int>(executor) << "\n"
                                         << question << "---- narrowed\n"
                                         << print(said) << "---- told nothing else\n"
                                         << print(expected);
    }
    compared += statements;
  }
}

TEST(Narrowed, AnswersAsAStoreThatHoldsNothingElse) {
  int compared = 0;
  for_seeds(600, 15, [&](std::uint64_t seed) {
    Pair pair(seed, seed % 2 ? 1 : 8);
    compare_questions(pair, seed, 6, 15, compared);
  });
  EXPECT_GT(compared, 800);
}

TEST(Narrowed, AnswersSoOverSeveralBlocks) {
  int compared = 0;
  for_seeds(700, 5, [&](std::uint64_t seed) {
    Pair pair(seed, 1, 9'000, 3);
    compare_questions(pair, seed, 1, 12, compared);
  });
  EXPECT_GT(compared, 30);
}

// Whoever changed since is asked about one by one, among the few who have the code: but not those who are not seen.
TEST(Narrowed, AnswersAsOfAnInstantThoughOthersHaveChangedSince) {
  int compared = 0;
  for_seeds(950, 12, [&](std::uint64_t seed) {
    Pair pair(seed, seed % 2 ? 1 : 8);
    for (std::uint64_t part = 1; part < 7; ++part) {
      const std::string as_of = "as of " + record::print(record::at_instant(pair.past(part, 7))) + " ";
      for (const char* some : {"observation[loinc:2345-7]", "procedure[loinc:2345-7] including contributions",
                               "condition[icd10:E11*]", "any[snomed:101]", "any[local:c1]", "any[loinc:2345-7]"}) {
        const std::string question =
            as_of + "measure (exists any[icd10:E10]) over (exists " + some + ") every 90d from 2019-03-15 to 2020\n";
        const Asked expected = ask(pair.permitted(), *pair.plain, question, Executor::reference);
        ASSERT_EQ(expected.end, Asked::End::answered) << expected.why;
        for (const Executor executor : {Executor::reference, Executor::vectorised}) {
          const Asked said = ask(pair.told(), *pair.narrow, question, executor);
          ASSERT_TRUE(agree(said, expected)) << pair.narrowing.print() << "\n"
                                             << question << print(said) << "---- told nothing else\n"
                                             << print(expected);
        }
        ++compared;
      }
    }
  });
  EXPECT_EQ(compared, 12 * 6 * 6);
}

// Plans, and what a plan came to, are the same whoever else is in the store; times aside.
TEST(Narrowed, PlansTellNothingOfOthers) {
  int compared = 0;
  for_seeds(800, 10, [&](std::uint64_t seed) {
    // Who was erased is a number without a record, which the plan of a store without grant counts.
    Script script = random_script(seed, people);
    std::erase_if(script.steps, [](const Step& step) { return step.what == Step::What::erase; });
    Pair pair(seed, 1, std::move(script));
    const View other = pair.permitted().view().narrowed(grant_of_everyone(pair.permitted()));
    if (!pair.narrow->has_postings() || !pair.narrow->seen_in_part().empty()) return;
    for (int i = 0; i < 20; ++i) {
      RandomQuery make(seed * 1'000 + static_cast<std::uint64_t>(i));
      make.may_explain = make.may_look_back = make.may_ask_why = false;
      const std::string definitions = make.definitions(), statement = make.statement();
      for (const std::string_view how : {"explain ", "explain analyze "}) {
        const std::string question = definitions + std::string(how) + statement + "\n";
        Asked said = ask(pair.told(), *pair.narrow, question, Executor::automatic);
        Asked expected = ask(pair.permitted(), other, question, Executor::automatic);
        if (said.end == Asked::End::refused || expected.end == Asked::End::refused) continue;
        for (Asked* asked : {&said, &expected}) {
          for (Answer& answer : asked->answers)
            std::erase_if(answer.rows, [](const std::vector<Cell>& row) { return row[0] == Cell(std::string("time")); });
        }
        ASSERT_EQ(print(said), print(expected)) << question;
        ++compared;
      }
    }
  });
  EXPECT_GT(compared, 50);
}

TEST(Narrowed, ProgressCountsWhomItSees) {
  Pair pair(seed_of_run() + 900, 1);
  const Prepared prepared = prepare(pair.told(), "count exists any[local:c1]", {}).value();
  ASSERT_TRUE(prepared.complaints.empty());
  std::uint64_t of = 0;
  Answers answers;
  ASSERT_TRUE(run(prepared, pair.told(), *pair.narrow, {.progress = [&](const Progress& now) { of = now.of; }}, answers));
  EXPECT_EQ(of, everyone(*pair.narrow).size());
  EXPECT_LT(of, pair.told().view().patients(0));
}

}  // namespace
}  // namespace chartline::query::random
