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

// A row as far as hot columns, all of them, tell of it.
stored::Row hot_row(const stored::RunColumns& columns, std::size_t i);

struct DecodedRun {
  stored::RunColumns columns;
  std::uint32_t fields = 0;  // of the columns
  std::optional<stored::RunDetails> details;
  Bytes details_bytes;  // what the details borrow from

  bool whole() const { return fields == stored::field_hot && details.has_value(); }
  stored::Row row(std::size_t i) const;  // of a whole run; borrows from it
  std::size_t bytes() const;
};

// The hot columns of a run: those of the cache, held by `held`, or else decoded into `room`. `fetched`, where not null,
// is what the table holds, already read.
Result<const stored::RunColumns*> read_columns(const RunPlace& place, std::uint32_t fields, stored::RunColumns& room,
                                               std::shared_ptr<const DecodedRun>& held, const Bytes* fetched = nullptr);

// Every column and the details.
Result<std::shared_ptr<const DecodedRun>> read_whole(const RunPlace& place);

}  // namespace chartline::engine
