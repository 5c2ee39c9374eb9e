// Plain events: what nearly every row of a large table is. One event, alone in a record without an id, of one person and with one code,
// with a time and a number (as record::decimal gives it) at most. Persons and codes stand in tables, so that whoever takes the events looks each up once, and not
// with every event.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/record/event.h"

namespace chartline::record {

// Whom and what plain events name. Tables only grow; those that begin anew have a number of their own.
class PlainTables {
 public:
  std::uint64_t number() const { return number_; }
  std::span<const std::string_view> persons() const { return persons_; }  // the source's names for them
  std::span<const Code> codes() const { return codes_; }
  std::string_view person_system;

  // What they borrow outlives the tables' use; numbers are given from 0 on.
  void add_person(std::string_view person) { persons_.push_back(person); }
  void add_code(const Code& code) { codes_.push_back(code); }
  void begin_anew() { persons_.clear(), codes_.clear(), number_ = next_number(); }

 private:
  static std::uint64_t next_number() {
    static std::atomic<std::uint64_t> given{0};
    return ++given;
  }
  std::uint64_t number_ = next_number();
  std::vector<std::string_view> persons_;
  std::vector<Code> codes_;
};

struct PlainEvent {
  Micros local = 0;           // the start, with offset and precision
  std::int64_t mantissa = 0;  // of the number, with its scale
  std::uint32_t person = 0;   // in the table
  std::uint32_t code = 0;     // likewise
  std::int16_t offset_minutes = 0;
  Precision precision = Precision::none;
  Kind kind = Kind::other;
  std::int8_t scale = 0;
  bool has_number = false;

  Time start() const { return {.local = local, .offset_minutes = offset_minutes, .precision = precision}; }
};

// Of one source, in its order.
struct PlainEvents {
  Source source;
  const PlainTables* tables = nullptr;
  std::span<const PlainEvent> events;
};

// `each(const Record&)` for every one of them: what they are in full. Stops at the first error.
template <typename Each>
Result<void> for_each_record(const PlainEvents& plain, const Each& each) {
  for (const PlainEvent& of : plain.events) {
    const Identifier person{plain.tables->person_system, plain.tables->persons()[of.person]};
    Event event;
    event.kind = of.kind;
    event.code = plain.tables->codes()[of.code];
    event.start = of.start();
    event.source = plain.source;
    if (of.has_number) {
      event.value.form = Value::Form::number;
      event.value.number = {of.mantissa, of.scale};
    }
    Record record;
    record.identifiers = {&person, 1};
    record.events = {&event, 1};
    TRY(each(record));
  }
  return {};
}

}  // namespace chartline::record
