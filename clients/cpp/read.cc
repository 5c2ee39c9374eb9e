#include "clients/cpp/read.h"

#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"

namespace chartline::client {

std::string read_text(capnp::Text::Reader from) { return std::string(wire::view(from)); }

About read_about(wire::SessionAbout::Reader from) {
  return {.user = read_text(from.getUser()),
          .role = read_text(from.getRole()),
          .purpose = read_text(from.getPurpose()),
          .project = read_text(from.getProject()),
          .expires = from.getExpires(),
          .zone = read_text(from.getZone()),
          .shards = from.getShards(),
          .version = read_text(from.getVersion()),
          .break_glass = from.getBreakGlass()};
}

Identifier own_identifier(wire::Identifier::Reader from) {
  return {read_text(from.getSystem()), read_text(from.getValue())};
}

namespace {

Result<Person> read(wire::Person::Reader from) {
  Person person;
  person.birth = TRY(wire::read_time(from.getBirth()));
  person.death = TRY(wire::read_time(from.getDeath()));
  person.dead = from.getDead();
  person.sex = read_text(from.getSex());
  person.name = read_text(from.getName());
  for (const auto identifier : from.getIdentifiers()) person.identifiers.push_back(own_identifier(identifier));
  return person;
}

}  // namespace

Result<Person> read_person(wire::Person::Reader from) {
  return understood([&] { return read(from); });
}

Result<Page> read_page(const Message& message) {
  struct Held {
    Message message;
    record::Arena room;
  };
  auto held = std::make_shared<Held>();
  held->message = message;
  auto events =
      TRY(understood([&] { return wire::read_events(message->getRoot<wire::Events>().asReader(), held->room); }));
  return Page{std::move(events), std::move(held)};
}

std::vector<Complaint> read_complaints(capnp::List<wire::Complaint>::Reader from) {
  std::vector<Complaint> complaints;
  for (const auto one : from)
    complaints.push_back({one.getBegin(), one.getEnd(), read_text(one.getMessage()), read_text(one.getExpected()),
                          read_text(one.getSuggestion())});
  return complaints;
}

Position read_position(capnp::List<std::uint64_t>::Reader from) {
  Position position;
  for (const std::uint64_t commit : from) position.push_back(commit);
  return position;
}

void write(const Filter& filter, wire::Filter::Builder into) {
  if (filter.from) into.getFrom().setDay(*filter.from);
  if (filter.to) into.getTo().setDay(*filter.to);
  into.setKinds(filter.kinds);
  auto codes = into.initCodes(static_cast<unsigned>(filter.codes.size()));
  for (unsigned i = 0; i < codes.size(); ++i) wire::write(filter.codes[i], codes[i]);
  auto sources = into.initSources(static_cast<unsigned>(filter.sources.size()));
  for (unsigned i = 0; i < sources.size(); ++i) wire::write(filter.sources[i], sources[i]);
  into.setIncludeHidden(filter.include_hidden);
  into.setBackwards(filter.backwards);
}

void write(const QueryOptions& options, wire::QueryOptions::Builder into) {
  auto parameters = into.initParameters(static_cast<unsigned>(options.parameters.size()));
  unsigned i = 0;
  for (const auto& [name, value] : options.parameters) {
    parameters[i].setName(name);
    parameters[i++].setValue(value);
  }
  into.setClampMonthEnd(options.clamp_month_end);
  into.setTerminology(options.terminology);
  if (options.today) into.getToday().setDay(*options.today);
  into.setExecutor(static_cast<std::uint8_t>(options.executor));
  into.setSecondsMax(options.seconds_max);
  into.setMemoryBytesMax(options.memory_bytes_max);
}

wire::Fields wire_fields(Fields fields) { return fields == Fields::whole ? wire::Fields::WHOLE : wire::Fields::HOT; }

Result<RecordBatch> next_batch(std::span<const record::Record> records) {
  constexpr std::size_t batch_bytes = 256u << 10;
  wire::EventsWriter events;
  std::size_t originals = 0, count = 0;
  while (count < records.size() && events.bytes() + originals < batch_bytes) {
    const record::Record& next = records[count];
    if (next.events.size() > wire::events_max)
      return invalid_request("a record holds at most " + std::to_string(wire::events_max) + " events");
    if (events.size() + next.events.size() > wire::events_max) break;
    for (const record::Event& event : next.events) events.add(event, wire::WithDetails::yes);
    originals += next.original.size() + 64;
    ++count;
  }
  auto message =
      std::make_shared<capnp::MallocMessageBuilder>(static_cast<unsigned>((events.bytes() + originals) / 8 + 64));
  auto into = message->initRoot<wire::Records>();
  auto list = into.initRecords(static_cast<unsigned>(count));
  for (unsigned i = 0; i < list.size(); ++i) {
    const record::Record& from = records[i];
    auto identifiers = list[i].initIdentifiers(static_cast<unsigned>(from.identifiers.size()));
    for (unsigned k = 0; k < identifiers.size(); ++k) wire::write(from.identifiers[k], identifiers[k]);
    list[i].setEvents(static_cast<std::uint32_t>(from.events.size()));
    list[i].setOriginal(kj::arrayPtr(reinterpret_cast<const kj::byte*>(from.original.data()), from.original.size()));
    list[i].setDemand(static_cast<std::uint8_t>(from.demand));
    wire::put_text(from.demanded_version, [&](unsigned size) { return list[i].initDemandedVersion(size); });
  }
  events.write(into.initEvents());
  return RecordBatch{std::move(message), count};
}

}  // namespace chartline::client
