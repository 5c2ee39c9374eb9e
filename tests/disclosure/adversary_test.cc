// An adversary who knows everything about everyone but one thing about one person, and asks two questions to learn it. The
// world is one of two: the person has the disease, or has not. The adversary sees replies of many worlds with the truth beside
// them, learns which replies come in which, and is then asked to tell.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/disclosure/planner.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using engine::Disclosure;

struct Worlds {
  Worlds(std::uint64_t seed, int others) {
    std::mt19937_64 random(seed);
    std::string lines = "target female 1911-11-11\ntarget 2010-01-01 encounter local:visit\n";
    const auto day = [&](int past) { return std::to_string(10 + random() % static_cast<unsigned>(past)); };
    for (int i = 0; i < 60; ++i) {
      const std::string name = "p" + std::to_string(i);
      lines += name + (random() % 2 ? " female" : " male") + " 19" + day(80) + "-01-" + day(18) + "\n";
      if (i < others) lines += name + " 2012-03-" + day(18) + " condition local:disease\n";
      for (unsigned n = 0; n < random() % 3; ++n) lines += name + " 2013-05-" + day(18) + " encounter local:visit\n";
    }
    healthy.tell(lines), ill.tell(lines);
    ill.tell("target 2012-03-03 condition local:disease\n");
  }
  SmallStore healthy, ill;
};

// Questions that differ by one person, or by one criterion.
constexpr std::pair<std::string_view, std::string_view> pairs[] = {
    {"count exists condition[local:disease]", "count exists condition[local:disease] and birth != 1911-11-11"},
    {"count exists condition[local:disease] or birth = 1911-11-11", "count exists condition[local:disease]"},
    {"count exists condition[local:disease]", "count exists condition[local:disease] and sex = female"},
    {"tally condition[local:disease]", "count exists condition[local:disease] and birth != 1911-11-11"},
    {"flow true, exists condition[local:disease]", "flow birth != 1911-11-11, exists condition[local:disease]"},
    {"measure exists condition[local:disease] over true every 1y from 2012-01-01 to 2012-12-31",
     "measure exists condition[local:disease] over birth != 1911-11-11 every 1y from 2012-01-01 to 2012-12-31"},
};

std::string reply(engine::Store& store, Disclosure mode, std::uint64_t key, std::string_view text) {
  const auto answers = ask(store, planner(store, mode, key), text);
  if (!answers) return answers.error().message;
  std::string all;
  for (const Answer& answer : *answers) {
    for (const std::string& row : printed(answer)) all += row + "\n";
  }
  return all;
}

// How often the adversary is right, of worlds as likely to be one as the other.
double right(std::uint64_t seed, int others, Disclosure mode, const std::pair<std::string_view, std::string_view>& asked) {
  Worlds worlds(seed, others);
  constexpr std::uint64_t keys = 150;
  std::map<std::string, int> seen;  // more often ill: above 0
  int correct = 0;
  for (std::uint64_t k = 0; k < 2 * keys; ++k) {
    for (const bool ill : {false, true}) {
      engine::Store& store = (ill ? worlds.ill : worlds.healthy).store();
      const std::uint64_t key = seed * 1000 + 2 * k + ill;
      const std::string replies = reply(store, mode, key, asked.first) + "--\n" + reply(store, mode, key, asked.second);
      if (k < keys) {
        seen[replies] += ill ? 1 : -1;
      } else {
        const int learned = seen.contains(replies) ? seen[replies] : 0;
        correct += learned == 0 ? static_cast<int>(k % 2) : static_cast<int>((learned > 0) == ill);
      }
    }
  }
  return static_cast<double>(correct) / (2 * keys);
}

TEST(Adversary, KnowsTheTruthWhereFiguresAreGivenAsTheyAre) {
  for (const std::size_t i : {0, 1, 2, 4, 5}) EXPECT_EQ(right(3, 22, Disclosure::none, pairs[i]), 1.0) << i;
}

// By chance half of the answers are right. Noise of one cell allows 0.625 at most, of two 0.735; rounding takes from both.
TEST(Adversary, CannotTellOnePersonApartByTwoReplies) {
  std::uint64_t seed = 11;
  for (const Disclosure mode : {Disclosure::nhs_hes, Disclosure::opensafely, Disclosure::midpoint6}) {
    for (const auto& asked : pairs) {
      SCOPED_TRACE("seed " + std::to_string(++seed) + ": " + std::string(asked.first) + " / " + std::string(asked.second));
      EXPECT_LT(right(seed, 20 + static_cast<int>(seed % 5), mode, asked), 0.70);
    }
  }
}

// Of up to seven people nothing at all is told, of whatever kind the question is: replies are the same to the byte.
TEST(Adversary, LearnsNothingOfFewPeople) {
  const std::string cohort = "cohort c per condition[local:disease] as ix until ix + 2y = true\n";
  const std::string questions[] = {
      "count exists condition[local:disease]",
      "count exists condition[local:disease] and birth = 1911-11-11",
      "count exists condition[local:disease] by sex",
      "count exists condition[local:disease] by birth",
      "count birth = 1911-11-11 by exists condition[local:disease]",
      "tally condition[local:disease]",
      "tally condition[local:disease] by year(it)",
      "flow birth = 1911-11-11, exists condition[local:disease]",
      "measure exists condition[local:disease] over birth = 1911-11-11 every 1y from 2010-01-01 to 2014-12-31",
      "measure exists condition[local:disease] over birth = 1911-11-11 by sex every 1y from 2010-01-01 to 2014-12-31",
      cohort + "count in c by year(ix)",
      cohort + "incidence encounter[*] after ix in c",
      cohort + "incidence encounter[*] after ix in c by sex",
      cohort + "survival encounter[*] after ix in c",
      cohort + "survival encounter[*] after ix in c by sex",
      "list exists condition[local:disease]",
      cohort + "events condition[*] of c",
      cohort + "why 'test|target' in c",
      cohort + "why 'test|nobody' in c",
      "explain count exists condition[local:disease]",
      "explain analyze count exists condition[local:disease]",
      "as of 2024-01-01 count exists condition[local:disease]",
  };
  for (const int others : {0, 1, 3, 6}) {
    for (std::uint64_t seed = 100; seed < 103; ++seed) {
      Worlds worlds(seed, others);
      for (const Disclosure mode : {Disclosure::nhs_hes, Disclosure::opensafely, Disclosure::midpoint6}) {
        for (const std::string& text : questions) {
          EXPECT_EQ(reply(worlds.healthy.store(), mode, seed, text), reply(worlds.ill.store(), mode, seed, text))
              << "seed " << seed << ", " << others << " others: " << text;
        }
      }
    }
  }
}

// In one reply, where the person is in very many groups of it, and everyone else in one.
TEST(Adversary, IsNotToldByManyGroupsThatOnePersonIsIn) {
  constexpr int days = 64, of_a_day = 15, keys = 60;
  const auto day = [](int i) {
    return "20" + std::to_string(10 + i / 16) + "-0" + std::to_string(1 + i / 8 % 2) + "-1" + std::to_string(i % 8);
  };
  std::string lines = "target female 1911-11-11\n";
  for (int i = 0; i < days; ++i) {
    lines += "target " + day(i) + " encounter local:visit\n";
    for (int k = 0; k < of_a_day; ++k)
      lines += "p" + std::to_string(i * of_a_day + k) + " " + day(i) + " encounter local:visit\n";
  }
  SmallStore healthy, ill;
  healthy.tell(lines), ill.tell(lines + "target 2012-03-03 condition local:disease\n");
  const auto sum = [&](SmallStore& world, std::uint64_t key) {
    const auto answers = ask(world.store(), planner(world.store(), Disclosure::nhs_hes, key),
                             "cohort c per encounter[*] as ix = birth is missing or exists condition[local:disease]\n"
                             "count in c by date(ix)");
    std::int64_t all = 0;
    for (const auto& row : answers.value().at(0).rows) all += std::get<std::int64_t>(row[1]);
    return static_cast<double>(all);
  };
  std::vector<std::pair<double, bool>> replies;
  double mean = 0;
  for (std::uint64_t key = 0; key < keys; ++key)
    for (const bool is_ill : {false, true}) {
      replies.emplace_back(sum(is_ill ? ill : healthy, 2 * key + is_ill), is_ill);
      mean += replies.back().first / (2 * keys);
    }
  const auto right = std::ranges::count_if(replies, [&](const auto& one) { return (one.first > mean) == one.second; });
  EXPECT_LT(static_cast<double>(right) / (2 * keys), 0.70);
}

// Nor by whether an answer fits into the memory of a run: that is not up to what one person brings.
TEST(Adversary, IsNotToldByAnAnswerThatTakesTooMuchMemory) {
  Worlds worlds(6, 22);
  const std::string words(100'000, '!');
  const std::string text = "count true by case when birth = 1911-11-11 and exists condition[local:disease] then '" +
                           words + "' else '~' end, birth";
  const auto said = [&](SmallStore& world) {
    const Prepared prepared = prepare(world.store(), text, {}).value();
    const engine::View view = world.store().view().narrowed(planner(world.store(), Disclosure::nhs_hes, 3));
    Answers answers;
    const auto done = run(prepared, world.store(), view, {.threads = 1, .memory_bytes_max = 2 << 20}, answers);
    return done ? std::string("told") : done.error().message;
  };
  EXPECT_EQ(said(worlds.healthy), "told");
  EXPECT_EQ(said(worlds.ill), "told");
}

// Consents and opt-outs hold for purposes: with its noise in common, a figure for two of them would tell of who refused one.
TEST(Adversary, IsNotToldByTheSameQuestionForTwoPurposes) {
  Worlds worlds(7, 22);
  int same = 0;
  constexpr std::uint64_t keys = 40;
  for (std::uint64_t key = 0; key < keys; ++key) {
    engine::Grant grant = *planner(worlds.ill.store(), Disclosure::nhs_hes, key);
    grant.purpose = engine::Purpose::national_extract;
    const auto extract = ask(worlds.ill.store(), engine::seal(std::move(grant)), "count true");
    same += printed(extract.value().at(0)).at(0) + "\n" ==
            reply(worlds.ill.store(), Disclosure::nhs_hes, key, "count true");
  }
  EXPECT_LT(same, static_cast<int>(keys));
}

// Whatever is told apart by one reply being suppressed and another not might as well be noise.
TEST(Adversary, IsNotToldByWhereSuppressionBegins) {
  Worlds worlds(5, 8);
  int told = 0, all = 0;
  for (std::uint64_t key = 0; key < 200; ++key, ++all)
    told += reply(worlds.healthy.store(), Disclosure::nhs_hes, key, pairs[0].first) != "\n";
  EXPECT_GT(told, all / 3);
  EXPECT_LT(told, all * 4 / 5);
}

}  // namespace
}  // namespace chartline::query
