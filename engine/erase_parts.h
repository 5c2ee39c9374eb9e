// The parts of an erasure. While any of them works, no commit and no fold does: the caller holds a Pause on every shard.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/fold.h"
#include "engine/maintenance.h"
#include "engine/store_parts.h"

namespace chartline::engine {

// Byte strings to look for, many at once: in keys, values and files.
class Needles {
 public:
  void add(BytesView text);  // short ones say nothing and are left out; of a long one its first bytes
  bool empty() const { return by_start_.empty(); }
  bool any_in(BytesView bytes) const;
  void drop_those_in(BytesView bytes);  // found elsewhere too: no sign of the patient
  static constexpr std::size_t length_min = 6, length_max = 64;

 private:
  template <typename Found>
  void search(BytesView bytes, const Found& found) const;
  std::unordered_multimap<std::uint32_t, Bytes> by_start_;  // by the first four bytes
  std::vector<bool> starts_ = std::vector<bool>(1u << 16);
};
struct FilesSearched {
  std::vector<std::string> holding;     // any of the needles, as they stand or in frames of ZSTD
  std::vector<std::string> unsearched;  // in part: made so that nobody could unpack all their frames
  std::uint64_t bytes_read = 0;
};
Result<FilesSearched> search_files(const std::vector<std::string>& files, const Needles& needles);

// Everything of one patient, as it was before the erasure.
struct Doomed {
  PatientRef patient;
  std::map<Name, std::size_t> codes;  // that a row carries or carried, with the number of current events
  Needles needles;
};
Result<Doomed> gather(const ShardMoment& shard, const Identity& identity, PatientRef patient, ErasureReport& report);

// One code's runs without the patient, under new run numbers: caches never see two contents under one name.
Result<void> erase_postings(const ShardMoment& shard, Name code, std::size_t events, PatientId patient,
                            ShardState& state);
// Change records without what concerns the patient. In the patient's own shard the token takes its place.
Result<void> erase_from_log(Shard& shard, std::uint32_t number, PatientRef patient, std::uint64_t token);
// Keys of the patient in timeline, details, history and originals, and the entry in the page of demographics.
Result<void> erase_rows(const ShardMoment& shard, PatientId patient, Batch& batch, ErasureReport& report);

// Erases under a token that the ledger knows already; holds the doors shut by itself.
Result<ErasureReport> erase_under(Store& store, PatientRef patient, std::uint64_t token, const Progressed& progress,
                                  const AuditEntry& audit);
// An erasure that was cut off, or left bytes that an old View still saw, is completed when the store is opened.
Result<void> complete_erasure(Store& store);
// True while one is to be completed.
Result<bool> erasure_is_due(Backend& backend);

}  // namespace chartline::engine
