// Of which categories an event is, and what a rule shows of them.
#include <gtest/gtest.h>

#include "engine/trust/grant.h"
#include "engine/trust/sight.h"

namespace chartline::engine {
namespace {

const Categories categories(
    {{.name = "mind", .kinds = 0, .codes = {{"snomed", "1"}}, .prefixes = {{"icd10", "F"}}},
     {.name = "papers", .kinds = 1u << static_cast<unsigned>(record::Kind::document), .codes = {}, .prefixes = {}}});

CategoryMask of(const record::Event& event) { return categories.of(event); }

TEST(Categories, AreOfKindsAndOfAnyCodeOfAnEvent) {
  record::Event event{.kind = record::Kind::condition};
  EXPECT_EQ(of(event), 0u);
  event.code = {.system = "icd10", .code = "F32.1"};
  EXPECT_EQ(of(event), 1u);
  event.code = {.system = "icd9cm", .code = "F32.1"};
  EXPECT_EQ(of(event), 0u);
  event.code = {.system = "snomed", .code = "12"};
  EXPECT_EQ(of(event), 0u);
  event.kind = record::Kind::document;
  EXPECT_EQ(of(event), 2u);
  const record::Code translation{.system = "snomed", .code = "1"};
  event.translations = {&translation, 1};
  EXPECT_EQ(of(event), 3u);
  event.translations = {};
  event.value.code = translation;
  EXPECT_EQ(of(event), 3u);
  event.value = {};
  record::Attribute attribute{.name = "reason"};
  attribute.value.code = translation;
  event.attributes = {&attribute, 1};
  EXPECT_EQ(of(event), 3u);
  EXPECT_EQ(categories.find("papers"), 2u);
  EXPECT_FALSE(categories.find("paper"));
  EXPECT_EQ(categories.with_codes(), 1u);
}

TEST(CategoryRule, ShowsWhatIsGrantedAndNotWithheld) {
  EXPECT_TRUE(CategoryRule().shows_everything());
  EXPECT_TRUE(CategoryRule().shows(0));
  const CategoryRule withheld{.all_granted = true, .granted = 0, .withheld = 1};
  EXPECT_TRUE(withheld.shows(0));
  EXPECT_TRUE(withheld.shows(2));
  EXPECT_FALSE(withheld.shows(3));
  const CategoryRule granted{.all_granted = false, .granted = 2, .withheld = 1};
  EXPECT_FALSE(granted.shows(0));
  EXPECT_TRUE(granted.shows(2));
  EXPECT_FALSE(granted.shows(3));
  EXPECT_EQ(granted.asked(), 3u);
  EXPECT_EQ(withheld.asked(), 1u);
}

TEST(SourceScope, CoversWhatItNames) {
  const record::Source source{.organisation = "A", .system = "x"};
  EXPECT_TRUE((SourceScope{"A", ""}.covers(source)));
  EXPECT_TRUE((SourceScope{"", "x"}.covers(source)));
  EXPECT_TRUE((SourceScope{"A", "x"}.covers(source)));
  EXPECT_FALSE((SourceScope{"B", ""}.covers(source)));
  EXPECT_FALSE((SourceScope{"A", "y"}.covers(source)));
}

// Grants that show the same have one mark, whatever they are called.
TEST(Grant, IsMarkedByAllThatNarrowsAView) {
  const auto mark = [](const auto& change) {
    Grant grant;
    grant.patients.add({0, 1});
    change(grant);
    return seal(std::move(grant))->mark;
  };
  const std::uint64_t plain = mark([](Grant&) {});
  EXPECT_EQ(mark([](Grant& grant) { grant.user = "alice"; }), plain);
  EXPECT_NE(mark([](Grant& grant) { grant.patients.add({0, 2}); }), plain);
  EXPECT_NE(mark([](Grant& grant) { grant.sources = {{"A", ""}}; }), plain);
  EXPECT_NE(mark([](Grant& grant) { grant.of_everyone.withheld = 1; }), plain);
  EXPECT_NE(mark([](Grant& grant) {
              grant.of_patient = {{{0, 1}, {.all_granted = true, .granted = 0, .withheld = 1}}};
            }),
            plain);
  EXPECT_NE(mark([](Grant& grant) { grant.identifiable = false; }), plain);
  EXPECT_NE(mark([](Grant& grant) { grant.categories = std::make_shared<const Categories>(categories); }), plain);
}

}  // namespace
}  // namespace chartline::engine
