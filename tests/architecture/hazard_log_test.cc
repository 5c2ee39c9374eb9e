// Every hazard of docs/clinical-safety/hazard-log.md has controls, and every control a test that there is.
#include "tests/architecture/hazard_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace chartline::architecture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(HazardLog, EveryControlIsShownByATest) {
  std::ifstream file("docs/clinical-safety/hazard-log.md");
  ASSERT_TRUE(file) << "tests run in the project's root";
  const std::vector<Hazard> hazards = hazards_in(std::string{std::istreambuf_iterator<char>(file), {}});
  EXPECT_THAT(complaints(hazards, "."), IsEmpty());
  std::set<std::string> ids;
  for (const Hazard& hazard : hazards) EXPECT_TRUE(ids.insert(hazard.id).second) << hazard.id << " stands twice";
  for (const char* id : {"H1", "H2", "H3", "H4", "H5", "H6"}) EXPECT_TRUE(ids.contains(id)) << id << " is gone";
}

TEST(HazardLog, AHazardWithoutWhatShowsIsComplainedAbout) {
  const std::vector<Hazard> hazards = hazards_in(
      "# Log\n\n## H1 One\n\nCauses: many.\n\n| control | shown by |\n|---|---|\n"
      "| this | `architecture.HazardLog.AHazardWithoutWhatShowsIsComplainedAbout` |\n"
      "| that | hope |\n"
      "| more | `architecture.HazardLog.Nothing` `nowhere.A.B` `tests/redteam/redteam.sh` `README.md` |\n"
      "## H2 Two\n");
  ASSERT_EQ(hazards.size(), 2U);
  EXPECT_EQ(hazards[0].name, "One");
  EXPECT_THAT(complaints(hazards, "."),
              ElementsAre("H1: nothing shows 'that'", "H1: there is no test architecture.HazardLog.Nothing",
                          "H1: there is no test nowhere.A.B", "H1: there is no test README.md", "H2 has no control"));
}

}  // namespace
}  // namespace chartline::architecture
