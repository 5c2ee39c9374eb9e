#include "query/codeset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "query/resolve.h"
#include "tests/query/page.h"

namespace chartline::query {
namespace {

using Keys = std::vector<CodeKey>;

// A small terminology: 1 > { 11, 12 > 121 } of system `tree`, of which events carry 1, 11 and 121.
class SmallSource final : public CodeSource {
 public:
  Result<Keys> with_prefix(std::string_view system, std::string_view prefix) override {
    Keys found;
    for (const CodeKey& key : carried_)
      if ((system.empty() || key.system == system) && key.code.starts_with(prefix)) found.push_back(key);
    return found;
  }
  Result<Keys> descendants(std::string_view system, std::string_view code) override {
    Keys found;
    for (const std::string_view each : {"1", "11", "12", "121"})
      if (system == "tree" && each != code && each.starts_with(code)) found.push_back({"tree", std::string(each)});
    return found;
  }
  Result<std::optional<Keys>> list(std::string_view name) override {
    if (name == "broken") return corrupt("meta: a code list cannot be read");
    const auto found = lists_.find(name);
    return found == lists_.end() ? std::optional<Keys>() : found->second;
  }
  bool carried(const CodeKey& key) override { return std::ranges::find(carried_, key) != carried_.end(); }
  std::string version() const override { return "small"; }

 private:
  const Keys carried_ = {{"icd10", "E11"}, {"icd10", "E11.9"}, {"icd10", "E12"}, {"read2", "C10..00"},
                         {"read2", "c10"}, {"tree", "1"},      {"tree", "11"},   {"tree", "121"}};
  const std::map<std::string, Keys, std::less<>> lists_ = {
      {"dm", {{"snomed", "2"}, {"icd10", "E11"}, {"icd10", "E11"}, {"snomed", "1"}}}, {"none", {}}};
};

// Every code set of the text's events, expanded.
std::string expanded(std::string_view text) {
  Complaints complaints;
  const typed::Query query = compile(text, {.systems = {"tree"}, .any_code_list = true}, complaints);
  if (!complaints.empty()) return render(std::move(complaints).sorted(), text);
  CodesByName definitions;
  std::string out;
  SmallSource source;
  const auto walk = [&](const auto& self, const typed::Node& node) -> void {
    if (node.op == typed::Op::events) {
      const auto set = expand(*node.parts.front(), definitions, source);
      if (!set) {
        out += std::string(name(set.error().fault)) + ": " + set.error().message + "\n";
        return;
      }
      out += set->any ? "any" : "{";
      for (const CodeKey& key : set->codes) out += " " + key.system + ":" + key.code;
      out += set->any ? "\n" : " }, " + std::to_string(set->unseen) + " of " + std::to_string(set->listed) + " unseen\n";
    }
    for (const typed::Ptr& part : node.parts) self(self, *part);
  };
  for (const typed::Ptr& statement : query.statements) {
    if (const auto* named = std::get_if<typed::Named>(&statement->data); named && statement->op == typed::Op::codes)
      definitions.emplace_back(named->name, statement);
    walk(walk, *statement);
  }
  return out;
}

TEST(CodeSet, Page) { run_page("codeset", expanded); }

TEST(CodeSet, DefinitionsOfDefinitionsAreExpandedOnce) {
  std::string text = "codes c0 = tree:<<1\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "c" + std::to_string(i - 1);
    text += "codes c" + std::to_string(i) + " = " + before + " | " + before + "\n";
  }
  EXPECT_EQ(expanded(text + "count exists any[c59]"), "{ tree:1 tree:11 tree:12 tree:121 }, 1 of 4 unseen\n");
}

TEST(CodeSet, MatchesAnyCodingOfAnEvent) {
  const CodeSet set{.codes = {{"icd10", "E11"}, {"snomed", "1"}}};
  record::Event event;
  EXPECT_FALSE(set.matches(event));
  EXPECT_TRUE(CodeSet{.any = true}.matches(event));
  event.code = {"snomed", "1", "whatever it is called"};
  EXPECT_TRUE(set.matches(event));
  event.code = {"snomed", "E11", {}};
  EXPECT_FALSE(set.matches(event));
  const record::Code translations[] = {{"snomed", "3", {}}, {"icd10", "E11", {}}};
  event.translations = translations;
  EXPECT_TRUE(set.matches(event));
}

TEST(CodeSet, ContainsWhatALookThroughAllFinds) {
  std::mt19937 random(20261126);
  const auto word = [&] {
    std::string made;
    for (auto n = random() % 3; n > 0; --n) made += static_cast<char>('a' + random() % 3);
    return made;
  };
  for (int round = 0; round < 300; ++round) {
    CodeSet set;
    for (auto n = random() % 8; n > 0; --n) set.codes.push_back({word(), word()});
    std::ranges::sort(set.codes);
    set.codes.erase(std::ranges::unique(set.codes).begin(), set.codes.end());
    for (int i = 0; i < 30; ++i) {
      const CodeKey key{word(), word()};
      EXPECT_EQ(set.contains(key.system, key.code), std::ranges::find(set.codes, key) != set.codes.end())
          << "seed 20261126, round " << round;
    }
  }
}

}  // namespace
}  // namespace chartline::query
