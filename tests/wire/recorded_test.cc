// Messages recorded from earlier versions are still read. tests/wire/recorded/NAME.N.bin holds what version N of the schema wrote
// of the message made here; a new version adds its own (CHARTLINE_REWRITE=1) and leaves the others as they are.
#include <capnp/message.h>
#include <capnp/pretty-print.h>
#include <capnp/serialize.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "formats/wire/chartline.capnp.h"
#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"

namespace chartline::wire {
namespace {

constexpr int version_now = 1;

const std::filesystem::path folder = "tests/wire/recorded";

std::vector<char> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The text of a recorded message, as this version reads it.
template <typename Root>
std::string text_of(const std::vector<char>& bytes) {
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(words.begin()));
  capnp::FlatArrayMessageReader reader(words);
  return capnp::prettyPrint(reader.getRoot<Root>()).flatten().cStr();
}

template <typename Root>
void reads_every_version(const std::string& name, const std::function<void(typename Root::Builder)>& fill) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<Root>());
  const std::string expected = capnp::prettyPrint(message.getRoot<Root>().asReader()).flatten().cStr();
  const auto newest = folder / (name + "." + std::to_string(version_now) + ".bin");
  if (std::getenv("CHARTLINE_REWRITE") != nullptr && !std::filesystem::exists(newest)) {
    const auto words = capnp::messageToFlatArray(message);
    std::ofstream(newest, std::ios::binary)
        .write(reinterpret_cast<const char*>(words.begin()), static_cast<std::streamsize>(words.asBytes().size()));
  }
  ASSERT_TRUE(std::filesystem::exists(newest)) << newest << ": record it with CHARTLINE_REWRITE=1";
  for (int version = 1; version <= version_now; ++version) {
    const auto path = folder / (name + "." + std::to_string(version) + ".bin");
    EXPECT_EQ(text_of<Root>(bytes_of(path)), expected) << path;
  }
}

void fill_events(Events::Builder into) {
  record::Arena room;
  record::Event glucose;
  glucose.kind = record::Kind::observation;
  glucose.status = record::Status::final;
  glucose.code = {"loinc", "2339-0", "Glucose"};
  glucose.start = *record::parse_time("2024-03-31T10:00:00+01:00");
  glucose.value.form = record::Value::Form::number;
  glucose.value.number = record::decimal(56, 1);
  glucose.value.unit = "mmol/L";
  glucose.source = {"RYJ", "fhir"};
  glucose.record = "Observation/1";
  const record::Attribute site{.name = "body_site",
                               .value = {.form = record::Value::Form::code, .code = {"snomed", "368209003", ""}}};
  const std::vector<record::Attribute> attributes{site};
  glucose.attributes = room.array(attributes);
  record::Event stay;
  stay.kind = record::Kind::encounter;
  stay.start = *record::parse_time("2024");
  stay.end = {record::End::Form::at, *record::parse_time("2024-05-01")};
  stay.value.form = record::Value::Form::text;
  stay.value.text = "ward round";
  EventsWriter writer;
  writer.add(glucose, WithDetails::yes);
  writer.add(stay, WithDetails::yes);
  writer.write(into);
}

TEST(Recorded, Events) { reads_every_version<Events>("events", fill_events); }

TEST(Recorded, Records) {
  reads_every_version<Records>("records", [](Records::Builder into) {
    fill_events(into.initEvents());
    auto records = into.initRecords(2);
    records[0].setEvents(1);
    auto identifier = records[0].initIdentifiers(1)[0];
    identifier.setSystem("nhs");
    identifier.setValue("9434765919");
    records[0].setOriginal(kj::StringPtr("{}").asBytes());
    records[1].setEvents(1);
    records[1].setDemand(2);
    records[1].setDemandedVersion("3");
  });
}

TEST(Recorded, Filter) {
  reads_every_version<Filter>("filter", [](Filter::Builder into) {
    into.getFrom().setDay(18262);
    into.getTo().setNone();
    into.setKinds(16);
    auto code = into.initCodes(1)[0];
    code.setSystem("loinc");
    code.setCode("45*");
    into.initSources(1)[0].setOrganisation("RYJ");
    into.setBackwards(true);
  });
}

TEST(Recorded, QueryOptions) {
  reads_every_version<QueryOptions>("query_options", [](QueryOptions::Builder into) {
    auto parameter = into.initParameters(1)[0];
    parameter.setName("today");
    parameter.setValue("2024-03-31");
    into.setClampMonthEnd(true);
    into.getToday().setDay(19813);
    into.setSecondsMax(30);
  });
}

TEST(Recorded, Rows) {
  reads_every_version<Rows>("rows", [](Rows::Builder into) {
    into.setCount(2);
    auto columns = into.initColumns(2);
    columns[0].initForms(1).set(0, 2);
    auto integers = columns[0].initIntegers(2);
    integers.set(0, 41);
    integers.set(1, -1);
    auto forms = columns[1].initForms(2);
    forms.set(0, 5);
    forms.set(1, 0);
    columns[1].initTexts(1).set(0, "female");
  });
}

TEST(Recorded, LoginAndWhatItGives) {
  reads_every_version<Door::LoginParams>("login", [](Door::LoginParams::Builder into) {
    auto password = into.initCredential().initPassword();
    password.setUser("mary");
    password.setPassword("correct horse");
    auto request = into.initRequest();
    request.setRole("clinician");
    request.setPurpose("direct_care");
    request.setReason("unconscious in A&E");
  });
  reads_every_version<SessionAbout>("session_about", [](SessionAbout::Builder into) {
    into.setUser("mary");
    into.setExpires(1711879200000000);
    into.setShards(8);
    into.setZone("Europe/London");
    into.setBreakGlass(true);
  });
}

TEST(Recorded, WrittenAndChanges) {
  reads_every_version<Written>("written", [](Written::Builder into) {
    auto outcomes = into.initOutcomes(2);
    outcomes[0].setWhat(1);
    outcomes[1].setWhat(5);
    outcomes[1].setFault(4);
    outcomes[1].setReason("the record is known");
    into.initPosition(1).set(0, 7);
    into.setRepeated(true);
  });
  reads_every_version<Feed::NextResults>("changes", [](Feed::NextResults::Builder into) {
    auto change = into.initChanges(1)[0];
    change.setCommit(12);
    change.setWhat(0);
    change.setAdded(2);
    change.initPatient().setValue("9434765919");
    fill_events(into.initEvents());
    into.initPosition(1).set(0, 12);
  });
}

}  // namespace
}  // namespace chartline::wire
