#include "tests/query_random/answer.h"

#include <algorithm>
#include <cmath>

namespace chartline::query::random {
namespace {

bool agree(const Cell& a, const Cell& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  if (x && y) return *x == *y || std::abs(*x - *y) <= 1e-12 * std::max(std::abs(*x), std::abs(*y));
  return a == b;
}

}  // namespace

Asked ask(engine::Store& store, std::string_view text, Executor executor, MonthEnd month_end, unsigned threads) {
  return ask(store, store.view(), text, executor, month_end, threads);
}

Asked ask(engine::Store& store, const engine::View& view, std::string_view text, Executor executor, MonthEnd month_end,
          unsigned threads) {
  const Result<Prepared> prepared = prepare(store, text, {.month_end = month_end});
  if (!prepared) return {.end = Asked::End::failed, .why = prepared.error().message};
  if (!prepared->complaints.empty()) return {.end = Asked::End::refused, .why = render(prepared->complaints, text)};
  Answers answers;
  const Result<void> done = run(*prepared, store, view, {.executor = executor, .threads = threads}, answers);
  if (!done) return {.end = Asked::End::failed, .why = done.error().message};
  return {.answers = std::move(answers.all)};
}

std::string print(const Answer& answer) {
  std::string text = answer.schema.statement + " [";
  for (const ResultColumn& column : answer.schema.columns) text += (text.ends_with('[') ? "" : ", ") + column.name;
  text += "]\n";
  for (const std::vector<Cell>& row : answer.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i ? ", " : "") + query::print(row[i]);
    text += "\n";
  }
  return text;
}

std::string print(const Asked& asked) {
  if (asked.end == Asked::End::refused) return "refused: " + asked.why;
  if (asked.end == Asked::End::failed) return "failed: " + asked.why + "\n";
  std::string text;
  for (const Answer& answer : asked.answers) text += print(answer);
  return text;
}

bool agree(const Answer& a, const Answer& b) {
  if (a.schema.statement != b.schema.statement) return false;
  if (a.schema.statement.starts_with("explain")) return true;
  return std::ranges::equal(a.schema.columns, b.schema.columns, {}, &ResultColumn::name, &ResultColumn::name) &&
         std::ranges::equal(a.rows, b.rows, [](const auto& x, const auto& y) {
           return std::ranges::equal(x, y, [](const Cell& c, const Cell& d) { return agree(c, d); });
         });
}

bool agree(const Asked& a, const Asked& b) {
  return a.end == b.end && (a.end != Asked::End::failed || a.why == b.why) &&
         std::ranges::equal(a.answers, b.answers, [](const Answer& x, const Answer& y) { return agree(x, y); });
}

}  // namespace chartline::query::random
