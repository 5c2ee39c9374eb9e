// Fact: one event of one person, as numbers; print.h and records.h turn it into text and into records.
#pragma once

#include <cstdint>

#include "formats/record/event.h"
#include "formats/synth/catalogue.h"
#include "formats/synth/person.h"

namespace chartline::synth {

struct Fact {
  record::Time start;
  record::End end;
  record::Kind kind = record::Kind::other;
  record::Status status = record::Status::none;
  record::Author author = record::Author::unknown;
  CodeId code = 0;
  Source source{};
  bool has_value = false;
  std::uint8_t decimals = 0;
  std::int64_t value = 0;         // in units of its last decimal
  std::string_view unit{};        // of the catalogue
  std::uint32_t record = 0;       // within the person; 0: the source gives no ids to such rows
  std::uint32_t version = 0;      // 0: not said
  std::uint32_t encounter = 0;    // the record of the encounter
  std::uint16_t days_supply = 0;  // of a medication
  bool replaced = false;          // a later version of the record follows

  // What a table of current events shows.
  bool is_current() const { return !replaced && status != record::Status::entered_in_error; }
};

}  // namespace chartline::synth
