// Synthea's FHIR bundles through the store: its timelines against the independent reading, and each resource's own
// bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "formats/exchange/input.h"
#include "tests/engine/event_words.h"
#include "tests/exchange/synthea_lines.h"
#include "tests/integration/data_set.h"
#include "tests/integration/importing.h"
#include "tests/integration/scratch_store.h"

namespace chartline::integration {
namespace {

using engine::PatientRef;
using engine::Timeline;
using engine::View;

template <typename Each>
void for_each_patient(const View& view, Each each) {
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) each(PatientRef{shard, id});
}

// One person's events, all told to the lines under the name that the source gives them.
void tell(const View& view, PatientRef patient, exchange::SyntheaLines& lines) {
  record::Arena arena;
  const auto identifiers = must(view.identifiers(patient, arena));
  Timeline timeline = must(view.timeline(patient, {}));
  std::set<std::string_view> panels;
  for (std::size_t i = 0; i < timeline.size(); ++i)
    if (const auto event = must(timeline.event(i)); event.part > 0) panels.insert(event.record);
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    const auto event = must(timeline.event(i));
    lines.add(identifiers.front().value, event, panels.contains(event.record));
  }
}

TEST(FhirBundles, TimelinesEqualTheIndependentReading) {
  const DataSet& set = data_set("SyntheaFhir");
  if (!set.present()) GTEST_SKIP() << absent;
  ScratchStore store(Where::folder, 8);
  import_into(*store, set.format, {set.path});
  const View view = store->view();
  exchange::SyntheaLines lines;
  for_each_patient(view, [&](PatientRef patient) { tell(view, patient, lines); });
  const exchange::Lines expected = exchange::independent_events();
  ASSERT_EQ(expected.size(), 9u);
  for (const auto& [type, events] : expected) EXPECT_EQ(exchange::differences(lines.events[type], events), "") << type;
  EXPECT_EQ(exchange::differences(lines.people, exchange::independent_people()), "");
}

// Bytes of everything under a path, unpacked, in order.
std::string all_bytes(const std::string& path) {
  const std::vector<std::string> paths = {path};
  auto inputs = must(exchange::Inputs::open(paths));
  std::string bytes;
  while (exchange::Input* input = must(inputs.next())) bytes += must(input->whole());
  return bytes;
}

class Originals : public testing::TestWithParam<DataSet> {};

// What was said of each record last, in the bytes in which it was said.
class DeliveredOriginals {
 public:
  void add(const record::Record& record) {
    std::string said;
    for (const record::Event& event : record.events) said += words(event) + "\n";
    Said& known = records_[key_of(record.identifiers.front(), record.events.front())];
    said_again += known.words == said && known.original != record.original;
    known = {said, std::string(record.original)};
  }
  int said_again = 0;  // the same in other bytes
  const std::string& of(const record::Identifier& person, const record::Event& event) const {
    return records_.at(key_of(person, event)).original;
  }

 private:
  struct Said {
    std::string words, original;
  };
  static std::string key_of(const record::Identifier& person, const record::Event& event) {
    return std::string(person.system) + "|" + std::string(person.value) + "|" + std::string(event.record);
  }
  std::map<std::string, Said> records_;
};

// Every event of a record gives the record's original, and that stands in the file just so.
TEST_P(Originals, ComeBackByteForByte) {
  const DataSet& set = GetParam();
  if (!set.present()) GTEST_SKIP() << absent;
  for (const auto path : {engine::ImportOptions::Path::bulk, engine::ImportOptions::Path::log}) {
    ScratchStore store(Where::folder);
    DeliveredOriginals delivered;
    import_into(*store, set.format, {set.path}, {.path = path}, [&](const record::Record& record) -> Result<void> {
      delivered.add(record);
      return {};
    });
    const std::string bytes = all_bytes(set.path);
    std::size_t at = 0, events = 0;
    const auto stands_in_file = [&](const std::string& original) {  // nearly always a little further on
      const std::size_t found = bytes.find(original, at);
      at = found != std::string::npos ? found : bytes.find(original);
      return at != std::string::npos;
    };
    for (const bool folded : {false, true}) {
      if (folded) must(store->fold()), must(store->compact()), store.open();
      const View view = store->view();
      for_each_patient(view, [&](PatientRef patient) {
        record::Arena arena;
        const auto person = must(view.identifiers(patient, arena)).front();
        Timeline timeline = must(view.timeline(patient, {.include_hidden = true}));
        for (std::size_t i = 0; i < timeline.size(); ++i, ++events) {
          const auto event = must(timeline.event(i));
          const auto original = must(view.original(patient, event));
          ASSERT_TRUE(original.has_value());
          ASSERT_TRUE(*original == delivered.of(person, event)) << event.record;
          if (folded && event.part == 0) {
            ASSERT_TRUE(stands_in_file(*original)) << event.record;
          }
        }
      });
    }
    EXPECT_EQ(events, 2 * store->stats().events);
  }
}

INSTANTIATE_TEST_SUITE_P(Fhir, Originals, testing::Values(data_set("Sample"), data_set("Nrlf"), data_set("FhirExamples")),
                         [](const auto& with) { return with.param.name; });

}  // namespace
}  // namespace chartline::integration
