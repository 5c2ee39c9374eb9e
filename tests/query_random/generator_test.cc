// The generator itself: what it makes compiles, and it makes every form.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "query/resolve.h"
#include "tests/query_random/random_query.h"
#include "tests/query_random/seed.h"

namespace chartline::query::random {
namespace {

using typed::Op;

constexpr auto op_count = static_cast<std::size_t>(Op::groups) + 1;

void count_forms(const typed::Node& node, std::array<int, op_count>& seen) {
  ++seen[static_cast<std::size_t>(node.op)];
  for (const typed::Ptr& part : node.parts) count_forms(*part, seen);
}

TEST(Generator, MakesTextsThatCompile) {
  const std::uint64_t seed = seed_of_run();
  SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed));
  const Known known{.systems = {}, .code_lists = {"heart", "sugar", "empty"}, .any_code_list = false, .cohorts = {}};
  int refused = 0;
  std::set<std::string> shown;
  constexpr int texts = 5'000;
  for (int i = 0; i < texts; ++i) {
    RandomQuery make(seed + static_cast<std::uint64_t>(i));
    const std::string text = make.text(1);
    Complaints complaints;
    compile(text, known, complaints);
    if (complaints.empty()) continue;
    ++refused;
    const std::vector<Complaint> list = std::move(complaints).sorted();
    if (shown.size() < 10 && shown.insert(list.front().message.substr(0, 25)).second)
      std::cout << render(list.front(), text) << "\n";
  }
  EXPECT_LT(refused, texts / 50);
}

TEST(Generator, MakesEveryForm) {
  const Known known{.systems = {}, .code_lists = {"heart", "sugar", "empty"}, .any_code_list = false, .cohorts = {}};
  std::array<int, op_count> seen{};
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const std::string text = RandomQuery(seed).text(20);
    Complaints complaints;
    const typed::Query query = compile(text, known, complaints);
    if (!complaints.empty()) continue;
    for (const typed::Ptr& statement : query.statements) count_forms(*statement, seen);
  }
  for (std::size_t i = 0; i < op_count; ++i) {
    const bool once = static_cast<Op>(i) == Op::number;
    EXPECT_GE(seen[i], once ? 1 : 25) << "hardly ever made: " << typed::name(static_cast<Op>(i));
  }
}

}  // namespace
}  // namespace chartline::query::random
