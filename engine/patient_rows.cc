#include "engine/patient_rows.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

Error damaged(const ShardMoment& shard, const char* table, const stored::RunRef& ref, const char* what) {
  return corrupt(std::string(table) + ": shard " + std::to_string(shard.shard) + ", run " + std::to_string(ref.run) +
                 ": " + what);
}

}  // namespace

Result<Bytes> read_hot(const ShardMoment& shard, PatientId patient, const stored::RunRef& ref, bool history,
                       BytesView in_head) {
  const char* table = history ? "history" : "timeline";
  const Snapshot* at = shard.base->snapshot.get();
  Pinned value;
  if (!TRY(history ? shard.tables->get(Table::history, stored::history_key(patient, ref.run, false), at, value)
                   : get_run(shard, patient, ref, value, in_head)))
    return damaged(shard, table, ref, "named by its head, but absent");
  if (hash64(value.bytes()) != ref.hot_checksum)
    return damaged(shard, table, ref, "its checksum differs from its head's");
  return Bytes(value.bytes());
}

Result<std::unique_ptr<LoadedRun>> read_run(const ShardMoment& shard, PatientId patient, const stored::RunRef& ref,
                                            bool history, BytesView in_head) {
  const char* table = history ? "history" : "timeline";
  const Snapshot* at = shard.base->snapshot.get();
  auto run = std::make_unique<LoadedRun>();
  run->hot = TRY(read_hot(shard, patient, ref, history, in_head));
  Pinned value;
  if (ref.details_checksum != 0) {
    if (!TRY(history ? shard.tables->get(Table::history, stored::history_key(patient, ref.run, true), at, value)
                     : shard.tables->get(Table::details, stored::details_key(patient, ref.run), at, value)))
      return damaged(shard, table, ref, "its details are named by its head, but absent");
    run->details = value.bytes();
    if (hash64(run->details) != ref.details_checksum)
      return damaged(shard, table, ref, "the checksum of its details differs from its head's");
  }
  auto decoded = stored::decode_run(run->hot, run->details);
  if (!decoded) return damaged(shard, table, ref, decoded.error().message.c_str());
  run->decoded = std::move(decoded).value();
  if (run->rows().size() != ref.count) return damaged(shard, table, ref, "its count differs from its head's");
  return run;
}

Result<PatientRows> read_rows(const ShardMoment& shard, PatientId patient) {
  PatientRows all;
  all.head = TRY(read_head(shard, patient));
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_patient(patient, shard.commit, puts);
  std::unordered_set<std::uint32_t> removed;
  for (const DeltaPut* put : puts)
    if (put->commit > shard.base->watermark) removed.insert(put->removed.begin(), put->removed.end());
  for (const stored::RunRef& ref : all.head.runs) {
    all.runs.push_back(TRY(read_run(shard, patient, ref, false, all.head.hot)));
    for (const stored::Row& row : all.runs.back()->rows())
      if (!removed.contains(row.number)) all.rows.push_back(row);
  }
  for (const DeltaPut* put : puts)
    if (put->commit > shard.base->watermark)
      for (const stored::Row& row : put->added)
        if (!removed.contains(row.number)) all.rows.push_back(row);
  return all;
}

Result<PastRows> read_past_rows(const ShardMoment& shard, PatientId patient) {
  PastRows past;
  const stored::Head head = TRY(read_head(shard, patient));
  for (const stored::RunRef& ref : head.history) {
    past.runs.push_back(TRY(read_run(shard, patient, ref, true)));
    for (const stored::Row& row : past.runs.back()->rows()) past.rows.push_back(row);
  }
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_patient(patient, shard.commit, puts);
  std::unordered_map<std::uint32_t, Micros> removed;
  for (const DeltaPut* put : puts)
    if (put->commit > shard.base->watermark)
      for (const std::uint32_t number : put->removed) removed.emplace(number, put->recorded);
  if (removed.empty()) return past;
  const auto take = [&](stored::Row row) {
    const auto at = removed.find(row.number);
    if (at == removed.end()) return;
    row.removed = at->second;
    past.rows.push_back(row);
  };
  for (const stored::RunRef& ref : head.runs) {
    past.runs.push_back(TRY(read_run(shard, patient, ref, false, head.hot)));
    for (const stored::Row& row : past.runs.back()->rows()) take(row);
  }
  for (const DeltaPut* put : puts)
    if (put->commit > shard.base->watermark)
      for (const stored::Row& row : put->added) take(row);
  return past;
}

}  // namespace chartline::engine
