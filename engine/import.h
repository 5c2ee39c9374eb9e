// Import: a stream of records of one source into the store, as one act: counted, idempotent, in bounded memory.
//
//   into an empty store    rows are sorted outside (spilling to the store's scratch folder), folded patient by patient into
//                          sorted files, and taken in at once: nothing is visible before, everything after
//   into any other         records with ids go through the log in groups as they come; rows without ids are sorted by
//                          patient and time first, so that equal rows get their ordinals in bounded memory
//
// Both give the same content hash as writing event by event. A killed import is started again from the beginning: what is
// in the store already comes out `unchanged`.
//
// Rows without a record id get here what a source that has no ids cannot say: `ordinal`, which of several equal rows of
// this import it is, and, unless the source gave one, `sequence`, its place among the patient's rows of the same start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "engine/store.h"
#include "formats/record/plain_events.h"

namespace chartline::engine {

struct ImportOptions {
  enum class Path : std::uint8_t { automatic, log, bulk };  // bulk: conflict where the store is not empty
  Path path = Path::automatic;
  std::uint64_t memory_bytes = 1ull << 30;  // for sorting
  unsigned threads = 2;
  // Who imports: an entry of the audit log when it begins, and another when it ends, with the number of records. An import that
  // was killed has left the first alone.
  std::optional<AuditEntry> audit{};
};

struct ImportCounts {
  std::uint64_t records = 0, events = 0;                                               // taken
  std::uint64_t created = 0, unchanged = 0, superseded = 0, hidden = 0, rejected = 0;  // records, as Outcome says
  std::uint64_t equal_rows = 0;  // rows without ids that were equal to an earlier one: kept, each with its ordinal
  std::uint64_t clashes = 0;     // records whose identifiers name different patients
  std::uint64_t before_birth = 0,
                after_death = 0;  // events at impossible dates, against the demographics of the same import
  bool bulk = false;
};

class Import {
 public:
  static Result<std::unique_ptr<Import>> begin(Store& store, const ImportOptions& options);
  virtual ~Import() = default;  // without finish(): what went through the log stays, the rest is dropped

  // Borrowed for the call only; thread safe. A record that is refused counts as rejected and comes back in `refused` (may be
  // empty; called from one thread at a time).
  using Refused = std::function<void(const record::Record& record, const Error& why)>;
  virtual Result<void> add(const record::Record& record) = 0;

  // For callers that read one source with several threads: what is added to a part comes after all that was added, and to
  // all parts asked for, before; one thread adds to a part, several parts may be filled at once. Parts end before finish().
  // Null where records must come in order (through the log).
  class Part {
   public:
    virtual ~Part() = default;
    virtual Result<void> add(const record::Record& record) = 0;
    virtual Result<void> add(const record::PlainEvents& events) = 0;  // as each of them would be
  };
  virtual std::unique_ptr<Part> part() = 0;

  virtual Result<ImportCounts> finish() = 0;  // everything is durable and visible
  virtual void on_refused(Refused refused) = 0;
};

}  // namespace chartline::engine
