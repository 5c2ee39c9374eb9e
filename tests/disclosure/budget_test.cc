// Many rephrasings of one question are many draws of noise. An adversary who knows everything but whether one person has a disease asks
// for the same two figures in hundreds of words, and takes their mean; a budget of questions leaves them few.
#include <gtest/gtest.h>

#include <random>

#include "engine/storage/memory.h"
#include "engine/trust/question_budget.h"
#include "tests/disclosure/planner.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using GrantPtr = std::shared_ptr<const engine::Grant>;

GrantPtr budgeted(engine::Store& store, std::uint64_t key, std::uint32_t questions, const std::string& user,
                  const std::string& project = "") {
  engine::Grant grant = *planner(store, engine::Disclosure::nhs_hes, key);
  grant.user = user, grant.project = project;
  grant.questions_max = questions, grant.question_days = 30;
  return engine::seal(std::move(grant));
}

struct World {
  World(std::uint64_t seed, bool ill) {
    std::mt19937_64 random(seed);
    std::string lines = "target female 1911-11-11\n";
    for (int i = 0; i < 40; ++i) {
      const std::string name = "p" + std::to_string(i);
      lines += name + " male 19" + std::to_string(12 + random() % 80) + "-01-10\n";
      if (i < 22) lines += name + " 2012-03-11 condition local:disease\n";
    }
    if (ill) lines += "target 2012-03-03 condition local:disease\n";
    store.tell(lines);
  }
  SmallStore store;
};

// How many have the disease, and how many but for the target, in words that nobody has used yet: nobody was born in 17xx.
std::string pair_of(int i) {
  const std::string words = "count exists condition[local:disease] and birth != " + std::to_string(1700 + i / 12) +
                            "-" + (i % 12 < 9 ? "0" : "") + std::to_string(1 + i % 12) + "-01";
  return words + "\n" + words + " and birth != 1911-11-11\n";
}

std::optional<double> figure(const Answer& answer) {
  if (answer.rows.empty()) return std::nullopt;
  const auto* told = std::get_if<std::int64_t>(&answer.rows[0][0]);
  return told ? std::optional(static_cast<double>(*told)) : std::nullopt;
}

// How often the adversary is right who asks `pairs` pairs of questions, two at a time, until they are refused.
double right(int pairs, std::uint32_t budget, int worlds) {
  constexpr std::uint64_t seed = 20'261'126;
  World healthy(seed, false), ill(seed, true);
  int correct = 0;
  for (int world = 0; world < worlds; ++world) {
    const bool truth = world % 2 == 1;
    engine::Store& store = (truth ? ill : healthy).store.store();
    const GrantPtr grant =
        budgeted(store, seed + static_cast<std::uint64_t>(world), budget, "adversary " + std::to_string(world));
    double sum = 0;
    int told = 0;
    constexpr int at_once = 5;
    for (int i = 0; i < pairs; i += at_once) {
      std::string text;
      for (int k = 0; k < at_once; ++k) text += pair_of(i + k);
      const auto answers = ask(store, grant, text);
      if (!answers) {
        EXPECT_EQ(answers.error().fault, Fault::denied);
        break;
      }
      for (std::size_t k = 0; k + 1 < answers->size(); k += 2) {
        const auto with = figure((*answers)[k]), without = figure((*answers)[k + 1]);
        if (with && without) sum += *with - *without, ++told;
      }
    }
    correct += (told > 0 && sum / told > 0.5) == truth;
  }
  return static_cast<double>(correct) / worlds;
}

TEST(Budget, WithoutOneManyRephrasingsTellOnePersonApart) { EXPECT_GT(right(300, 0, 40), 0.9); }

TEST(Budget, LeavesAnAdversaryFewDraws) { EXPECT_LT(right(300, 10, 400), 0.75); }

class Questions : public testing::Test {
 protected:
  Questions() { world_.store.tell("q female 1950-01-01\n"); }
  std::string asked(const GrantPtr& grant, const std::string& text) {
    const auto answers = ask(world_.store.store(), grant, text);
    return answers ? "told" : std::string(name(answers.error().fault)) + ": " + answers.error().message;
  }
  GrantPtr of(const std::string& user, const std::string& project = "") {
    return budgeted(world_.store.store(), 7, 3, user, project);
  }

  World world_{5, true};
};

TEST_F(Questions, AreCountedAndRefusedInWords) {
  const GrantPtr rosa = of("rosa");
  EXPECT_EQ(asked(rosa, "count true\ncount sex = female"), "told");
  EXPECT_EQ(asked(rosa, "count sex = male"), "told");
  const std::string refused = asked(rosa, "count birth != 1911-11-11");
  EXPECT_TRUE(
      refused.starts_with("denied: the budget of 3 different questions in 30 days is spent: a new one begins on 2"))
      << refused;
  // What was asked before is free, however it is laid out.
  EXPECT_EQ(asked(rosa, "count   sex  =  male"), "told");
  EXPECT_EQ(asked(of("rosa"), "count true"), "told") << "another session";
  EXPECT_TRUE(asked(of("rosa"), "count birth != 1911-11-11").starts_with("denied")) << "it has no budget of its own";
  EXPECT_EQ(asked(of("omar"), "count birth != 1911-11-11"), "told") << "another user has";
}

TEST_F(Questions, ForAnotherPurposeAreOthers) {
  engine::Grant grant = *of("rosa");
  grant.purpose = engine::Purpose::national_extract;
  const GrantPtr extract = engine::seal(std::move(grant));
  EXPECT_EQ(asked(of("rosa"), "count true\ncount sex = male"), "told");
  EXPECT_EQ(asked(extract, "count true"), "told");
  EXPECT_TRUE(asked(extract, "count sex = male").starts_with("denied"));
}

TEST_F(Questions, OfATextAreAllowedTogetherOrNotAtAll) {
  const GrantPtr rosa = of("rosa");
  EXPECT_TRUE(
      asked(rosa, "count true\ncount sex = female\ncount sex = male\ncount birth != 1911-11-11").starts_with("denied"));
  EXPECT_EQ(asked(rosa, "count true\ncount sex = female\ncount sex = male"), "told") << "nothing was spent";
}

TEST_F(Questions, OfAProjectAreOneBudgetOfAllItsMembers) {
  EXPECT_EQ(asked(of("rosa", "falls"), "count true\ncount sex = female\ncount sex = male"), "told");
  EXPECT_TRUE(asked(of("omar", "falls"), "count birth != 1911-11-11").starts_with("denied"));
  EXPECT_EQ(asked(of("omar", "frailty"), "count birth != 1911-11-11"), "told");
}

TEST(QuestionBudget, OutlivesARestartAndBeginsAnew) {
  const auto disk = std::make_shared<engine::MemoryDisk>();
  const auto opened = [&] {
    auto store = engine::Store::open(std::shared_ptr<engine::Backend>(engine::memory_backend(disk)), {});
    EXPECT_TRUE(store);
    return std::move(*store);
  };
  ASSERT_TRUE(engine::Store::init(*engine::memory_backend(disk), {.shards = 1, .zone = "UTC"}));
  engine::Grant grant;
  grant.user = "rosa";
  grant.questions_max = 2, grant.question_days = 30;
  const std::uint64_t first[] = {1, 2}, another[] = {3};
  const Micros day = record::micros_per_day;
  {
    const auto store = opened();
    EXPECT_TRUE(engine::spend_questions(*store, grant, first, 60 * day));
  }
  disk->crash();
  const auto store = opened();
  EXPECT_TRUE(engine::spend_questions(*store, grant, first, 89 * day)) << "asked before";
  const auto refused = engine::spend_questions(*store, grant, another, 90 * day - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the budget of 2 different questions in 30 days is spent: a new one begins on 1970-04-01; what was asked "
            "before may be asked again");
  EXPECT_TRUE(engine::spend_questions(*store, grant, another, 90 * day));
}

}  // namespace
}  // namespace chartline::query
