// Statements against one another: groups add up to the whole, a flow to its counts, rows to tallies, a measure to a count for
// each interval.
#include <gtest/gtest.h>

#include "query/saved_cohorts.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/random_query.h"
#include "tests/query_random/script.h"
#include "tests/query_random/seed.h"

namespace chartline::query::random {
namespace {

std::int64_t whole(const Cell& cell) {
  if (is_missing(cell)) return 0;
  if (const auto* number = std::get_if<double>(&cell)) return static_cast<std::int64_t>(*number);
  return std::get<std::int64_t>(cell);
}

std::int64_t sum(const Answer& answer, std::size_t column) {
  std::int64_t all = 0;
  for (const auto& row : answer.rows) all += whole(row.at(column));
  return all;
}
std::int64_t last_column(const Answer& answer) {
  return answer.rows.empty() ? 0 : sum(answer, answer.rows.front().size() - 1);
}
std::int64_t rows(const Answer& answer) { return static_cast<std::int64_t>(answer.rows.size()); }

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

class Totals : public ::testing::TestWithParam<Executor> {
 protected:
  // Asks a text for each of several random stores and many seeds; refused texts are passed over.
  template <typename Make, typename Check>
  void each(const Make& make_text, const Check& check) {
    int checked = 0;
    for (std::uint64_t store = seed_of_run() + 120, end = store + 3; store < end; ++store) {
      Replay replay(random_script(store, 120), store % 2 ? 1 : 8);
      replay.play();
      for (std::uint64_t i = 0; i < number_from("CHARTLINE_TEXTS", 40) && !HasFailure(); ++i) {
        RandomQuery make(store * 1'000 + i);
        make.may_name = false;
        const std::string definitions = make.definitions();
        const std::string text = make_text(make);
        const Asked asked = ask(replay.store(), definitions + text, GetParam());
        if (asked.end == Asked::End::refused) continue;
        SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(store - 120) + "\n" + definitions + text);
        if (asked.why.find("no patient of the store") != std::string::npos)
          continue;  // whom `why` asks about may be erased
        ASSERT_EQ(asked.end, Asked::End::answered) << asked.why;
        check(replay.store(), definitions, asked.answers);
        ++checked;
      }
    }
    EXPECT_GT(checked, 80);
  }
};

TEST_P(Totals, GroupsAddUp) {
  each(
      [](RandomQuery& make) {
        const std::string of = make.condition(2), by = make.group(1), events = make.events(2);
        return cat({"count ", of, "\ncount ", of, " by ", by, "\ntally ", events, "\ntally ", events, " by year(it), ",
                    by, "\nlist true select count(", events, ")\n"});
      },
      [](engine::Store&, const std::string&, const std::vector<Answer>& answers) {
        EXPECT_EQ(last_column(answers[0]), last_column(answers[1]));
        EXPECT_EQ(last_column(answers[2]), last_column(answers[3]));
        EXPECT_EQ(last_column(answers[2]), last_column(answers[4]));
      });
}

TEST_P(Totals, TrueFalseAndUnknownAreEveryone) {
  each(
      [](RandomQuery& make) {
        const std::string of = make.condition(3);
        return cat({"count true\ncount ", of, "\ncount (not ", of, ")\ncount ((", of,
                    " and true) is missing)\ncount true by (case when ", of, " then 1 when (not ", of,
                    ") then 2 else 3 end)\n"});
      },
      [](engine::Store&, const std::string&, const std::vector<Answer>& answers) {
        const std::int64_t everyone = last_column(answers[0]);
        EXPECT_EQ(last_column(answers[1]) + last_column(answers[2]) + last_column(answers[3]), everyone);
        EXPECT_EQ(last_column(answers[4]), everyone);
        for (const auto& row : answers[4].rows)
          EXPECT_EQ(whole(row[1]), last_column(answers[static_cast<std::size_t>(whole(row[0]))]));
      });
}

TEST_P(Totals, FlowIsItsCounts) {
  each(
      [](RandomQuery& make) {
        const std::string a = make.condition(2), b = make.condition(2), c = make.condition(2);
        return cat({"flow ", a, ", ", b, ", ", c, "\ncount ", a, "\ncount ", a, " and ", b, "\ncount ", a, " and ", b,
                    " and ", c, "\n"});
      },
      [](engine::Store&, const std::string&, const std::vector<Answer>& answers) {
        std::int64_t before = last_column(answers[1]);  // nobody is lost at the first step
        for (std::size_t step = 0; step < 3; ++step) {
          EXPECT_EQ(whole(answers[0].rows[step][2]), last_column(answers[step + 1]));
          EXPECT_EQ(whole(answers[0].rows[step][3]), before - last_column(answers[step + 1]));
          before = last_column(answers[step + 1]);
        }
      });
}

TEST_P(Totals, ListsHaveTheirRows) {
  each(
      [](RandomQuery& make) {
        // Named outside, because in a list by event an attribute is that of the event.
        const std::string of = make.condition(2), events = make.events(2);
        return cat({"let it_holds = ", of, "\nlet them = ", events,
                    "\nlist it_holds\ncount it_holds\nlist it_holds per them\nlist it_holds select count(them)\n",
                    "cohort all1 = it_holds\nevents them of all1\ncohort all2 per them as ixall = it_holds\nlist in "
                    "all2\nlist all1\n"});
      },
      [](engine::Store&, const std::string&, const std::vector<Answer>& answers) {
        EXPECT_EQ(rows(answers[0]), last_column(answers[1]));
        EXPECT_EQ(rows(answers[2]), last_column(answers[3]));
        EXPECT_EQ(rows(answers[4]), last_column(answers[3]));
        EXPECT_EQ(rows(answers[5]), last_column(answers[3]));
        EXPECT_EQ(rows(answers[6]), last_column(answers[1]));
      });
}

// The same numbers as asking for each interval by itself.
TEST_P(Totals, MeasuresAreCountsOfIntervals) {
  std::string numerator, denominator;
  each(
      [&](RandomQuery& make) {
        numerator = make.in_interval(2), denominator = make.in_interval(1);
        return cat(
            {"measure ", numerator, " over ", denominator,
             make.chance().one({" every 1mo from 2019-01-31 to 2019-09-30", " every 45d from 2019-02-28 to 2020"}),
             "\n"});
      },
      [&](engine::Store& store, const std::string& definitions, const std::vector<Answer>& answers) {
        std::string text = definitions;
        for (const auto& row : answers[0].rows) {
          const std::string start = print(row[0]), end = print(row[1]);
          const auto at = [&](std::string of) {
            of = replaced(std::move(of), "interval.start", start);
            return replaced(replaced(std::move(of), "interval.end", end), "interval", start + ".." + end);
          };
          text += cat({"count ", at(denominator), " and ", at(numerator), "\ncount ", at(denominator), "\n"});
        }
        const Asked each = ask(store, text, GetParam());
        ASSERT_EQ(each.end, Asked::End::answered) << each.why;
        for (std::size_t i = 0; i < answers[0].rows.size(); ++i) {
          EXPECT_EQ(whole(answers[0].rows[i][2]), last_column(each.answers[2 * i])) << print(answers[0]);
          EXPECT_EQ(whole(answers[0].rows[i][3]), last_column(each.answers[2 * i + 1])) << print(answers[0]);
        }
      });
}

TEST_P(Totals, IncidenceAndSurvivalFollowTheSame) {
  each(
      [](RandomQuery& make) {
        const std::string of = make.condition(1), per = make.events(1), of_interest = make.events(1), by = make.group(0);
        return cat({"cohort all3 per ", per, " as ix3 until ix3 + 200d = ", of, "\nincidence ", of_interest,
                    " in all3\nincidence ", of_interest, " in all3 by ", by, "\nsurvival ", of_interest,
                    " in all3\nsurvival ", of_interest, " in all3 by ", by, "\n"});
      },
      [](engine::Store&, const std::string&, const std::vector<Answer>& answers) {
        const auto total = [&](std::size_t answer, std::string_view column) {
          const auto& columns = answers[answer].schema.columns;
          for (std::size_t i = 0; i < columns.size(); ++i)
            if (columns[i].name == column) return sum(answers[answer], i);
          return std::int64_t{-1};
        };
        const std::int64_t events = total(0, "events");
        EXPECT_EQ(total(1, "events"), events);
        EXPECT_EQ(total(2, "events"), events);
        EXPECT_EQ(total(3, "events"), events);
        EXPECT_EQ(total(1, "persons"), total(0, "persons"));
        EXPECT_EQ(total(3, "censored"), total(2, "censored"));
      });
}

// A cohort kept in the store is what its definition is in the text.
TEST_P(Totals, SavedCohortsAreTheirDefinitions) {
  std::string cohorts, statements;
  each(
      [&](RandomQuery& make) {
        cohorts = cat({"cohort kept1 = ", make.condition(2), "\ncohort kept2 per ", make.events(1),
                       " as ixkept until ixkept + 90d = ", make.condition(1), "\n"});
        statements =
            cat({"count in kept1 by sex\nlist in kept2 select patient, ixkept\nevents observation[*] in 2019 of "
                 "kept1\nincidence any[*] after ixkept in kept2 by year(ixkept)\ncount (in kept1) and kept2\ncount "
                 "kept2 by year(ixkept), sex\n"
                 "list in kept1 and not in kept2\nexplain analyze count in kept2\n"});
        return cohorts + statements;
      },
      [&](engine::Store& store, const std::string& definitions, const std::vector<Answer>& answers) {
        for (const std::string name : {"kept1", "kept2"})
          ASSERT_TRUE(save_cohort(store, name, definitions + cohorts, {}).value().empty());
        const Asked kept = ask(store, statements, GetParam());
        ASSERT_EQ(kept.end, Asked::End::answered) << kept.why;
        for (std::size_t i = 0; i < answers.size(); ++i)
          EXPECT_TRUE(agree(kept.answers[i], answers[i])) << print(kept.answers[i]) << "by its definition\n"
                                                          << print(answers[i]);
        for (const std::string name : {"kept1", "kept2"}) ASSERT_TRUE(forget_cohort(store, name).value());
      });
}

// Statements share their work, and answer as each by itself.
TEST_P(Totals, StatementsAnswerTogetherAsAlone) {
  std::vector<std::string> statements;
  each(
      [&](RandomQuery& make) {
        make.may_explain = false;
        statements.clear();
        std::string text;
        for (int i = 0; i < 5; ++i) text += statements.emplace_back(make.statement() + "\n");
        return text;
      },
      [&](engine::Store& store, const std::string& definitions, const std::vector<Answer>& answers) {
        for (std::size_t i = 0; i < statements.size(); ++i) {
          const Asked alone = ask(store, definitions + statements[i], GetParam());
          ASSERT_EQ(alone.end, Asked::End::answered) << alone.why;
          EXPECT_TRUE(agree(alone.answers[0], answers[i])) << statements[i] << print(alone.answers[0]) << "together\n"
                                                           << print(answers[i]);
        }
      });
}

INSTANTIATE_TEST_SUITE_P(Of, Totals, ::testing::Values(Executor::reference, Executor::vectorised),
                         [](const auto& with) { return with.param == Executor::reference ? "Reference" : "Vectorised"; });

}  // namespace
}  // namespace chartline::query::random
