// Draft: one Record in the making. A reader fills the open event field by field; the Draft keeps its text, sorts its
// attributes and hands the whole over. Its memory is used again for the next rows.
//
//   draft.begin(source);
//   Event& event = draft.open(Kind::condition);
//   event.code = ...; draft.attribute("body_site", code_value(site));
//   TRY(sink.record(draft.record(raw)));
//
// What is passed in is borrowed until the record has been handed over; keep() makes the Draft its owner.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "formats/record/event.h"

namespace chartline::exchange {

record::Value number_value(const record::Decimal& number);
record::Value text_value(std::string_view text);
record::Value code_value(const record::Code& code);
record::Value date_value(const record::Time& time);
record::Value bool_value(bool truth);

class Draft {
 public:
  void begin(const record::Source& source);  // forgets what went before

  record::Arena& arena() { return arena_; }
  std::string_view keep(std::string_view text) { return arena_.text(text); }
  std::string_view joined(std::string_view before, char separator, std::string_view after);

  void identifier(std::string_view system, std::string_view value);  // the first names the person; empty values are left out

  // Starts the record's next event, which carries on the record id of the one before.
  record::Event& open(record::Kind kind);
  record::Event& event() { return event_; }
  const record::Event& event() const { return event_; }
  void translation(const record::Code& code);  // left out if it is empty, the primary code or known already
  void attribute(std::string_view name, const record::Value& value);
  void text_attribute(std::string_view name, std::string_view text);  // left out if empty

  record::Record record(std::string_view original);

 private:
  void close();

  record::Arena arena_;
  std::uint64_t records_ = 0;
  record::Source source_;
  std::vector<record::Identifier> identifiers_;
  std::vector<record::Event> events_;
  std::vector<record::Code> translations_;
  std::vector<record::Attribute> attributes_;
  record::Event event_;
  bool is_open_ = false;
};

}  // namespace chartline::exchange
