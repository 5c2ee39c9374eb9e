// Random queries over random stores: the executors give the same answers. CHARTLINE_SEED replays a run from its first store,
// CHARTLINE_QUERIES asks more or fewer questions. A difference is cut down, and printed as a case for cases/.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>

#include "query/vectorised/plan.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/random_query.h"
#include "tests/query_random/seed.h"
#include "tests/query_random/shrink.h"

namespace chartline::query::random {
namespace {

// How many people a store has, and how much is told of each.
struct Size {
  int people, events_most;
};
constexpr Size small{300, 18};
constexpr Size several_blocks{9'000, 4};
constexpr int texts_a_store = 20, statements_a_text = 25;

// How a text is asked: of a store of so many shards, by a calendar, on so many threads.
struct Way {
  std::uint32_t shards;
  MonthEnd month_end;
  unsigned threads;
};

Asked ask(engine::Store& store, const std::string& text, Executor executor, const Way& way) {
  return random::ask(store, text, executor, way.month_end, way.threads);
}

struct Difference {
  std::string text;
  Script script;
  Way way;
};

bool differ(engine::Store& store, const std::string& text, const Way& way) {
  const Asked reference = ask(store, text, Executor::reference, way);
  if (reference.end == Asked::End::refused) return false;
  return !agree(reference, ask(store, text, Executor::vectorised, way));
}

bool differ(const Script& script, const std::string& text, const Way& way) {
  Replay replay(script, way.shards);
  replay.play();
  return differ(replay.store(), text, way);
}

std::string reduced(Difference found) {
  const auto shrink_text = [&] {
    Replay replay(found.script, found.way.shards);
    replay.play();
    found.text =
        shrink_query(found.text, [&](const std::string& text) { return differ(replay.store(), text, found.way); });
  };
  const auto shrink_store = [&] {
    found.script =
        shrink_script(found.script, [&](const Script& script) { return differ(script, found.text, found.way); });
  };
  shrink_text(), shrink_store(), shrink_text(), shrink_store();
  Replay replay(found.script, found.way.shards);
  replay.play();
  return "=== " + std::to_string(found.way.shards) + " shards, " + std::to_string(found.way.threads) + " threads" +
         (found.way.month_end == MonthEnd::clamp ? ", clamp\n" : "\n") + print(found.script) + "----\n" + found.text +
         "----\n" + print(ask(replay.store(), found.text, Executor::reference, found.way)) +
         "---- the vectorised executor says\n" + print(ask(replay.store(), found.text, Executor::vectorised, found.way));
}

class Differential {
 public:
  Differential(std::uint64_t seed, const Size& size) : seed_(seed), size_(size) {}

  void run(std::uint64_t statements) {
    for (std::uint64_t store = 0; asked_ < statements && differences_ < 3; ++store) {
      const std::uint64_t seed = seed_ + store;
      SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed));
      const Script script = random_script(seed, size_.people, size_.events_most);
      const Way way{.shards = store % 2 ? 8u : 1u,
                    .month_end = store % 3 ? MonthEnd::roll : MonthEnd::clamp,
                    .threads = store % 4 ? 1u : 2u};
      Replay replay(script, way.shards);
      replay.play();
      for (std::uint64_t i = 0; i < texts_a_store && asked_ < statements && differences_ < 3; ++i)
        compare(replay.store(), script, way, text_of(seed * 1'000 + i));
    }
    std::cout << "lane differential: " << asked_ << " statements over stores of " << size_.people << " patients, "
              << refused_ << " refused, " << failed_ << " failed, " << differences_
              << " answered differently by the two executors; reference " << seconds_[0] << " s, vectorised "
              << seconds_[1] << " s, seed " << seed_ << "\n";
    for (const auto& [way, count] : ways_) std::cout << "  by " << way << ": " << count << "\n";
    std::cout << "  lists by columns: " << lists_from_columns_ << "\n";
    EXPECT_GE(lists_from_columns_ * 50, asked_);
    EXPECT_GE(ways_[vectorised::name(vectorised::Way::columns)] * 8, asked_);
    EXPECT_GE(ways_[vectorised::name(vectorised::Way::candidates)] * 8, asked_);
    EXPECT_LE(refused_, std::max<std::uint64_t>(asked_ / 50, statements_a_text));  // of few texts one may be
    EXPECT_EQ(failed_, 0u);
  }

 private:
  static std::string text_of(std::uint64_t seed) { return RandomQuery(seed).text(statements_a_text); }

  Asked timed(engine::Store& store, const std::string& text, Executor executor, const Way& way) {
    const auto start = std::chrono::steady_clock::now();
    Asked asked = ask(store, text, executor, way);
    seconds_[executor == Executor::vectorised] +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return asked;
  }

  void compare(engine::Store& store, const Script& script, const Way& way, const std::string& text) {
    asked_ += statements_a_text;
    note_ways(store, text);
    const Asked reference = timed(store, text, Executor::reference, way);
    if (reference.end == Asked::End::refused) {
      refused_ += statements_a_text;
      return;
    }
    // Whom a question is about may have been erased.
    const bool gone = reference.why.find("no patient of the store") != std::string::npos;
    if (reference.end == Asked::End::failed && !gone && ++failed_ < 4) {
      const auto fails = [&](const std::string& less) {
        return ask(store, less, Executor::reference, way).end == Asked::End::failed;
      };
      ADD_FAILURE() << reference.why << "\n" << shrink_query(text, fails);
    }
    if (agree(reference, timed(store, text, Executor::vectorised, way))) return;
    ++differences_;
    ADD_FAILURE() << "The executors differ:\n" << reduced({text, script, way});
  }

  // How the vectorised executor goes about it: it must be asked what it does itself, and not only what it hands on.
  void note_ways(engine::Store& store, const std::string& text) {
    const Result<Prepared> prepared = prepare(store, text, {});
    if (!prepared || !prepared->complaints.empty()) return;
    for (const typed::Ptr& statement : prepared->program->query.statements) {
      if (statement->op < typed::Op::count_patients || statement->op > typed::Op::survival) continue;
      const vectorised::Way way = vectorised::plan(*statement, *prepared->program).way;
      ++ways_[vectorised::name(way)];
      if (statement->op == typed::Op::rows && way == vectorised::Way::columns) ++lists_from_columns_;
    }
  }

  const std::uint64_t seed_;
  const Size size_;
  std::map<std::string_view, std::uint64_t> ways_;
  std::uint64_t asked_ = 0, refused_ = 0, failed_ = 0, lists_from_columns_ = 0;
  int differences_ = 0;
  double seconds_[2] = {};
};

TEST(Differential, ExecutorsAgree) { Differential(seed_of_run(), small).run(number_from("CHARTLINE_QUERIES", 5'000)); }
TEST(Differential, ExecutorsAgreeOverSeveralBlocks) {
  Differential(seed_of_run() + 1, several_blocks).run(number_from("CHARTLINE_QUERIES", 10'000) / 40);
}

TEST(SoakDifferential, ExecutorsAgreeOnAMillion) {
  const auto now = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  Differential(number_from("CHARTLINE_SEED", now % 1'000'000'000), small).run(number_from("CHARTLINE_QUERIES", 1'000'000));
}

}  // namespace
}  // namespace chartline::query::random
