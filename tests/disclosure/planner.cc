#include "tests/disclosure/planner.h"

#include <gtest/gtest.h>

namespace chartline::query {

engine::ProjectKey made_key(std::uint64_t seed) {
  engine::ProjectKey::Secret secret{};
  for (std::size_t i = 0; i < sizeof seed; ++i) secret[i] = static_cast<unsigned char>(seed >> (8 * i));
  return {secret, "planning"};
}

std::shared_ptr<const engine::Grant> planner(engine::Store& store, engine::Disclosure mode, std::uint64_t key_seed) {
  engine::Grant grant;
  grant.role = engine::Role::planner;
  grant.purpose = engine::Purpose::planning;
  grant.rights = engine::mask(engine::Right::figures);
  grant.identifiable = false;
  grant.disclosure = mode;
  grant.figures_key = std::make_shared<const engine::ProjectKey>(made_key(key_seed));
  const engine::View view = store.view();
  std::vector<std::uint32_t> given;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) given.push_back(view.patients(shard));
  grant.patients = engine::PatientSet(given);
  return engine::seal(std::move(grant));
}

Result<std::vector<Answer>> ask(engine::Store& store, std::shared_ptr<const engine::Grant> grant, std::string_view text,
                                Executor executor) {
  const Prepared prepared = TRY(prepare(store, text, {}));
  EXPECT_TRUE(prepared.complaints.empty()) << render(prepared.complaints, text);
  Answers answers;
  TRY(run(prepared, store, store.view().narrowed(std::move(grant)), {.executor = executor, .threads = 1}, answers));
  return std::move(answers.all);
}

std::vector<std::string> printed(const Answer& answer) {
  std::vector<std::string> rows;
  for (const auto& row : answer.rows) {
    std::string& line = rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) line += (i ? "|" : "") + print(row[i]);
  }
  return rows;
}

}  // namespace chartline::query
