// Events through a message and back; and messages that no writer makes.
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <gtest/gtest.h>

#include <cstring>

#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"
#include "tests/engine/event_words.h"
#include "tests/engine/random_records.h"
#include "tests/query_random/seed.h"

namespace chartline::wire {
namespace {

class Message {
 public:
  Events::Builder fill(const std::vector<record::Event>& events, WithDetails details) {
    EventsWriter writer;
    for (const record::Event& event : events) writer.add(event, details);
    auto root = message_.initRoot<Events>();
    writer.write(root);
    return root;
  }
  kj::Array<capnp::word> flat() { return capnp::messageToFlatArray(message_); }

 private:
  capnp::MallocMessageBuilder message_;
};

std::vector<record::Event> random_events(engine::RandomRecords& random, std::size_t count, record::Arena& room) {
  std::vector<record::Event> events;
  for (std::size_t i = 0; i < count; ++i) events.push_back(random.event(room));
  return events;
}

TEST(Events, ComeBackAsTheyWentIn) {
  const std::uint64_t seed = query::random::seed_of_run();
  SCOPED_TRACE("seed " + std::to_string(seed));
  engine::RandomRecords random(seed);
  for (int turn = 0; turn < 300; ++turn) {
    record::Arena room;
    const auto events = random_events(random, random.below(40), room);
    Message message;
    const auto root = message.fill(events, WithDetails::yes);
    record::Arena into;
    const auto read = read_events(root.asReader(), into);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), events.size());
    for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(words((*read)[i]), words(events[i]));
  }
}

TEST(Events, WithoutDetailsKeepWhatQuestionsNeed) {
  engine::RandomRecords random(7);
  record::Arena room;
  auto events = random_events(random, 200, room);
  Message message;
  const auto root = message.fill(events, WithDetails::no);
  record::Arena into;
  const auto read = read_events(root.asReader(), into).value();
  for (std::size_t i = 0; i < events.size(); ++i) {
    record::Event hot = events[i];
    hot.translations = {}, hot.source_person = {}, hot.record = {}, hot.version = {}, hot.encounter = {},
    hot.attributes = {};
    hot.part = 0, hot.ordinal = 0, hot.sequence = 0;
    EXPECT_EQ(words(read[i]), words(hot));
  }
}

TEST(Events, EqualColumnsTakeOneValue) {
  std::vector<record::Event> events(500);
  for (record::Event& event : events) event.kind = record::Kind::observation, event.code = {"loinc", "4548-4", "HbA1c"};
  Message message;
  const auto root = message.fill(events, WithDetails::no).asReader();
  EXPECT_EQ(root.getKind().size(), 1u);
  EXPECT_EQ(root.getCodes().getTexts().getEnds().size(), 1u);
  EXPECT_EQ(root.getStartLocal().size(), 0u);
  EXPECT_LT(message.flat().size(), 64u);
}

// What the schema allows and no writer makes is refused by the name of its column.
TEST(Events, AreRefusedByTheirColumn) {
  const auto refusal = [](auto spoil) {
    std::vector<record::Event> events(3);
    Message message;
    auto root = message.fill(events, WithDetails::yes);
    spoil(root);
    record::Arena into;
    const auto read = read_events(root.asReader(), into);
    return read ? std::string("read") : read.error().message;
  };
  const auto of = [](const char* column) { return "events: the column " + std::string(column) + " is not as it may be"; };
  EXPECT_EQ(refusal([](Events::Builder root) { root.initKind(2); }), of("kind"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initKind(1).set(0, 200); }), of("kind"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initCode(1).set(0, 1); }), of("code"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initUnit(3).set(2, 7); }), of("unit"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initSource(1).set(0, 7); }), of("source"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initStatus(1).set(0, 255); }), of("status"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initCertainty(1).set(0, 255); }), of("certainty"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initAuthor(1).set(0, 255); }), of("author"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initStartPrecision(1).set(0, 9); }), of("startLocal"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initStartLocal(1).set(0, 5); }), of("startLocal"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initEndForm(1).set(0, 4); }), of("endForm"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initEndForm(1).set(0, 1), root.initEndPrecision(1).set(0, 77); }),
            of("endLocal"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initValueForm(1).set(0, 6); }), of("valueForm"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initValueForm(1).set(0, 5); }), of("valueForm"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initValueForm(1).set(0, 0x14); }), of("valueForm"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initValueForm(1).set(0, 4), root.initValue(1).set(0, 2); }),
            of("value"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initValueForm(1).set(0, 3), root.initValue(1).set(0, -1); }),
            of("value"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initValueForm(1).set(0, 1), root.initValueScale(1).set(0, 99); }),
            of("value"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initTexts().initEnds(1).set(0, 1); }), of("texts"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initTexts().initBytes(1); }), of("texts"));
  EXPECT_EQ(refusal([](Events::Builder root) {
              root.initTexts().initBytes(3);
              auto ends = root.getTexts().initEnds(3);
              ends.set(0, 2), ends.set(1, 1), ends.set(2, 3);
            }),
            of("texts"));  // one that ends before it begins
  EXPECT_EQ(refusal([](Events::Builder root) { root.initCodes().initTexts().initEnds(1).set(0, 0); }), of("codes"));
  EXPECT_EQ(refusal([](Events::Builder root) {
              root.initCodes().initTexts().initEnds(1);
              root.getCodes().initSystems(1).set(0, "loinc");
            }),
            of("codes"));  // a code without text is none
  EXPECT_EQ(refusal([](Events::Builder root) { root.initCodes().initDisplays().initEnds(1); }), of("codes"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.initDetails(2); }), of("details"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.getDetails()[1].initTranslations(1); }),
            of("details.translations"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.getDetails()[1].initAttributes(1)[0].setForm(9); }),
            of("details.attributes.form"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.getDetails()[1].initAttributes(1)[0].setUnit(9); }),
            of("details.attributes.unit"));
  EXPECT_EQ(refusal([](Events::Builder root) { root.setCount(1u << 30); }), "a batch holds at most 65536 events");
}

// Whatever bytes come, reading ends, and gives events that could be written again.
TEST(Events, SurviveFlippedBits) {
  const std::uint64_t seed = query::random::seed_of_run();
  engine::RandomRecords random(seed);
  int read_all = 0;
  for (int turn = 0; turn < 3000; ++turn) {
    record::Arena room;
    Message message;
    message.fill(random_events(random, 1 + random.below(6), room), WithDetails::yes);
    auto bytes = message.flat();
    auto* raw = reinterpret_cast<unsigned char*>(bytes.begin());
    for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips)
      raw[random.below(bytes.size() * sizeof(capnp::word))] ^= static_cast<unsigned char>(1u << random.below(8));
    (void)kj::runCatchingExceptions([&] {
      capnp::ReaderOptions limits;
      limits.traversalLimitInWords = 1 << 16;
      capnp::FlatArrayMessageReader reader(bytes, limits);
      record::Arena into;
      const auto read = read_events(reader.getRoot<Events>(), into);
      if (!read) return;
      ++read_all;
      EventsWriter again;
      for (const record::Event& event : *read) again.add(event, WithDetails::yes);
      capnp::MallocMessageBuilder out;
      again.write(out.initRoot<Events>());
    });
  }
  EXPECT_GT(read_all, 100) << "seed " << seed;
}

}  // namespace
}  // namespace chartline::wire
