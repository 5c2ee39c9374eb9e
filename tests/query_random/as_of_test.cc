// As of: a random history is told step by step, and questions are asked of the store as it stands at several moments. At the
// end, asked as of each of these moments, it gives the same answers.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/query_random/answer.h"
#include "tests/query_random/random_query.h"
#include "tests/query_random/script.h"
#include "tests/query_random/seed.h"

namespace chartline::query::random {
namespace {

struct Remembered {
  Micros at;
  std::string definitions;
  std::string statement;
  Answer answer;
};

std::string instant(Micros at) { return record::print(record::at_instant(at)); }

class History {
 public:
  History(const Script& script, std::uint32_t shards, std::uint64_t seed) : replay_(script, shards), make_(seed) {
    make_.may_explain = make_.may_ask_why = make_.may_look_back = false;
  }

  void run(std::size_t steps, std::size_t moments) {
    std::size_t step = 0;
    do {
      ++step;
      if (replay_.now() > first_commit && make_.chance().below(steps) < moments) remember();
    } while (replay_.step());
    for (const Remembered& one : remembered_) {
      const std::string text = one.definitions + "as of " + instant(one.at) + " " + one.statement + "\n";
      const Asked now = ask(replay_.store(), text, Executor::automatic);
      ASSERT_EQ(now.end, Asked::End::answered) << now.why << text;
      ASSERT_TRUE(agree(now.answers.at(0), one.answer)) << text << "now\n"
                                                        << print(now.answers.at(0)) << "then\n"
                                                        << print(one.answer);
      ++compared;
    }
  }

  int compared = 0;

 private:
  void remember() {
    const std::string definitions = make_.definitions();
    for (int i = 0; i < 5; ++i) {
      const std::string statement = make_.statement();
      Asked then = ask(replay_.store(), definitions + statement + "\n", Executor::automatic);
      if (then.end == Asked::End::refused) continue;
      ASSERT_EQ(then.end, Asked::End::answered) << then.why << definitions << statement;
      // Half a step after the last one, and before the next.
      remembered_.push_back({replay_.now() - commit_step / 2, definitions, statement, std::move(then.answers.at(0))});
    }
  }

  Replay replay_;
  RandomQuery make_;
  std::vector<Remembered> remembered_;
};

TEST(AsOf, AnswersWhatWasAnsweredThen) {
  int compared = 0;
  for (std::uint64_t seed = seed_of_run() + 40, end = seed + number_from("CHARTLINE_STORES", 6); seed < end; ++seed) {
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed - 40));
    Script script = random_script(seed, 60);
    // Who is erased is absent from the past too: that is another test.
    std::erase_if(script.steps, [](const Step& step) { return step.what == Step::What::erase; });
    History history(script, seed % 2 ? 1 : 8, seed);
    history.run(script.steps.size(), 8);
    if (HasFatalFailure()) return;
    compared += history.compared;
  }
  EXPECT_GT(compared, 60);
}

// Who was erased is absent from the past too: asked as of a moment before, the store answers as one that was never told of them.
TEST(AsOf, KnowsNobodyWhoWasErased) {
  int compared = 0;
  for (std::uint64_t seed = seed_of_run() + 80, end = seed + 6; seed < end; ++seed) {
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed - 80));
    Script told = random_script(seed, 40);
    std::erase_if(told.steps, [](const Step& step) { return step.what == Step::What::erase; });
    Script never = told;
    std::erase_if(never.steps, [](const Step& step) { return step.what == Step::What::load && step.person == "p7"; });
    for (Step& step : never.steps) {
      // A step in its place keeps the moments of all others.
      if (step.person == "p7" || step.other == "p7") step = {.what = Step::What::fold};
    }
    Replay without(never, 1);
    without.play();
    told.steps.push_back({.what = Step::What::erase, .person = "p7"});
    Replay erased(told, 1);
    erased.play();

    RandomQuery make(seed);
    make.may_explain = make.may_ask_why = make.may_look_back = false;
    const std::string definitions = make.definitions();
    for (int i = 0; i < 20; ++i) {
      const std::string statement = make.statement() + "\n";
      const Asked then = ask(without.store(), definitions + statement, Executor::automatic);
      if (then.end == Asked::End::refused) continue;
      const std::string past = definitions + "as of " + instant(without.now() - commit_step / 2) + " " + statement;
      const Asked now = ask(erased.store(), past, Executor::automatic);
      ASSERT_TRUE(agree(now, then)) << past << "with an erased person\n" << print(now) << "never told\n" << print(then);
      ++compared;
    }
  }
  EXPECT_GT(compared, 100);
}

}  // namespace
}  // namespace chartline::query::random
