// Queries over small stores, as pages: what is told of the patients, `ask`, the query, and the rows that it gives. A case
// without `ask` is about the patients of the case before it.
#include "query/run.h"

#include <gtest/gtest.h>

#include "query/complaint.h"
#include "tests/query/page.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

std::string rows_of(const Answer& answer) {
  std::string text = answer.schema.text + "\n ";
  for (std::size_t i = 0; i < answer.schema.columns.size(); ++i)
    text += (i ? " | " : " ") + answer.schema.columns[i].name;
  text += "\n";
  for (const auto& row : answer.rows) {
    text += " ";
    for (std::size_t i = 0; i < row.size(); ++i) text += (i ? " | " : " ") + (is_missing(row[i]) ? "-" : print(row[i]));
    text += "\n";
  }
  return text;
}

std::string answered(engine::Store& store, std::string_view text, const RunOptions& options = {}) {
  const auto prepared = prepare(store, text, {});
  if (!prepared) return "error: " + prepared.error().message + "\n";
  if (!prepared->complaints.empty()) return render(prepared->complaints, text);
  Answers answers;
  const auto ran = run(*prepared, store, store.view(), options, answers);
  std::string rows;
  for (const Answer& answer : answers.all) rows += rows_of(answer);
  return ran ? rows : rows + "error: " + ran.error().message + "\n";
}

void run_cases(std::string_view page) {
  std::unique_ptr<SmallStore> small;
  run_page(page, [&](std::string_view text) {
    if (const std::size_t ask = text.find("ask\n"); ask != std::string_view::npos) {
      small = std::make_unique<SmallStore>();
      small->tell(text.substr(0, ask));
      text = text.substr(ask + 4);
    }
    const std::string answer = answered(small->store(), text, {.executor = Executor::reference, .threads = 1});
    EXPECT_EQ(answered(small->store(), text, {.executor = Executor::vectorised}), answer) << text;
    return answer;
  });
}

TEST(RunPage, Statements) { run_cases("run_statements"); }
TEST(RunPage, FollowUp) { run_cases("run_follow_up"); }
TEST(RunPage, Why) { run_cases("run_why"); }

}  // namespace
}  // namespace chartline::query
