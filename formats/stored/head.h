// A patient's head: what the shard knows of the patient at once, and the name, count and checksums of each run.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/result.h"
#include "formats/stored/row.h"

namespace chartline::stored {

struct RunRef {
  Micros first = 0;  // instants of the first and last event: a time-bounded read opens only runs that overlap
  Micros last = 0;
  std::uint64_t run = 0;  // never reused for this patient
  std::uint32_t count = 0;
  bool in_head = false;  // its hot bytes stand in the head, not under a key of their own: only of who has no other run
  std::uint64_t hot_checksum = 0;
  std::uint64_t details_checksum = 0;  // 0: the run has no details
  Bytes record_ids{};                  // id_filter.h: of the records of its rows that have an id; not of history
  friend bool operator==(const RunRef&, const RunRef&) = default;
};

struct Head {
  std::uint32_t last_number = 0;  // the greatest event number given so far
  std::uint32_t events = 0;       // current events
  Micros last_change = 0;  // the instant of the last commit that added, replaced or hid any of the events, past ones too
  Hash128 content;         // sum of the content hashes of the current events
  std::vector<RunRef> runs;       // ascending by (first, run); ranges may overlap
  std::uint32_t past_events = 0;  // versions in history
  Hash128 past_content;           // sum of the content hashes of those
  std::vector<RunRef> history;    // runs of superseded versions, in the history table
  Bytes hot{};                    // of the run that is in_head; caches let go of it where it is long
};
// Self-describing version byte, checksum at the end.
Bytes encode(const Head& head);
Result<Head> decode_head(BytesView bytes);

}  // namespace chartline::stored
