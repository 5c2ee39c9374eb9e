#include "engine/trust/question_budget.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/hash.h"
#include "engine/meta_lock.h"
#include "formats/record/time.h"

namespace chartline::engine {
namespace {

// Whose budget it is; names nobody.
std::string meta_name(const Grant& grant) {
  const std::string whose = grant.project.empty() ? "user\n" + grant.user : "project\n" + grant.project;
  return "trust/questions/" + hex(hash128(whose));
}

// What was asked in this period.
Result<std::vector<std::uint64_t>> asked_in(Store& store, const std::string& name, std::uint64_t period) {
  std::vector<std::uint64_t> asked;
  const auto value = TRY(store.meta(name));
  if (!value) return asked;
  if (value->size() % sizeof(std::uint64_t) != 0 || value->empty())
    return corrupt("meta: a budget of questions is not whole");
  Reader in(*value);
  if (in.u64() != period) return asked;
  while (in.left() > 0) asked.push_back(in.u64());
  return asked;
}

Error spent(const Grant& grant, std::uint64_t period) {
  const auto begins = static_cast<record::Day>((period + 1) * grant.question_days);
  return denied("the budget of " + std::to_string(grant.questions_max) + " different questions in " +
                std::to_string(grant.question_days) + " days is spent: a new one begins on " +
                record::print(record::day_time(begins)) + "; what was asked before may be asked again");
}

}  // namespace

Result<void> spend_questions(Store& store, const Grant& grant, std::span<const std::uint64_t> questions, Micros now) {
  if (grant.questions_max == 0 || questions.empty()) return {};
  const std::uint64_t period = static_cast<std::uint64_t>(now / record::micros_per_day) / grant.question_days;
  const std::string name = meta_name(grant);
  const auto lock = lock_meta(store);
  std::vector<std::uint64_t> asked = TRY(asked_in(store, name, period));
  const std::size_t before = asked.size();
  for (const std::uint64_t question : questions)
    if (std::ranges::find(asked, question) == asked.end()) asked.push_back(question);
  if (asked.size() == before) return {};
  if (asked.size() > grant.questions_max) return spent(grant, period);
  Bytes bytes;
  Writer out(bytes);
  out.u64(period);
  for (const std::uint64_t question : asked) out.u64(question);
  return store.set_meta(name, bytes);
}

}  // namespace chartline::engine
