// Every row of one patient at one moment, for those who need them all: write decisions, folding, checks. Readers of
// timelines use the View instead, which opens only what is asked for.
#pragma once

#include <memory>
#include <vector>

#include "engine/moment.h"
#include "formats/stored/run.h"

namespace chartline::engine {

// A run read and verified against what the head says of it, with the bytes that its rows borrow.
struct LoadedRun {
  Bytes hot, details;
  std::unique_ptr<stored::RunRows> decoded;
  const std::vector<stored::Row>& rows() const { return decoded->rows; }
};
// `history` reads the history table; `in_head` as get_run() takes it.
Result<Bytes> read_hot(const ShardMoment& shard, PatientId patient, const stored::RunRef& ref, bool history,
                       BytesView in_head = {});
Result<std::unique_ptr<LoadedRun>> read_run(const ShardMoment& shard, PatientId patient, const stored::RunRef& ref,
                                            bool history, BytesView in_head = {});

struct PatientRows {
  stored::Head head;                             // of the base
  std::vector<std::unique_ptr<LoadedRun>> runs;  // hold what `rows` borrow
  std::vector<stored::Row> rows;                 // current versions, base and delta; unordered
};
Result<PatientRows> read_rows(const ShardMoment& shard, PatientId patient);

// Superseded versions, of the base's history runs and of the delta; `removed` is set.
struct PastRows {
  std::vector<std::unique_ptr<LoadedRun>> runs;
  std::vector<stored::Row> rows;
};
Result<PastRows> read_past_rows(const ShardMoment& shard, PatientId patient);

}  // namespace chartline::engine
