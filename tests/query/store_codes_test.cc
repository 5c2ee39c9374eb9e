#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "engine/terminology.h"
#include "query/code_lists.h"
#include "query/codeset.h"
#include "query/resolve.h"
#include "query/run.h"
#include "query/saved_cohorts.h"
#include "tests/query/small_store.h"

namespace chartline::query {
namespace {

using engine::TerminologyLoad;
using record::Code;
using record::Relation;
constexpr Micros day_one = 1'700'000'000'000'000, day = 86'400'000'000;

// "a:1 a:2", or what went wrong.
std::string expanded(engine::Store& store, std::string_view codes, std::string_view version = "",
                     std::optional<Micros> as_of = {}) {
  Complaints complaints;
  const std::string text = "count exists any[" + std::string(codes) + "]";
  const typed::Query query = compile(text, {.systems = {"clinic", "tree"}, .any_code_list = true}, complaints);
  if (!complaints.empty()) return render(std::move(complaints).sorted(), text);
  const typed::Node* node = query.statements.front().get();
  while (node->op != typed::Op::events) node = node->parts.front().get();
  const auto source = store_codes(store, as_of ? store.view_as_of(*as_of) : store.view(), version);
  if (!source) return source.error().message;
  const auto set = expand(*node->parts.front(), {}, **source);
  if (!set) return set.error().message;
  std::string out;
  for (const CodeKey& key : set->codes) out += (out.empty() ? "" : " ") + key.system + ":" + key.code;
  return out + (set->unseen ? " (" + std::to_string(set->unseen) + " unseen)" : "");
}

class StoreCodesTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  struct Link {
    Relation relation;
    Code from, to;
  };
  void load(std::string_view version, const std::vector<Link>& links, const std::vector<record::Concept>& concepts = {}) {
    auto load = TerminologyLoad::begin(store(), version);
    ASSERT_TRUE(load);
    for (const auto& entry : concepts) ASSERT_TRUE((*load)->add(entry));
    for (const Link& link : links) ASSERT_TRUE((*load)->add(record::ConceptLink{link.relation, link.from, link.to, 1}));
    ASSERT_TRUE((*load)->finish());
  }
  static Link below(std::string_view child, std::string_view parent) {
    return {Relation::is_a, {"tree", child, {}}, {"tree", parent, {}}};
  }
  engine::Store& store() { return small_.store(); }

  SmallStore small_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, StoreCodesTest, ::testing::Values(1u, 8u));

TEST_P(StoreCodesTest, PrefixesAreOfTheCodesThatEventsCarry) {
  for (int i = 0; i < 20; ++i)
    small_.tell("p" + std::to_string(i) + " 2020-01-01 condition icd10:E1" + std::to_string(i % 3) + "\n");
  small_.tell(
      "ann 2020-01-01 condition icd10:E11.9\nbob 2020-01-01 condition icd10cm:E11.9\nann 2020-01-01 condition "
      "clinic:E");
  EXPECT_EQ(expanded(store(), "icd10:E11*"), "icd10:E11 icd10:E11.9");
  EXPECT_EQ(expanded(store(), "icd10:E1*"), "icd10:E10 icd10:E11 icd10:E11.9 icd10:E12");
  EXPECT_EQ(expanded(store(), "icd10:F*"), "");
  EXPECT_EQ(expanded(store(), "* - icd10:E1*"), "clinic:E icd10cm:E11.9");
  EXPECT_EQ(expanded(store(), "{ icd10:E11.9, icd10:E13.9 }"), "icd10:E11.9 icd10:E13.9 (1 unseen)");
}

TEST_P(StoreCodesTest, DescendantsFollowParentsAndEndInCycles) {
  EXPECT_EQ(expanded(store(), "tree:<<1"), "no terminology is loaded that knows the descendants of codes of `tree`");
  load("t",
       {below("11", "1"), below("12", "1"), below("121", "12"), below("121", "11"), below("x", "y"), below("y", "x")});
  EXPECT_EQ(expanded(store(), "tree:<1"), "tree:11 tree:12 tree:121 (3 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<<12"), "tree:12 tree:121 (2 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<121"), "");
  EXPECT_EQ(expanded(store(), "tree:<x"), "tree:y (1 unseen)");
}

// OMOP's ancestors leave out what a class is not meant to take in; parents of another load are followed from there.
TEST_P(StoreCodesTest, ALoadThatListsAllAncestorsIsTakenAtItsWord) {
  auto ancestors = TerminologyLoad::begin(store(), "t");
  for (const auto& [child, parent, distance] : {std::tuple{"2", "1", 1u}, {"3", "2", 1u}, {"4", "2", 2u}})
    ASSERT_TRUE(
        (*ancestors)->add(record::ConceptLink{Relation::is_a, {"tree", child, {}}, {"tree", parent, {}}, distance}));
  ASSERT_TRUE((*ancestors)->finish());
  ancestors->reset();
  EXPECT_EQ(expanded(store(), "tree:<1"), "tree:2 (1 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<2"), "tree:3 tree:4 (2 unseen)");
  load("t", {below("mine", "2"), below("2", "own")});
  EXPECT_EQ(expanded(store(), "tree:<1"), "tree:2 tree:mine (2 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<own"), "tree:2 tree:3 tree:4 tree:mine (4 unseen)");
}

TEST_P(StoreCodesTest, AHierarchyIsOfTheVersionLoadedLastThatHasOne) {
  load("2023", {below("old", "1")});
  load("2024", {below("new", "1")});
  load("map", {{Relation::maps_to, {"clinic", "m", {}}, {"tree", "1", {}}}}, {{.code = {"tree", "1", "One"}}});
  EXPECT_EQ(expanded(store(), "tree:<1"), "tree:new (1 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<1", "2023"), "tree:old (1 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<1", "map"),
            "no terminology is loaded that knows the descendants of codes of `tree`");
  EXPECT_EQ(expanded(store(), "tree:<1", "2025"), "no terminology was loaded under the version `2025`");
  // A pin stands for what was there when it was made.
  const std::string pin = (*store_codes(store(), store().view(), "2023"))->version();
  const std::string all = (*store_codes(store(), store().view(), ""))->version();
  load("2023", {below("later", "1")});
  EXPECT_EQ(expanded(store(), "tree:<1", "2023"), "tree:later tree:old (2 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<1", pin), "tree:old (1 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<1", all), "tree:new (1 unseen)");
  EXPECT_EQ(expanded(store(), "tree:<1"), "tree:later tree:old (2 unseen)");
}

TEST_P(StoreCodesTest, WhatMapsToACodeIsTakenWhereTheTextSaysSo) {
  small_.tell("ann 2020-01-01 condition clinic:sugar");
  load("map", {{Relation::maps_to, {"clinic", "sugar", {}}, {"tree", "11", {}}},
               {Relation::maps_to, {"icd10", "E11", {}}, {"tree", "11", {}}},
               {Relation::maps_to, {"clinic", "sweet", {}}, {"clinic", "sugar", {}}}});
  load("tree", {below("11", "1")});
  EXPECT_EQ(expanded(store(), "tree:<<1"), "tree:1 tree:11 (2 unseen)");
  EXPECT_EQ(expanded(store(), "mapped(tree:<<1)"), "clinic:sugar icd10:E11 tree:1 tree:11 (3 unseen)");
  EXPECT_EQ(expanded(store(), "mapped(tree:11) - icd10:E*"), "clinic:sugar icd10:E11 tree:11 (2 unseen)")
      << "a prefix is of codes that events carry";
  EXPECT_EQ(expanded(store(), "mapped(*)"), "");
}

TEST_P(StoreCodesTest, AConceptIdFindsItsCode) {
  load("omop", {below("11", "1")},
       {{.code = {"tree", "1", {}}, .omop_id = "192671"}, {.code = {"omop", "7", {}}, .omop_id = "7"}});
  EXPECT_EQ(expanded(store(), "omop:192671"), "omop:192671 tree:1 (2 unseen)");
  EXPECT_EQ(expanded(store(), "omop:<<192671"), "omop:192671 tree:1 tree:11 (3 unseen)");
  EXPECT_EQ(expanded(store(), "omop:<192671"), "tree:11 (1 unseen)");
  EXPECT_EQ(expanded(store(), "omop:7"), "omop:7 (1 unseen)");
}

TEST_P(StoreCodesTest, ListsHoldCodesAndPartsOfHierarchies) {
  small_.tell("ann 2020-01-01 condition clinic:a\nbob 2020-01-01 condition clinic:b");
  load("t", {below("11", "1"), below("12", "1"), below("121", "12")});
  CodeLists lists(store());
  ASSERT_TRUE(lists.keep("dm",
                         {{.code = {"tree", "1"}, .reach = Reach::self_and_descendants},
                          {.code = {"tree", "12"}, .reach = Reach::descendants, .excluded = true},
                          {.code = {"clinic", ""}, .reach = Reach::prefix},
                          {.code = {"clinic", "b"}, .excluded = true}},
                         {}, day_one));
  EXPECT_EQ(expanded(store(), "@dm"), "clinic:a tree:1 tree:11 tree:12 (3 unseen)");
  EXPECT_EQ(expanded(store(), "@dm - tree:11"), "clinic:a tree:1 tree:12 (2 unseen)");
  EXPECT_EQ(expanded(store(), "@else"), "there is no code list @else");
}

TEST_P(StoreCodesTest, ListsHoldText) {
  CodeLists lists(store());
  const ListEntry fine{.code = {"tree", "1"}};
  for (const ListEntry& odd : {ListEntry{.code = {"\xff", "1"}}, ListEntry{.code = {"tree", "\xff"}},
                               ListEntry{.code = {"tree", "2"}, .display = "caf\xe9"}}) {
    const auto kept = lists.keep("dm", {fine, odd}, {}, day_one);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().fault, Fault::invalid_request);
  }
  EXPECT_FALSE(lists.keep("d\xff", {fine}, {}, day_one));
  EXPECT_FALSE(lists.keep("dm", {fine}, {.hash = "\xff"}, day_one));
  EXPECT_TRUE(lists.all()->empty());
  EXPECT_EQ(lists.keep("dm", {fine}, {.file = "caf\xe9.csv"}, day_one)->origin.file, "caf\xEF\xBF\xBD.csv");
  EXPECT_EQ(lists.all()->front().now()->origin.file, "caf\xEF\xBF\xBD.csv");
}

TEST_P(StoreCodesTest, ListsKeepTheirHistory) {
  CodeLists lists(store());
  EXPECT_TRUE(lists.all()->empty());
  const std::vector<ListEntry> first = {
      {.code = {"tree", "2"}, .display = "two"}, {.code = {"tree", "1"}}, {.code = {"tree", "2"}}};
  ASSERT_TRUE(lists.keep("dm", first, {"dm.csv", "aa", 3}, day_one));
  EXPECT_EQ(lists.keep("dm", first, {"again.csv", "aa", 3}, day_one + day)->number, 1u) << "it says the same";
  ASSERT_TRUE(lists.keep("dm", {{.code = {"tree", "3"}}}, {"dm.csv", "bb", 0}, day_one + 2 * day));
  ASSERT_TRUE(lists.remove("dm", day_one + 4 * day));
  EXPECT_EQ(lists.remove("dm", day_one + 5 * day).error().fault, Fault::not_found);
  EXPECT_EQ(lists.remove("other", day_one).error().fault, Fault::not_found);
  ASSERT_TRUE(lists.keep("dm", {{.code = {"tree", "4"}}}, {}, day_one)) << "a clock that goes back";

  const auto at = [&](Micros moment) { return expanded(store(), "@dm", "", moment); };
  EXPECT_EQ(at(day_one - 1), "there is no code list @dm");
  EXPECT_EQ(at(day_one), "tree:1 tree:2 (2 unseen)");
  EXPECT_EQ(at(day_one + day), "tree:1 tree:2 (2 unseen)");
  EXPECT_EQ(at(day_one + 3 * day), "tree:3 (1 unseen)");
  EXPECT_EQ(at(day_one + 4 * day), "there is no code list @dm");
  EXPECT_EQ(expanded(store(), "@dm"), "tree:4 (1 unseen)");

  ASSERT_TRUE(store().fold());
  const auto found = lists.find("dm");
  ASSERT_TRUE(found && *found);
  ASSERT_EQ((*found)->versions.size(), 4u);
  EXPECT_EQ((*found)->versions[0].origin.file, "dm.csv");
  EXPECT_EQ((*found)->versions[0].origin.hash, "aa");
  EXPECT_EQ((*found)->versions[0].origin.rejected, 3u);
  EXPECT_EQ((*found)->versions[0].entries, 2u);
  EXPECT_TRUE((*found)->versions[2].removed);
  EXPECT_EQ(lists.entries("dm", 1)->back().display, "two");
  EXPECT_EQ(lists.entries("dm", 9).error().fault, Fault::not_found);
  EXPECT_EQ(lists.keep("", {}, {}, 0).error().fault, Fault::invalid_request);
  EXPECT_EQ(lists.keep("a\nb", {}, {}, 0).error().fault, Fault::invalid_request);
}

// A query as of an instant sees the lists of that instant, in saved cohorts too.
TEST_P(StoreCodesTest, QueriesAsOfAnInstantSeeTheListsOfThen) {
  small_.tell(
      "at 2023-01-01\nann 2020-01-01 condition clinic:a\nbob 2020-01-01 condition clinic:b\ncat 2020-01-01 condition "
      "clinic:b");
  CodeLists lists(store());
  ASSERT_TRUE(lists.keep("dm", {{.code = {"clinic", "a"}}}, {}, day_one));
  ASSERT_TRUE(save_cohort(store(), "sugar", "cohort sugar = exists condition[@dm]", {}));
  ASSERT_TRUE(lists.keep("dm", {{.code = {"clinic", "b"}}}, {}, day_one + 10 * day));
  const std::string then = "as of " + record::print(record::at_instant(day_one + day)) + " count ";
  const auto answer = [&](const std::string& text) {
    const auto prepared = prepare(store(), text, {});
    if (!prepared) return prepared.error().message;
    if (!prepared->complaints.empty()) return prepared->complaints.front().message;
    Answers answers;
    const auto done = run(*prepared, store(), store().view(), {.threads = 1}, answers);
    std::string counts;
    for (const Answer& one : answers.all) counts += print(one.rows[0][0]) + "\n";
    return done ? counts : done.error().message;
  };
  EXPECT_EQ(answer("count exists condition[@dm]"), "2\n");
  EXPECT_EQ(answer(then + "exists condition[@dm]"), "1\n");
  EXPECT_EQ(answer(then + "in sugar"), "1\n");
  EXPECT_EQ(answer("count in sugar"), "2\n");
  EXPECT_EQ(answer(then + "exists condition[@dm]\ncount exists condition[@dm]"), "1\n2\n");
  EXPECT_EQ(answer(then + "exists condition[clinic:a]\ncount exists condition[clinic:b]"), "1\n2\n");
  ASSERT_TRUE(lists.remove("dm", day_one + 20 * day));
  EXPECT_EQ(answer("count exists condition[@dm]"), "there is no code list @dm");
  EXPECT_EQ(answer(then + "exists condition[@dm]"), "1\n");
}

TEST_P(StoreCodesTest, DamagedListsAreFound) {
  CodeLists lists(store());
  ASSERT_TRUE(lists.keep("dm", {{.code = {"tree", "1"}}}, {}, day_one));
  const Bytes index = **store().meta("code_lists");
  for (std::size_t i = 0; i < index.size(); ++i) {
    Bytes damaged = index;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    ASSERT_TRUE(store().set_meta("code_lists", damaged));
    EXPECT_EQ(lists.all().error().fault, Fault::corrupt) << i;
  }
  ASSERT_TRUE(store().set_meta("code_lists", index));
  ASSERT_TRUE(store().set_meta("code_list/dm/1", "short"));
  EXPECT_EQ(expanded(store(), "@dm"), "meta: a code list is not what was written");
}

// Random links with cycles, in several loads: descendants are what a plain walk finds.
TEST_P(StoreCodesTest, DescendantsOfRandomHierarchies) {
  std::mt19937 random(20261126);
  std::map<std::string, std::set<std::string>> children;
  for (int part = 0; part < 3; ++part) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (int i = 0; i < 40; ++i) pairs.emplace_back(std::to_string(random() % 40), std::to_string(random() % 40));
    std::vector<Link> links;
    for (const auto& [child, parent] : pairs) links.push_back(below(child, parent)), children[parent].insert(child);
    load("t", links);
  }
  const auto source = store_codes(store(), store().view(), "");
  ASSERT_TRUE(source);
  for (int code = 0; code < 40; ++code) {
    const std::string root = std::to_string(code);
    std::set<std::string> found;
    std::vector<std::string> waiting = {root};
    while (!waiting.empty()) {
      const std::string next = waiting.back();
      waiting.pop_back();
      for (const std::string& child : children[next])
        if (child != root && found.insert(child).second) waiting.push_back(child);
    }
    std::set<std::string> told;
    const auto below_root = (*source)->descendants("tree", root);
    ASSERT_TRUE(below_root);
    for (const CodeKey& key : *below_root) told.insert(key.code);
    EXPECT_EQ(told, found) << "seed 20261126, below " << root;
  }
}

}  // namespace
}  // namespace chartline::query
