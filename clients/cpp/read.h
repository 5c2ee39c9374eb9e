// Plain values out of messages, and filters into them. Whatever a message holds: it is read, or refused in words.
#pragma once

#include "clients/cpp/parts.h"

namespace chartline::client {

About read_about(wire::SessionAbout::Reader from);
Identifier own_identifier(wire::Identifier::Reader from);
Result<Person> read_person(wire::Person::Reader from);
// The events of a message whose root is wire::Events.
Result<Page> read_page(const Message& message);
std::vector<Complaint> read_complaints(capnp::List<wire::Complaint>::Reader from);
Position read_position(capnp::List<std::uint64_t>::Reader from);
std::string read_text(capnp::Text::Reader from);

void write(const Filter& filter, wire::Filter::Builder into);
void write(const QueryOptions& options, wire::QueryOptions::Builder into);
wire::Fields wire_fields(Fields fields);

// As many of the first records as go well into one message.
struct RecordBatch {
  Message message;  // wire::Records
  std::size_t records = 0;
};
Result<RecordBatch> next_batch(std::span<const record::Record> records);

}  // namespace chartline::client
