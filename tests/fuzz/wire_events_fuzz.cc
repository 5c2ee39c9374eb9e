// Any bytes as a message of events or records: reading ends, and what it gives can be written and read again to the same.
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <cstring>

#include "base/check.h"
#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"

namespace {

using namespace chartline;

void round_trip(const std::vector<record::Event>& events, wire::WithDetails details) {
  wire::EventsWriter writer;
  for (const record::Event& event : events) writer.add(event, details);
  capnp::MallocMessageBuilder out;
  auto root = out.initRoot<wire::Events>();
  writer.write(root);
  record::Arena room;
  const auto again = wire::read_events(root.asReader(), room);
  check(again.has_value() && again->size() == events.size(), "what was read can be written and read again");
  for (std::size_t i = 0; i < events.size(); ++i) {
    check((*again)[i].start == events[i].start && (*again)[i].end == events[i].end, "a time is read as it was written");
    check(same((*again)[i].code, events[i].code), "a code is read as it was written");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto words = kj::heapArray<capnp::word>(size / sizeof(capnp::word));
  std::memcpy(words.begin(), data, words.asBytes().size());
  // What the library finds wrong with a message is an exception; what we find wrong is a Result.
  (void)kj::runCatchingExceptions([&] {
    capnp::ReaderOptions limits;
    limits.traversalLimitInWords = 1 << 16;
    limits.nestingLimit = 32;
    capnp::FlatArrayMessageReader message(words, limits);
    record::Arena room;
    const auto events = wire::read_events(message.getRoot<wire::Events>(), room);
    if (events) round_trip(*events, wire::WithDetails::yes);
  });
  return 0;
}
