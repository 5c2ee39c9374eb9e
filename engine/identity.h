// Identity: who is meant by an identifier, and which patients are one person. Lives in the first shard, for all shards.
//
// An identifier (system, value) names one patient for ever; a patient may have many. Two patients may be linked: readers
// then see one person, and unlinking takes exactly that back, because nothing is copied.
//
// Like dictionary names, new identifiers and links are drained into the next commit group of the first shard before any
// change that could use them; await() says when a patient's identity is durable, for writers of other shards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/storage/tables.h"
#include "formats/record/event.h"
#include "formats/stored/change.h"

namespace chartline::engine {

using stored::PatientRef;
class DecodedCache;

class Identity {
 public:
  // `secret` keys the hashes of values and the spread over shards. `cache` holds what was looked up lately.
  Identity(std::shared_ptr<Tables> tables, std::shared_ptr<DecodedCache> cache, std::uint64_t secret,
           std::uint32_t shards);
  ~Identity();
  Result<void> load();  // folded state: counters, links

  // The patient that any of the identifiers names, else a new one; identifiers not yet known are added to the patient.
  // `clash` is set where two of them name different patients that are not linked: the first known one counts, nothing is added for the others.
  struct Resolved {
    PatientRef patient;
    std::uint64_t position;
    bool created;
    bool clash;
  };  // position: see durable()
  Result<Resolved> resolve(std::span<const record::Identifier> identifiers);
  // The patients of many persons, one identifier each, under one lock.
  Result<std::vector<PatientRef>> resolve_each(std::span<const record::Identifier> persons);
  // Adds nothing. nullopt where unknown.
  Result<std::optional<PatientRef>> find(const record::Identifier& identifier) const;
  // Every patient that has this value under some system.
  struct Match {
    std::string system;
    PatientRef patient;
  };
  Result<std::vector<Match>> find_value(std::string_view value) const;
  Result<std::vector<record::Identifier>> identifiers(PatientRef patient, record::Arena& into) const;  // in order of arrival

  // Links: `at` is the recorded instant of each, so that any moment can be asked for.
  Result<bool> link(PatientRef a, PatientRef b, bool linked);  // false where nothing changed; queued like identifiers
  std::vector<PatientRef> linked(PatientRef patient,
                                 Micros as_of) const;  // the whole person, ascending; {patient} alone where not linked
  std::vector<std::vector<PatientRef>> persons(Micros as_of) const;  // every group of two and more

  std::uint32_t patients(std::uint32_t shard) const;  // ids given
  std::uint64_t position() const;                     // of the newest identifier or link queued
  std::uint64_t committed_position() const;           // of the newest that is durable
  bool durable(std::uint64_t position) const;         // has it been committed?

  // -- the first shard's committer, folder and replay
  void take_pending(std::vector<Bytes>& encoded, std::uint64_t& position);  // drained into a group
  void committed(std::uint64_t position, Micros recorded);                  // that group is durable
  Result<void> learn(const stored::Identify& change);                       // replay
  Result<void> learn(const stored::Link& change, Micros recorded);
  // Everything committed up to position, as the identity table is to hold it: `put` gets its keys in order.
  using Put = std::function<Result<void>(Bytes key, Bytes value)>;
  Result<void> fold(std::uint64_t position, const Put& put);
  void folded(std::uint64_t position);  // that batch is written: let go of the memory

  // Legal erasure: identifiers and links go from memory at once, and with the batch from the table; what was folded only.
  // Afterwards the caller clears the cache. It holds the writers' door shut; one that resolved the patient before learns from erased() that it came too late.
  Result<void> forget(PatientRef patient, Batch& batch);
  bool erased(PatientRef patient) const;  // since this store was opened

  struct Parts;

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::engine
