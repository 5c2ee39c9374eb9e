#include "tests/query_vectorised/agreement.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/query_random/answer.h"

namespace chartline::query::vectorised {

using random::Asked;

bool differ(engine::Store& store, const std::string& text) {
  const Asked reference = random::ask(store, text, Executor::reference);
  if (reference.end != Asked::End::answered) return false;
  return !random::agree(reference, random::ask(store, text, Executor::vectorised));
}

void expect_agreement(engine::Store& store, const std::string& text, int times) {
  // The reference reads everything, and what is in the cache may tell more than was asked for: it comes last.
  std::vector<std::string> answers;
  for (int time = 0; time < times; ++time)
    answers.push_back(random::print(random::ask(store, text, Executor::vectorised)));
  const Asked reference = random::ask(store, text, Executor::reference);
  ASSERT_EQ(reference.end, Asked::End::answered) << reference.why << text;
  for (const std::string& answer : answers) EXPECT_EQ(random::print(reference), answer) << text;
}

random::Step about(random::Step::What what, const std::string& person) {
  return {.what = what, .person = person, .other = "", .events = {}};
}

record::Event coded(record::Kind kind, const char* code, record::Day day) {
  record::Event event;
  event.kind = kind;
  event.code = {.system = "local", .code = code, .display = ""};
  event.start = record::day_time(day);
  event.source = {.organisation = "north", .system = ""};
  return event;
}

}  // namespace chartline::query::vectorised
