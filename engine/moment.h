// Moment: what a View is made of. One base (folded tables at a watermark) and the delta after it, for each shard; the
// links of all patients; and the instant that is asked about.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/right_of_way.h"
#include "engine/delta.h"
#include "engine/dictionary.h"
#include "engine/storage/tables.h"
#include "formats/stored/head.h"

namespace chartline::engine {

class DecodedCache;
class Identity;
struct Grant;

// Folded tables as of one fold. A new one is made by each fold, and by whatever else changes the tables (bulk load,
// erasure, though they leave the watermark); old ones live as long as a View holds them.
struct Base {
  SnapshotPtr snapshot;
  std::uint64_t watermark = 0;           // last commit folded
  std::uint64_t serial = next_serial();  // of this base alone: what was decoded from it is cached under this number
  PatientId heads_below = UINT32_MAX;    // who was given this number or a greater one came after it: has no head in it

  static std::uint64_t next_serial();
};

struct ShardMoment {
  std::uint32_t shard = 0;
  std::shared_ptr<Tables> tables;
  std::shared_ptr<const Dictionary> dictionary;
  std::shared_ptr<DecodedCache> cache;
  std::shared_ptr<const Base> base;
  std::vector<std::shared_ptr<const Segment>> segments;  // oldest first; what they hold up to the watermark is already in the base
  std::uint64_t commit = 0;                              // the delta counts up to here
  std::uint32_t patients = 0;                            // ids given
  bool passing = false;                                  // for who reads of many once: see DecodedCache::admits()
};

struct ViewParts {
  Micros as_of = INT64_MAX;
  std::vector<ShardMoment> shards;
  std::shared_ptr<const Identity> identity;
  Micros links_as_of = INT64_MAX;           // links count as they stood then: Identity::linked(patient, links_as_of)
  std::shared_ptr<const Grant> grant{};     // null: everything may be seen
  std::shared_ptr<const RightOfWay> way{};  // null: nobody writes
};

inline void give_way(const ViewParts& reader) {
  if (reader.way) reader.way->give();
}

// The head of a patient in the base; an empty head where none was folded yet.
Result<stored::Head> read_head(const ShardMoment& shard, PatientId patient);
// The same for who reads timelines: kept in the cache for as long as the base is the present one, if it is asked for again.
Result<std::shared_ptr<const stored::Head>> cached_head(const ShardMoment& shard, PatientId patient);
// A head from the cache has let go of the bytes of its run, unless they are few (get_run() reads them again).
// For who writes to the patient: kept at once, because the fold asks for it next. For the fold, which makes another of it:
// gone from the cache.
Result<std::shared_ptr<const stored::Head>> head_to_write(const ShardMoment& shard, PatientId patient);
Result<std::shared_ptr<const stored::Head>> head_to_fold(const ShardMoment& shard, PatientId patient);
// Of a run that stands in its head: so short that a fold leaves it there, and that the cache keeps it with the head.
inline constexpr std::size_t short_run_bytes = 256;
// The hot bytes of one of its runs of the timeline, under its own key or in the head; false where they are absent. `in_head`: of the
// run in the head, for who has read that and not let go of them; borrowed.
Result<bool> get_run(const ShardMoment& shard, PatientId patient, const stored::RunRef& ref, Pinned& value,
                     BytesView in_head = {});
// The same as read_head() of what the timeline table holds under the head's key; errors name the shard.
Result<stored::Head> decode_head(const ShardMoment& shard, BytesView bytes);

}  // namespace chartline::engine
