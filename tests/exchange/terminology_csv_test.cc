#include <gtest/gtest.h>

#include <sstream>

#include "formats/exchange/quality.h"
#include "formats/exchange/reader.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {
namespace {

class Told final : public RecordSink {
 public:
  Result<void> record(const record::Record&) override {
    return ADD_FAILURE() << "terminology is no record", Result<void>();
  }
  Result<void> concept_(const record::Concept& entry) override {
    text << name(entry.code) << (entry.code.display.empty() ? "" : " ") << entry.code.display << "\n";
    return {};
  }
  Result<void> concept_link(const record::ConceptLink& link) override {
    text << name(link.from) << (link.relation == record::Relation::is_a ? " is a " : " maps to ") << name(link.to)
         << "\n";
    return {};
  }
  std::ostringstream text;

 private:
  static std::string name(const record::Code& code) { return std::string(code.system) + ":" + std::string(code.code); }
};

std::string read_text(std::string_view csv) {
  const ScratchFile file("t.csv", csv);
  const std::vector<std::string> paths = {file.path()};
  const auto seen = recognise(paths);
  EXPECT_TRUE(seen && seen->format == Format::terminology);
  Told told;
  std::ostringstream problems;
  const auto quality = make_quality({.source = "t"}, &problems);
  const auto read_all = read(Format::terminology, paths, {.source = "", .zone = {}}, told, *quality);
  if (!read_all) return read_all.error().message;
  for (std::istringstream lines(problems.str()); lines;) {
    std::string line;
    if (!std::getline(lines, line)) break;
    const auto part = [&](std::string_view key) {
      const std::size_t at = line.find("\"" + std::string(key) + "\":") + key.size() + 3;
      return line.substr(at, line.find_first_of(",}", at) - at);
    };
    told.text << "! " << part("line") << " " << part("rule") << "\n";
  }
  EXPECT_EQ(quality->summary().rows, quality->summary().rejected);
  return told.text.str();
}

TEST(TerminologyCsv, HierarchyUnderASystem) {
  EXPECT_EQ(
      read_text(
          "system,code,parent,display\nicd10,e11,,Type 2\nicd10,E119,E11,\"Type 2, without\"\nicd10,E119,E14,x\n"),
      "icd10:E11 Type 2\nicd10:E11.9 Type 2, without\nicd10:E11.9 is a icd10:E11\nicd10:E11.9 x\nicd10:E11.9 is a "
      "icd10:E14\n");
  EXPECT_EQ(read_text("child,parent\nicd10:E11.9,icd10:E11\nhttp://x|1,http://x|2\n"),
            "icd10:E11.9\nicd10:E11.9 is a icd10:E11\nhttp://x:1\nhttp://x:1 is a http://x:2\n");
}

TEST(TerminologyCsv, MappingOfLocalCodes) {
  EXPECT_EQ(
      read_text(
          "system,code,term,maps_to,maps_to_system\nclinic,sugar,Sugar,44054006,snomed\nclinic,fever,,icd10:R50,\n"),
      "clinic:sugar Sugar\nclinic:sugar maps to snomed:44054006\nclinic:fever\nclinic:fever maps to icd10:R50\n");
  EXPECT_EQ(read_text("code,maps_to\nlocal|a,icd10:E11\nicd10:E11,icd10:E11\n"),
            "local:a\nlocal:a maps to icd10:E11\nicd10:E11\n");
}

TEST(TerminologyCsv, RowsThatCannotBeUsedAreTold) {
  EXPECT_EQ(read_text("system,code,parent\nicd10,,E11\n,E11.9,\nicd10,E11,E11\nicd10\n"),
            "icd10:E11\n! 2 \"no_code\"\n! 3 \"no_system\"\n! 4 \"own_parent\"\n! 5 \"ragged_row\"\n");
}

}  // namespace
}  // namespace chartline::exchange
