#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "formats/exchange/reader.h"
#include "tests/exchange/packed.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {
namespace {

// The format's name, or why there is none, without the folder.
std::string recognised(const std::vector<std::string>& paths, const std::string& folder = "//") {
  const auto seen = recognise(paths);
  if (seen && seen->format) return std::string(name(*seen->format));
  EXPECT_TRUE(seen || seen.error().fault == Fault::not_found || seen.error().fault == Fault::invalid_request);
  std::string text = seen ? seen->why_not : seen.error().message;
  for (auto at = text.find(folder + "/"); at != std::string::npos; at = text.find(folder + "/"))
    text.erase(at, folder.size() + 1);
  return text;
}

TEST(Recognise, KnowsFilesByNameAndByContent) {
  const ScratchFolder folder;
  const auto file = [&](const std::string& name, std::string_view text) {
    return std::vector<std::string>{folder.write(name, text)};
  };
  EXPECT_EQ(recognised(file("a.csv", "patient,time,code,value\n")), "events");
  EXPECT_EQ(recognised(file("b.csv", "Code,Patient,Time\n")), "events");
  EXPECT_EQ(recognised(file("c.csv", "subject_id,time,code\n")), "meds");
  EXPECT_EQ(recognised(file("d.csv", "START,STOP,PATIENT,ENCOUNTER,CODE\n")), "synthea");
  EXPECT_EQ(recognised(file("e.csv", "PERSON_ID,X\n")), "omop");
  EXPECT_EQ(recognised(file("f.json", "whatever")), "fhir");
  EXPECT_EQ(recognised(file("g.ndjson", "")), "fhir");
  EXPECT_EQ(recognised(file("h.data", "\xef\xbb\xbf \n {\"resourceType\":\"Patient\"}")), "fhir");
  EXPECT_EQ(recognised(file("i.tgz", pack(tar({{"README", "x"}, {"PERSON.csv", "x"}}), Packing::gzip))), "omop");
  EXPECT_EQ(recognised(file("j.csv.xz", pack("patient,time,code\n", Packing::xz))), "events");
}

TEST(Recognise, SaysWhatItSaw) {
  const ScratchFolder folder;
  EXPECT_EQ(recognised({folder.write("a.txt", "hello\n")}, folder.path()),
            "none of the formats fhir, omop, synthea, meds, events and terminology is recognised in a.txt");
  EXPECT_EQ(recognised({folder.write("in/a.csv", ""), folder.write("in/b", ""), folder.write("in/c", ""),
                        folder.write("in/d", "")},
                       folder.path()),
            "none of the formats fhir, omop, synthea, meds, events and terminology is recognised in in/a.csv, in/b, "
            "in/c and 1 more");
  EXPECT_EQ(
      recognised({folder.write("x.json", "{}"), folder.write("x.csv", "patient,time,code\n")}, folder.path()),
      "several formats are recognised: fhir (x.json), events (x.csv); import them one by one, or name the format");
  EXPECT_EQ(recognised({folder.path() + "/none"}, folder.path()), "none: no such file or folder");
  EXPECT_EQ(recognised({"-"}), "the format of standard input is not guessed: name it");
  std::filesystem::create_directory(folder.path() + "/empty");
  EXPECT_EQ(recognised({folder.path() + "/empty"}),
            "none of the formats fhir, omop, synthea, meds, events and terminology is recognised in no file at all");
}

// Whoever looked into a pipe would have taken what it then imports without.
TEST(Recognise, LooksIntoNoPipe) {
  const std::string pipe = testing::TempDir() + "recognise-pipe-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(recognised({pipe}), pipe + " can be read once, so that its format is not guessed: name it");
  ::unlink(pipe.c_str());
}

TEST(Recognise, FailsWhereAnArchiveIsDamaged) {
  const ScratchFolder folder;
  const std::string packed = pack(std::string(1000, 'x'), Packing::gzip);
  const std::vector<std::string> paths = {folder.write("a.gz", packed.substr(0, packed.size() / 2))};
  const auto seen = recognise(paths);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().fault, Fault::invalid_request);
}

TEST(Recognise, ParsesTheNamesItPrints) {
  for (const Format format :
       {Format::fhir, Format::omop, Format::synthea, Format::meds, Format::events, Format::terminology})
    EXPECT_EQ(parse_format(name(format)), format);
  EXPECT_EQ(parse_format("FHIR"), std::nullopt);
}

TEST(Recognise, KnowsTheSharedSets) {
  const std::string data = "../shared/data/";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "skipped: ../shared/data is absent";
  EXPECT_EQ(recognised({data + "synthea-r4-smart"}), "fhir");
  EXPECT_EQ(recognised({data + "fhir-r4-examples"}), "fhir");
  EXPECT_EQ(recognised({data + "nrlf-examples"}), "fhir");
  EXPECT_EQ(recognised({data + "json-test-suite"}), "fhir");
  EXPECT_EQ(recognised({data + "synthea-csv"}), "synthea");
  EXPECT_EQ(recognised({data + "omop-gibleed"}), "omop");
  EXPECT_EQ(recognised({data + "omop-synthea27nj"}), "omop");
  EXPECT_EQ(recognised({data + "mimic-iv-demo-omop"}), "omop");
  EXPECT_EQ(recognised({data + "mimic-iv-demo-meds"}), "meds");
  EXPECT_TRUE(recognised({data + "hl7v2-messages"}).starts_with("none of the formats"));
  EXPECT_TRUE(recognised({data + "cql-tests"}).starts_with("none of the formats"));
  // Whatever else lies there, it is recognised or politely refused.
  for (const auto& folder : std::filesystem::directory_iterator(data))
    EXPECT_FALSE(recognised({folder.path().string()}).empty());
}

}  // namespace
}  // namespace chartline::exchange
