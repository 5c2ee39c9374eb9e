// The folders are the architecture: includes run one way, and the drawing in docs/architecture.md is what the sources
// say. Set CHARTLINE_REWRITE=1 to redraw it when the answer rightly changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/architecture/include_map.h"

namespace chartline::architecture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> complaints_about(std::string_view file, std::string_view line) {
  return complaints(includes_in(file, line));
}

TEST(IncludesIn, FindsEveryFormOfTheDirective) {
  const std::vector<Include> found = includes_in("base/a.cc",
                                                 "// #include \"not/me.h\"\n"
                                                 "#include \"base/a.h\"\n"
                                                 "\n"
                                                 "  #  include <vector>  // here\n"
                                                 "#define include\n"
                                                 "#include\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].target, "base/a.h");
  EXPECT_EQ(found[0].line, 2);
  EXPECT_EQ(found[0].form, Include::Form::quoted);
  EXPECT_EQ(found[1].target, "vector");
  EXPECT_EQ(found[1].line, 4);
  EXPECT_EQ(found[1].form, Include::Form::angled);
}

TEST(Complaints, NameTheForbiddenArrow) {
  EXPECT_THAT(complaints_about("formats/exchange/fhir.cc", "\n#include \"engine/store.h\""),
              ElementsAre("formats/exchange/fhir.cc:2: formats/exchange may not include engine"));
  EXPECT_THAT(complaints_about("base/a.h", "#include \"formats/record/event.h\""),
              ElementsAre("base/a.h:1: base may not include formats/record"));
  EXPECT_THAT(complaints_about("query/plan.cc", "#include \"formats/stored/run.h\""),
              ElementsAre("query/plan.cc:1: query may not include formats/stored"));
  EXPECT_THAT(complaints_about("engine/store.cc", "#include \"tests/engine/model.h\""),
              ElementsAre("engine/store.cc:1: engine may not include tests"));
}

TEST(Complaints, NameHeadersOfThirdPartiesInTheWrongPlace) {
  EXPECT_THAT(complaints_about("engine/store.cc", "#include <rocksdb/db.h>"),
              ElementsAre("engine/store.cc:1: <rocksdb/db.h> may not be seen here"));
  EXPECT_THAT(complaints_about("engine/storage/rocks.h", "#include <rocksdb/db.h>"),
              ElementsAre("engine/storage/rocks.h:1: <rocksdb/db.h> may not be seen here"));
  EXPECT_THAT(complaints_about("cli/main.cc", "#include <kj/async.h>"),
              ElementsAre("cli/main.cc:1: <kj/async.h> may not be seen here"));
  EXPECT_THAT(complaints_about("engine/store.cc", "#include <capnp/rpc.h>"),
              ElementsAre("engine/store.cc:1: <capnp/rpc.h> may not be seen here"));
}

TEST(Complaints, NameWhatIsNotRootedOrStandsNowhere) {
  EXPECT_THAT(complaints_about("base/hash.cc", "#include \"hash.h\""),
              ElementsAre("base/hash.cc:1: \"hash.h\" is not named from the project's root"));
  EXPECT_THAT(complaints_about("misc/a.cc", "#include <vector>"),
              ElementsAre("misc/a.cc:1: the file stands in no known folder"));
}

TEST(Complaints, AreNotMadeOfWhatIsAllowed) {
  EXPECT_THAT(complaints_about("engine/store.cc", "#include \"formats/stored/run.h\""), IsEmpty());
  EXPECT_THAT(complaints_about("engine/store.cc", "#include \"engine/view.h\""), IsEmpty());
  EXPECT_THAT(complaints_about("engine/storage/rocks_table.cc", "#include <rocksdb/db.h>"), IsEmpty());
  EXPECT_THAT(complaints_about("server/rpc.cc", "#include <kj/async.h>"), IsEmpty());
  EXPECT_THAT(complaints_about("tests/engine/hazard_test.cc", "#include <rocksdb/db.h>"), IsEmpty());
}

TEST(Draw, ListsFoldersFromTheGroundUp) {
  std::vector<Include> includes =
      includes_in("engine/store.cc", "#include \"formats/stored/run.h\"\n#include \"base/hash.h\"\n");
  for (const Include& include :
       includes_in("formats/record/time.cc", "#include <vector>\n#include \"base/result.h\"\n")) {
    includes.push_back(include);
  }
  EXPECT_EQ(draw(includes),
            "formats/record    -> base\n"
            "engine            -> base, formats/stored\n");
}

TEST(Project, IncludesRunOneWay) {
  const std::vector<Include> includes = includes_under(".");
  ASSERT_GT(includes.size(), 100U) << "the test runs in the project's root";
  EXPECT_THAT(complaints(includes), IsEmpty());
}

TEST(Project, EachSourceIncludesItsOwnHeaderFirst) {
  EXPECT_THAT(complaints_about_order(includes_under("."), "."), IsEmpty());
}

TEST(Project, IsDrawnInItsDocumentation) {
  static constexpr std::string_view path = "docs/architecture.md", open = "```include-map\n", close = "```";
  std::ifstream file{std::string(path)};
  std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t first = page.find(open);
  ASSERT_NE(first, std::string::npos) << path << " has no include map";
  const std::size_t begin = first + open.size(), past = page.find(close, begin);
  ASSERT_NE(past, std::string::npos) << path << ": the include map has no end";

  const std::string drawing = draw(includes_under("."));
  std::cout << drawing;
  if (std::getenv("CHARTLINE_REWRITE")) {
    page.replace(begin, past - begin, drawing);
    std::ofstream{std::string(path)} << page;
    GTEST_SKIP() << "skipped: " << path << " was redrawn";
  }
  EXPECT_EQ(page.substr(begin, past - begin), drawing) << "run this test with CHARTLINE_REWRITE=1 to redraw " << path;
}

}  // namespace
}  // namespace chartline::architecture
