// The Synthea bundles against an independent reading of them: per type, the same events, field by field.
//
// The independent reading (events.csv) differs by design in six things, and this test says each of them in code:
//   1. It has only nine resource types; the reader's other records (claims, goals, imaging, people) are left out here.
//   2. An Observation with components has one row per component and none for itself: the panel is part 0 here.
//   3. It has the first coding only: translations are left out here.
//   4. It has only ends that are written; `ongoing` and `unknown` are "" there.
//   5. A coded value is its code alone, without the system.
//   6. It has no text values ("HIV positive"): they are left out here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"
#include "formats/record/systems.h"
#include "tests/exchange/fhir_reading.h"

namespace chartline::exchange {
namespace {

constexpr const char* folder = "../shared/data/synthea-r4-smart";
constexpr std::array compared = {"AllergyIntolerance", "CarePlan",    "Condition",
                                 "DiagnosticReport",   "Encounter",   "Immunization",
                                 "MedicationRequest",  "Observation", "Procedure"};

using Lines = std::map<std::string, std::vector<std::string>>;  // by resource type

std::string seconds(const record::Time& time) { return std::to_string(time.instant() / record::micros_per_second); }

std::string line(std::string_view patient, std::string_view id, std::string_view start, std::string_view end,
                 std::string_view code, std::string_view value, std::string_view unit) {
  std::string out;
  for (const auto field : {patient, id, start, end, code, value, unit}) out.append(field).append(" ");
  return out;
}

// Keeps one line per event of the compared types; nothing else, so that memory stays small.
class LineSink final : public RecordSink {
 public:
  Result<void> record(const record::Record& record) override {
    ++records;
    if (record.identifiers[0].value == "(no patient)") ++nobodys;
    for (const auto& event : record.events) add(record.identifiers[0].value, event, record.events.size());
    return {};
  }
  Result<void> concept_(const record::Concept&) override { return {}; }
  Result<void> concept_link(const record::ConceptLink&) override { return {}; }

  Lines lines;
  std::vector<std::string> people;
  std::uint64_t records = 0, nobodys = 0;

 private:
  void add(std::string_view patient, const record::Event& event, std::size_t parts) {
    const auto slash = event.record.find('/');
    const std::string type(event.record.substr(0, slash));
    if (event.kind == record::Kind::patient) add_person(patient, event);
    if (std::ranges::find(compared, type) == compared.end()) return;
    if (type == "Observation" && parts > 1 && event.part == 0) return;
    const auto& value = event.value;
    std::string told;
    if (value.form == record::Value::Form::number) told = print(value.number);
    if (value.form == record::Value::Form::code) told = value.code.code;
    const auto end = event.end.form == record::End::Form::at ? seconds(event.end.at) : std::string();
    lines[type].push_back(line(patient, event.record.substr(slash + 1), seconds(event.start), end,
                               std::string(event.code.system).append("|").append(event.code.code), told, value.unit));
  }

  void add_person(std::string_view patient, const record::Event& event) {
    std::map<std::string, std::string> facts;
    for (const auto& attribute : event.attributes) {
      const bool is_date = attribute.value.form == record::Value::Form::date;
      facts[std::string(attribute.name)] =
          is_date ? seconds(attribute.value.date) : std::string(attribute.value.code.code);
    }
    people.push_back(std::string(patient)
                         .append(" ")
                         .append(facts["birth"])
                         .append(" ")
                         .append(facts["sex"])
                         .append(" ")
                         .append(facts["death"]));
  }
};

std::string seconds_of(std::string_view text) {
  return text.empty() ? std::string() : seconds(record::parse_time(text).value());
}

template <typename Row>
void for_each_row(const std::string& path, Row row) {
  const std::vector<std::string> paths = {path};
  auto inputs = Inputs::open(paths);
  ASSERT_TRUE(inputs);
  auto csv = Csv::open(**inputs->next());
  ASSERT_TRUE(csv);
  while (csv->next().value())
    row([&](std::string_view column) { return std::string((*csv)[csv->column(column).value()]); });
}

// What stands in one of two multisets only, one line each; "" where they are equal.
std::string differences(std::vector<std::string> ours, std::vector<std::string> theirs) {
  std::ranges::sort(ours);
  std::ranges::sort(theirs);
  std::vector<std::string> only_ours, only_theirs;
  std::ranges::set_difference(ours, theirs, std::back_inserter(only_ours));
  std::ranges::set_difference(theirs, ours, std::back_inserter(only_theirs));
  std::string out;
  for (const auto& line : only_ours) out.append("ours   ").append(line).append("\n");
  for (const auto& line : only_theirs) out.append("theirs ").append(line).append("\n");
  return out;
}

class FhirSynthea : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists(folder)) return;
    bundles = new LineSink;
    quality = new CollectingQuality;
    const std::vector<std::string> paths = {std::string(folder) + "/bundles.tar.xz"};
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
  EXPECT_EQ(bundles->people.size(), 311u);
  EXPECT_EQ(quality->rows, 96'562u);
  EXPECT_EQ(bundles->records, quality->rows);
  EXPECT_TRUE(quality->problems.empty());
  // Laboratory results and death certificates come in up to 13 days after; one prescription is older than its patient.
  EXPECT_EQ(quality->impossible_by_rule,
            (std::map<std::string, std::uint64_t>{{"after_death", 159}, {"before_birth", 1}}));
}

TEST_F(FhirSynthea, EventsEqualTheIndependentReading) {
  Lines expected;
  for_each_row(std::string(folder) + "/events.csv.gz", [&](auto column) {
    const auto value = column("value_code").empty() ? column("value") : column("value_code");
    const auto number = record::parse_decimal(value);
    const bool is_number = column("value_code").empty() && number.has_value();
    expected[column("type")].push_back(
        line(column("patient"), column("id"), column("start_epoch"), column("end_epoch"),
             std::string(record::system_from_uri(column("system"))).append("|").append(column("code")),
             is_number ? print(*number) : value, column("unit")));
  });
  ASSERT_EQ(expected.size(), compared.size());
  for (const auto& [type, lines] : expected) EXPECT_EQ(differences(bundles->lines[type], lines), "") << type;
}

TEST_F(FhirSynthea, PeopleEqualTheIndependentReading) {
  std::vector<std::string> expected;
  for_each_row(std::string(folder) + "/events_patients.csv", [&](auto column) {
    expected.push_back(column("patient")
                           .append(" ")
                           .append(seconds_of(column("birthDate")))
                           .append(" ")
                           .append(column("gender"))
                           .append(" ")
                           .append(seconds_of(column("deceasedDateTime"))));
  });
  EXPECT_EQ(differences(bundles->people, expected), "");
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
