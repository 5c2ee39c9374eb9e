// Reading one run: verified against what the head says of it, decoded as far as asked for, shared through the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "engine/moment.h"
#include "formats/stored/run.h"

namespace chartline::engine {

// Where a run stands.
struct RunPlace {
  const ShardMoment* shard = nullptr;
  PatientId patient = 0;
  bool past = false;  // of the history table
  stored::RunRef ref;
  BytesView in_head{};  // as get_run() takes it
};

struct DecodedRun {
  stored::RunColumns columns;
  stored::RunDetails details;
  std::uint32_t fields = 0;  // a mask of stored::RunField: what both were decoded with

  bool has(std::uint32_t wanted) const { return (fields & wanted) == wanted; }
  // As far as these fields, of its own, tell of it; borrows from this.
  stored::Row row(std::size_t i, std::uint32_t wanted = stored::field_all) const;
  std::size_t bytes() const;
};

// A run with these fields at least: that of the cache, held by `held`, or else decoded into `room`. `fetched`, where not null, is
// what the table of timelines holds, already read. Details that its columns tell it has none of are not read.
Result<const DecodedRun*> read_run(const RunPlace& place, std::uint32_t fields, DecodedRun& room,
                                   std::shared_ptr<const DecodedRun>& held, const Bytes* fetched = nullptr);

// With all fields.
Result<std::shared_ptr<const DecodedRun>> read_whole(const RunPlace& place);

}  // namespace chartline::engine
