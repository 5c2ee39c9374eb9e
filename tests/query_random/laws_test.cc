// Laws over random stores: each must hold for everyone, whatever is put in its places.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "query/resolve.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/laws.h"
#include "tests/query_random/random_query.h"
#include "tests/query_random/seed.h"
#include "tests/query_random/shrink.h"

namespace chartline::query::random {
namespace {

using Places = std::map<char, std::string>;  // what stands in the places of a law

std::string made(RandomQuery& make, char place) {
  const int depth = static_cast<int>(make.chance().below(3));
  switch (place) {
    case 'P':
    case 'Q':
    case 'R': return make.condition(depth);
    case 'p':
    case 'q': return make.about_it(&RandomQuery::condition, depth);
    case 'E':
    case 'F':
    case 'G': return make.events(depth);
    case 'f': return make.about_it(&RandomQuery::events, depth);
    case 'N':
    case 'M': return make.plain(depth);
    case 'n': return make.about_it(&RandomQuery::plain, depth);
    case 'V':
    case 'W': return make.recorded(depth);
    case 'C':
    case 'K': return make.narrowing(depth);
    case 'T':
    case 'U': return make.time(depth);
    default: return make.duration(0);
  }
}

Places places_of(std::string_view law, RandomQuery& make) {
  Places places;
  make.may_name = false;  // what stands in two places would name twice
  for (std::size_t i = 0; i + 1 < law.size(); ++i) {
    if (law[i] == '$' && !places.contains(law[i + 1])) places[law[i + 1]] = made(make, law[i + 1]);
  }
  const auto day = first_day + static_cast<record::Day>(make.chance().below(days));
  places['A'] = record::print(record::day_time(day));
  places['B'] = record::print(record::day_time(day + static_cast<record::Day>(make.chance().below(300))));
  return places;
}

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

// #(X) is spelled out, from the inside out.
std::string spelled(std::string text) {
  for (std::size_t at; (at = text.rfind("#(")) != text.npos;) {
    std::size_t end = at + 2;
    for (int open = 1; open > 0; ++end) {
      if (text[end] == '\'') end = text.find('\'', end + 1);
      else if (text[end] == '(') ++open;
      else if (text[end] == ')') --open;
    }
    const std::string of = text.substr(at + 1, end - at - 1);
    text.replace(at, end - at, "(case when " + of + " then 1 when (not " + of + ") then 2 else 3 end)");
  }
  return text;
}

// Definitions, and how many there are for whom the law holds.
std::string statement(const Law& law, const Places& places, int number) {
  std::string text(law.text);
  std::string filled;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool place = text[i] == '$';
    filled += place ? places.at(text[i + 1]) : std::string(1, text[i]);
    if (place) ++i;
  }
  filled = spelled(replaced(filled, "NAME", "law" + std::to_string(number)));
  const std::size_t last = filled.rfind('\n') == filled.npos ? 0 : filled.rfind('\n') + 1;
  return filled.substr(0, last) + "count " + filled.substr(last) + "\n";
}

std::int64_t patients(const Answer& answer) { return std::get<std::int64_t>(answer.rows.at(0).at(0)); }

// Everyone, and those for whom the law holds.
std::optional<std::pair<std::int64_t, std::int64_t>> asked(engine::Store& store, const std::string& text,
                                                           Executor executor) {
  const Asked asked = ask(store, text + "count true\n", executor);
  if (asked.end != Asked::End::answered) return std::nullopt;
  return std::pair(patients(asked.answers.back()), patients(asked.answers.front()));
}

struct Broken {
  const Law& law;
  std::string definitions;
  Places places;
  Script script;
  std::uint32_t shards;
  Executor executor;

  bool fails(engine::Store& store, const std::string& defined, const Places& with) const {
    const auto counts = asked(store, defined + statement(law, with, 1), executor);
    return counts && counts->first != counts->second;
  }

  void shrink_text() {
    Replay replay(script, shards);
    replay.play();
    engine::Store& store = replay.store();
    for (auto& [place, text] : places) {
      if (place == 'A' || place == 'B' || place == 'C' || place == 'K' || place == 'D') continue;
      text = shrink_expression(text, [&, name = place](const std::string& less) {
        Places with = places;
        with[name] = less;
        return fails(store, definitions, with);
      });
    }
    for (std::size_t from = 0; from < definitions.size();) {
      const std::size_t to = definitions.find('\n', from) + 1;
      const std::string less = definitions.substr(0, from) + definitions.substr(to);
      if (fails(store, less, places)) definitions = less;
      else from = to;
    }
  }

  std::string reduced() {
    const auto still = [&](const Script& less) {
      Replay replay(less, shards);
      replay.play();
      return fails(replay.store(), definitions, places);
    };
    shrink_text();
    script = shrink_script(script, still);
    shrink_text();
    script = shrink_script(script, still);
    return "=== law: " + std::string(law.name) + "\n" + print(script) + "----\n" + definitions +
           statement(law, places, 1);
  }
};

class Laws {
 public:
  explicit Laws(Executor executor) : executor_(executor) {}

  void run(std::uint64_t seed, std::uint64_t stores, std::uint64_t texts) {
    for (std::uint64_t s = seed; s < seed + stores; ++s) {
      const Script script = random_script(s, 200);
      const std::uint32_t shards = s % 2 ? 1 : 8;
      Replay replay(script, shards);
      replay.play();
      for (std::uint64_t i = 0; i < texts && broken_.size() < 5; ++i)
        try_all(replay.store(), script, shards, s * 1'000 + i);
    }
    EXPECT_LE(refused_ * 50, asked_);
  }

 private:
  void try_all(engine::Store& store, const Script& script, std::uint32_t shards, std::uint64_t seed) {
    RandomQuery make(seed);
    const std::string definitions = make.definitions();
    std::vector<Places> places;
    std::vector<const Law*> tried;
    std::string text = definitions;
    for (const Law& law : laws) {
      const Places with = places_of(law.text, make);
      const std::string one = statement(law, with, static_cast<int>(tried.size()) + 1);
      ++asked_;
      if (!compiles(definitions + one)) {
        ++refused_;
        continue;
      }
      places.push_back(with), tried.push_back(&law);
      text += one;
    }
    const Asked asked = ask(store, text + "count true\n", executor_);
    ASSERT_EQ(asked.end, Asked::End::answered) << "CHARTLINE_SEED=" << seed / 1'000 << ": " << asked.why << text;
    const std::int64_t everyone = patients(asked.answers.back());
    for (std::size_t i = 0; i < tried.size(); ++i) {
      if (patients(asked.answers[i]) == everyone || !broken_.insert({tried[i], seed}).second) continue;
      Broken broken{*tried[i], definitions, places[i], script, shards, executor_};
      ADD_FAILURE() << "CHARTLINE_SEED=" << seed / 1'000 << ": a law is broken\n" << broken.reduced();
    }
  }

  static bool compiles(const std::string& text) {
    Complaints complaints;
    compile(text, {.any_code_list = true}, complaints);
    return complaints.empty();
  }

  const Executor executor_;
  std::uint64_t asked_ = 0, refused_ = 0;
  std::map<const Law*, std::uint64_t> broken_;  // each is reported once
};

TEST(Laws, HoldForTheReference) { Laws(Executor::reference).run(seed_of_run(), number_from("CHARTLINE_STORES", 4), 6); }
TEST(Laws, HoldForTheVectorised) {
  Laws(Executor::vectorised).run(seed_of_run() + 500, number_from("CHARTLINE_STORES", 4), 6);
}

TEST(SoakLaws, Hold) {
  const std::uint64_t seed = seed_of_run() + 10'000;
  Laws(Executor::reference).run(seed, number_from("CHARTLINE_STORES", 400), 20);
  Laws(Executor::vectorised).run(seed, number_from("CHARTLINE_STORES", 400), 20);
}

}  // namespace
}  // namespace chartline::query::random
