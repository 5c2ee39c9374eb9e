// The Synthea bundles against an independent reading of them: per type, the same events, field by field. synthea_lines.h
// says in what the two differ by design.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/exchange/fhir_reading.h"
#include "tests/exchange/synthea_lines.h"

namespace chartline::exchange {
namespace {

class LineSink final : public RecordSink {
 public:
  Result<void> record(const record::Record& record) override {
    ++records;
    const auto patient = record.identifiers[0].value;
    for (const auto& event : record.events) lines.add(patient, event, record.events.size() > 1);
    return {};
  }
  Result<void> concept_(const record::Concept&) override { return {}; }
  Result<void> concept_link(const record::ConceptLink&) override { return {}; }

  SyntheaLines lines;
  std::uint64_t records = 0;
};

class FhirSynthea : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(synthea_folder)) return;
    bundles = new LineSink;
    quality = new CollectingQuality;
    const std::vector<std::string> paths = {std::string(synthea_folder) + "/bundles.tar.xz"};
    ReadOptions options;
    options.threads = 2;
    const Progress progress;
    const auto outcome = read_fhir(Reading{paths, options, *bundles, *quality, progress});
    EXPECT_TRUE(outcome);
  }
  static void TearDownTestSuite() {
    delete bundles;
    delete quality;
    bundles = nullptr, quality = nullptr;
  }
  void SetUp() override {
    if (bundles == nullptr) GTEST_SKIP() << "skipped: ../shared/data is absent";
  }

  static LineSink* bundles;
  static CollectingQuality* quality;
};
LineSink* FhirSynthea::bundles = nullptr;
CollectingQuality* FhirSynthea::quality = nullptr;

TEST_F(FhirSynthea, NothingIsRejectedOrMended) {
  EXPECT_EQ(bundles->lines.people.size(), 311u);
  EXPECT_EQ(quality->rows, 96'562u);
  EXPECT_EQ(bundles->records, quality->rows);
  EXPECT_TRUE(quality->problems.empty());
  // Laboratory results and death certificates come in up to 13 days after; one prescription is older than its patient.
  EXPECT_EQ(quality->impossible_by_rule,
            (std::map<std::string, std::uint64_t>{{"after_death", 159}, {"before_birth", 1}}));
}

TEST_F(FhirSynthea, EventsEqualTheIndependentReading) {
  const Lines expected = independent_events();
  ASSERT_EQ(expected.size(), 9u);
  for (const auto& [type, lines] : expected) EXPECT_EQ(differences(bundles->lines.events[type], lines), "") << type;
}

TEST_F(FhirSynthea, PeopleEqualTheIndependentReading) {
  EXPECT_EQ(differences(bundles->lines.people, independent_people()), "");
}

TEST_F(FhirSynthea, OneThreadOrManyGiveTheSame) {
  const auto read = [](unsigned threads) {
    ReadOptions options;
    options.threads = threads;
    options.keep_originals = false;
    return tell(read_fhir_paths({"data/sample/synthea-fhir.tar.xz"}, options));
  };
  EXPECT_EQ(read(1), read(4));
}

}  // namespace
}  // namespace chartline::exchange
