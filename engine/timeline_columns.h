// TimelineColumns: hot columns of a timeline, for who reads all of its events: taken column by column, which is several times
// faster than asking a Timeline for each event. Reusable: reading another timeline allocates little.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/view.h"

namespace chartline::engine {

// Where columns of a timeline go: room for as many as it has events, all 0.
struct TimelineRoom {
  std::uint32_t* number;
  std::uint8_t* kind;
  Name *code, *unit, *source;
  Micros *start_local, *end_local;
  std::int16_t *start_offset, *end_offset;
  std::uint8_t *start_precision, *end_precision, *end_form, *value_form, *comparator;
  std::int64_t* value;
  std::int8_t* value_scale;
};
// Events up to `past`, from where the stretch before ends, stand in one shard.
struct TimelineStretch {
  std::uint32_t shard;
  std::size_t past;
};
// Columns of all events of a timeline that was read with these fields: a mask of stored::RunField. Of fields that were not asked for
// there need be no room.
void copy_columns(const Timeline& timeline, std::uint32_t fields, const TimelineRoom& into,
                  std::vector<TimelineStretch>& stretches);

struct TimelineColumns {
  // One entry for each event, in order, where the field was asked for; else empty. Names are the shard's.
  std::vector<std::uint32_t> number;
  std::vector<std::uint8_t> kind;  // record::Kind
  std::vector<Name> code, unit, source;
  std::vector<Micros> start_local, end_local;  // the end's: 0 where its form is not `at`, as the next two
  std::vector<std::int16_t> start_offset, end_offset;
  std::vector<std::uint8_t> start_precision, end_precision;
  std::vector<std::uint8_t> end_form;                // record::End::Form
  std::vector<std::uint8_t> value_form, comparator;  // record::Value::Form, record::Comparator
  std::vector<std::int64_t> value;                   // number: mantissa; boolean: 0, 1; code: its Name; else 0
  std::vector<std::int8_t> value_scale;

  std::vector<TimelineStretch> stretches;

  std::size_t size() const { return stretches.empty() ? 0 : stretches.back().past; }
  void read(const Timeline& timeline, std::uint32_t fields = stored::field_hot);
};

}  // namespace chartline::engine
