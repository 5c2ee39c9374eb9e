#include "engine/terminology.h"

#include <gtest/gtest.h>

#include "tests/engine_maintenance/made_store.h"

namespace chartline::engine {
namespace {

constexpr Micros start = 1'700'000'000'000'000;
using record::Relation;

record::Code code(std::string_view text) { return {"snomed", text, {}}; }

class TerminologyTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = make_store(folder_.path("store"), 8, clock_); }
  std::unique_ptr<TerminologyLoad> begin(std::string_view version) {
    auto load = TerminologyLoad::begin(*store_, version);
    EXPECT_TRUE(load) << load.error().message;
    return std::move(*load);
  }
  std::string display(std::string_view version, std::string_view text) {
    record::Arena room;
    const auto found = find_concept(*store_, version, code(text), room);
    if (!found) return "error: " + found.error().message;
    return *found ? std::string((*found)->code.display) : "unknown";
  }
  std::vector<std::string> links(std::string_view version, std::string_view text, bool inverse) {
    record::Arena room;
    const auto found = concept_links(*store_, version, Relation::is_a, code(text), inverse, room);
    EXPECT_TRUE(found);
    std::vector<std::string> list;
    for (const record::ConceptLink& link : *found)
      list.push_back(std::string(link.from.code) + ">" + std::string(link.to.code) + " " + std::to_string(link.distance));
    return list;
  }

  FixedClock clock_{start};
  TestFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(TerminologyTest, KeepsConceptsAndLinksByVersion) {
  EXPECT_EQ(display("", "a"), "error: no terminology was loaded into this store");
  auto load = begin("2023");
  record::Concept full{.code = {"snomed", "a", "first"},
                       .omop_id = "123",
                       .domain = "Condition",
                       .standard = true,
                       .valid_from = "2001-01-01",
                       .valid_to = "2099-12-31"};
  ASSERT_TRUE(load->add(full));
  full.code.display = "Asthma";
  ASSERT_TRUE(load->add(full));
  ASSERT_TRUE(load->add(record::Concept{.code = {"snomed", "b", "Wheeze"}}));
  ASSERT_TRUE(load->add(record::ConceptLink{Relation::is_a, code("a"), code("b"), 2}));
  ASSERT_TRUE(load->add(record::ConceptLink{Relation::is_a, code("a"), code("b"), 1}));
  ASSERT_TRUE(load->add(record::ConceptLink{Relation::is_a, code("c"), code("b"), 3}));
  ASSERT_TRUE(load->add(record::ConceptLink{Relation::maps_to, code("a"), code("c"), 1}));
  EXPECT_FALSE(load->add(record::Concept{.code = {"", "b", {}}}));
  EXPECT_FALSE(load->add(record::ConceptLink{Relation::is_a, code("a"), {}, 1}));
  EXPECT_EQ(terminology_versions(*store_)->size(), 0u) << "visible on finish only";
  const auto counts = load->finish();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->concepts, 2u);
  EXPECT_EQ(counts->links, 3u);
  load = nullptr;
  store_ = nullptr;
  store_ = open_store(folder_.path("store"), clock_);

  record::Arena room;
  const auto found = find_concept(*store_, "2023", code("a"), room);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->code.display, "Asthma");
  EXPECT_EQ((*found)->omop_id, "123");
  EXPECT_EQ((*found)->domain, "Condition");
  EXPECT_TRUE((*found)->standard);
  EXPECT_EQ((*found)->valid_from, "2001-01-01");
  EXPECT_EQ((*found)->valid_to, "2099-12-31");
  EXPECT_EQ(display("", "b"), "Wheeze");
  EXPECT_EQ(display("2023", "z"), "unknown");
  EXPECT_EQ(links("2023", "a", false), std::vector<std::string>{"a>b 1"});
  EXPECT_EQ(links("2023", "b", true), (std::vector<std::string>{"a>b 1", "c>b 3"}));
  EXPECT_EQ(links("2023", "b", false), std::vector<std::string>());
  EXPECT_EQ(find_concept(*store_, "1999", code("a"), room).error().fault, Fault::not_found);
  EXPECT_EQ(concept_links(*store_, "1999", Relation::is_a, code("a"), false, room).error().fault, Fault::not_found);
  EXPECT_EQ(first_finding(*store_), "");
}

TEST_F(TerminologyTest, AddsToAVersionAndKeepsOthersApart) {
  auto load = begin("one");
  ASSERT_TRUE(load->add(record::Concept{.code = {"snomed", "a", "old"}}));
  ASSERT_TRUE(load->add(record::ConceptLink{Relation::is_a, code("a"), code("b"), 1}));
  ASSERT_TRUE(load->finish());
  load = begin("two");
  ASSERT_TRUE(load->add(record::Concept{.code = {"snomed", "a", "other"}}));
  ASSERT_TRUE(load->finish());
  load = begin("one");
  ASSERT_TRUE(load->add(record::Concept{.code = {"snomed", "a", "new"}}));
  ASSERT_TRUE(load->add(record::Concept{.code = {"snomed", "n", "more"}}));
  ASSERT_TRUE(load->add(record::ConceptLink{Relation::is_a, code("a"), code("b"), 1}));
  ASSERT_TRUE(load->add(record::ConceptLink{Relation::is_a, code("a"), code("c"), 2}));
  EXPECT_EQ(display("one", "a"), "old");
  ASSERT_TRUE(load->finish());
  EXPECT_EQ(display("one", "a"), "new");
  EXPECT_EQ(display("two", "a"), "other");
  EXPECT_EQ(display("", "n"), "more") << "the one loaded last";
  EXPECT_EQ(links("one", "a", false), (std::vector<std::string>{"a>b 1", "a>c 2"}));
  const auto versions = terminology_versions(*store_);
  ASSERT_EQ(versions->size(), 2u);
  EXPECT_EQ((*versions)[0].name, "one");
  EXPECT_EQ((*versions)[0].concepts, 2u);
  EXPECT_EQ((*versions)[0].links, 2u);
  EXPECT_EQ(first_finding(*store_), "");
}

TEST_F(TerminologyTest, WithoutFinishNothingStays) {
  const Tables& tables = *store_->parts().shards.front()->tables();
  const auto keys = [&] {
    std::size_t count = 0;
    EXPECT_TRUE(const_cast<Tables&>(tables).scan(Table::terminology, {}, {}, nullptr,
                                                 [&](BytesView, BytesView) { return ++count, true; }));
    return count;
  };
  const std::string long_display(5000, 'x');
  {
    auto load = begin("gone");
    for (int i = 0; i < 5000; ++i)
      ASSERT_TRUE(load->add(record::Concept{.code = {"snomed", "c" + std::to_string(i), long_display}}));
    EXPECT_GT(keys(), 100u) << "larger than a batch";
  }
  EXPECT_EQ(display("gone", "c1"), "error: no terminology was loaded under this version");
  ASSERT_TRUE(begin("next")->finish());
  EXPECT_LT(keys(), 10u) << "swept by the next load";
}

// Codes with many links are written in several chunks, whichever way they come.
TEST_F(TerminologyTest, HoldsLargeGroups) {
  auto load = begin("large");
  const int children = 150'000;
  for (int i = 0; i < children; ++i) {
    const std::string child = "child" + std::to_string(i);
    ASSERT_TRUE(load->add(record::ConceptLink{Relation::is_a, code(child), code("root"), 1}));
  }
  const auto counts = load->finish();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->links, static_cast<std::uint64_t>(children));
  EXPECT_EQ(links("large", "root", true).size(), static_cast<std::size_t>(children));
  EXPECT_EQ(links("large", "child77", false), std::vector<std::string>{"child77>root 1"});
  EXPECT_EQ(first_finding(*store_), "");
}

TEST_F(TerminologyTest, IsNotLoadedIntoAStoreThatIsReadOnly) {
  store_ = nullptr;
  StoreOptions options = quiet_options(clock_);
  options.read_only = true;
  auto store = Store::open(folder_.path("store"), options);
  ASSERT_TRUE(store);
  EXPECT_EQ(TerminologyLoad::begin(**store, "x").error().fault, Fault::unavailable);
}

}  // namespace
}  // namespace chartline::engine
