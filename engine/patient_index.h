// PatientIndex: what a writer must know of one patient to decide what becomes of a record - which records there are, with
// which content, and the next event number. Built from the patient's rows at first write, kept in a bounded cache.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/content.h"
#include "engine/known_records.h"
#include "engine/moment.h"
#include "engine/store.h"

namespace chartline::engine {

struct HashOfHash128 {
  std::size_t operator()(const Hash128& hash) const { return hash.low; }
};

// What a record says, ready to be compared.
struct Said {
  Hash128 key;
  Hash128 content;
  std::uint64_t version_hash = 0;
  std::uint64_t original = 0;
  bool hidden = false;
  bool has_id = false;
  std::uint32_t events = 0;
  record::Record::Demand demand = record::Record::Demand::any;
  std::uint64_t demanded_version_hash = 0;
};

class PatientIndex {
 public:
  static Result<PatientIndex> build(const ShardMoment& shard, PatientId patient);
  // From the head and the log alone: enough for records that are surely new, which most are.
  static Result<PatientIndex> begin(const ShardMoment& shard, PatientId patient);
  PatientIndex() = default;
  // Whether decide() must know the whole patient for this. Where a filter says that a run may hold the record, the run is asked.
  Result<bool> falls_short(const ShardMoment& shard, PatientId patient, const Said& record) const;
  bool surely_suffices(const Said& record) const;  // true: it does not fall short, as far as can be told at once
  // The whole, with what was decided here since begin().
  Result<void> complete(const ShardMoment& shard, PatientId patient);

  std::uint32_t last_number = 0;
  KnownRecords records;
  // Versions, by id, that came and went, with their originals and without: a source that tells its story again from the
  // start says nothing new.
  std::unordered_set<Hash128, HashOfHash128> past;
  std::size_t bytes() const { return records.bytes() + past.size() * 40 + filters_.capacity(); }  // beside itself

 private:
  bool whole_ = true;
  Bytes filters_;  // unless whole: of the record ids in each run of the base, one after the other, each after its length
};

// What to do with one record: the pure decision, from the index as it is.
struct Decision {
  Outcome::What what = Outcome::What::created;
  Fault fault{};
  const char* reason = "";
  std::vector<std::uint32_t> removed;  // numbers of the version that ends
  std::uint32_t first_number = 0;      // of the new version's events; of the known one where unchanged
};

Said said(std::span<const stored::Row> rows, const Dictionary& names, record::Record::Demand demand,
          std::string_view demanded_version);

Decision decide(const PatientIndex& index, const Said& record);
// Makes the decision part of the index; `undo` takes it back when the whole write is refused.
struct Undo {
  Hash128 key;
  std::uint32_t last_number;
  bool known;
  KnownRecord before;
  bool passed = false;           // `before` became one of the past versions,
  bool passed_original = false;  // and so did the bytes that it came in
};
Undo apply(PatientIndex& index, const Said& record, const Decision& decision);
void take_back(PatientIndex& index, const Undo& undo);

}  // namespace chartline::engine
