// Incidence and survival against a count by hand, day by day, from the records themselves: stores whose times are all known.
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "query/person.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/script.h"
#include "tests/query_random/seed.h"

namespace chartline::query::random {
namespace {

using record::Day;
using record::Event;
using record::Kind;

constexpr std::uint64_t stores_without_vague_times = 4;  // one in so many seeds, from 2 on

bool kept(const Event& event) {
  using record::Status;
  return event.status != Status::entered_in_error && event.status != Status::planned &&
         event.status != Status::proposed && event.status != Status::not_done &&
         event.certainty != record::Certainty::refuted && event.author != record::Author::patient &&
         event.author != record::Author::carer;
}

bool is_registered(const Person& person, Day day) {
  for (const Event& event : person.events) {
    if (event.kind != Kind::registration || !kept(event) || event.start.day() > day) continue;
    const bool dated = event.end.form == record::End::Form::at && event.end.at.known();
    const bool point = event.end.form == record::End::Form::point;
    if (point ? event.start.day() == day : !dated || day <= event.end.at.day()) return true;
  }
  return false;
}

struct Followed {
  std::int64_t persons = 0, events = 0, days = 0;
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> by_day;  // events, censored
};

// From each condition for up to `longest` days, to the first observation behind its day.
Followed by_hand(engine::Store& store, Day longest) {
  Followed all;
  const engine::View view = store.view();
  PersonReader reader(view);
  Person person;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
      if (!reader.read({shard, id}, person).value()) continue;
      bool has_registration = false, counted = false;
      for (const Event& event : person.events) {
        has_registration = has_registration || (event.kind == Kind::registration && kept(event));
      }
      for (const Event& index : person.events) {
        if (index.kind != Kind::condition || !kept(index)) continue;
        all.persons += std::exchange(counted, true) ? 0 : 1;
        const Day first = index.start.day();
        std::int64_t day = 0;
        bool happened = false;
        const auto ended = [&](Day on) {
          const bool by_time = on >= first + longest;
          const bool by_death = person.death.known() && on >= person.death.day();
          const bool by_leaving = has_registration && !is_registered(person, on + 1);
          return by_time || by_death || by_leaving;
        };
        while (!happened && day < 20'000 && !(day == 0 && has_registration && !is_registered(person, first)) &&
               !ended(first + static_cast<Day>(day))) {
          ++day;
          for (const Event& event : person.events)
            happened = happened || (event.kind == Kind::observation && kept(event) && event.start.day() == first + day);
        }
        all.days += day;
        all.events += happened ? 1 : 0;
        auto& [events, censored] = all.by_day[day];
        ++(happened ? events : censored);
      }
    }
  }
  return all;
}

class FollowUp : public ::testing::TestWithParam<Executor> {};

TEST_P(FollowUp, IsWhatCountingDaysGives) {
  std::int64_t happened = 0;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::uint64_t seed = (seed_of_run() + i) * stores_without_vague_times + 2;
    SCOPED_TRACE("store " + std::to_string(seed));
    Replay replay(random_script(seed, 150), i % 2 ? 8 : 1);
    replay.play();
    const Followed known = by_hand(replay.store(), 200);
    const Asked asked = ask(replay.store(),
                            "cohort followed per condition[*] as ix until ix + 200d = true\n"
                            "incidence observation[*] in followed\nsurvival observation[*] in followed\n",
                            GetParam());
    ASSERT_EQ(asked.end, Asked::End::answered) << asked.why;
    const auto& incidence = asked.answers[0].rows.at(0);
    EXPECT_EQ(print(incidence[0]), std::to_string(known.persons));
    EXPECT_EQ(print(incidence[1]), std::to_string(known.events));
    EXPECT_NEAR(std::get<double>(incidence[2]), static_cast<double>(known.days) / 365.25, 1e-9);

    std::int64_t at_risk = 0;
    for (const auto& [day, counts] : known.by_day) at_risk += counts.first + counts.second;
    double survival = 1;
    std::size_t row = 0;
    auto by_day = known.by_day;
    by_day[0];
    ASSERT_EQ(asked.answers[1].rows.size(), by_day.size());
    for (const auto& [day, counts] : by_day) {
      const auto& given = asked.answers[1].rows[row++];
      survival *= 1 - static_cast<double>(counts.first) / static_cast<double>(std::max<std::int64_t>(at_risk, 1));
      EXPECT_EQ(print(given[0]) + " " + print(given[1]) + " " + print(given[2]) + " " + print(given[3]),
                std::to_string(day) + " " + std::to_string(at_risk) + " " + std::to_string(counts.first) + " " +
                    std::to_string(counts.second));
      EXPECT_NEAR(std::get<double>(given[4]), survival, 1e-12);
      at_risk -= counts.first + counts.second;
    }
    happened += known.events;
  }
  EXPECT_GT(happened, 100);
}

INSTANTIATE_TEST_SUITE_P(Of, FollowUp, ::testing::Values(Executor::reference, Executor::vectorised),
                         [](const auto& with) { return with.param == Executor::reference ? "Reference" : "Vectorised"; });

}  // namespace
}  // namespace chartline::query::random
