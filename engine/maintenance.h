// Keeping a store sound: prove it, measure it by hashes, copy it, take someone out of it. Everything here works on a live
// store; what must stand still for a moment says so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "engine/store.h"

namespace chartline::engine {

// Called now and then with what is done of how much; false cancels, and the call ends with `unavailable` ("cancelled").
using Progressed = std::function<bool(std::uint64_t done, std::uint64_t of)>;

// -- check
struct CheckReport {
  std::uint64_t patients = 0, runs = 0, events = 0, past_events = 0, posting_runs = 0, postings = 0, log_records = 0;
  std::uint64_t unfolded_commits = 0;   // whose events are not among the counts
  std::vector<std::string> findings;    // one line each, naming table, shard and run, never a patient; empty: sound
  std::uint64_t findings_left_out = 0;  // beyond the first 100
};
// Every head against its runs, every directory against its posting runs, every checksum and count, orphaned keys, identity
// both ways. `deep` also rebuilds in memory, from the timelines alone and shard by shard, the postings, content sums and
// demographics, replays what is left of the log, and compares everything. Damage is a finding, not an error.
struct CheckOptions {
  bool deep = false;
  Progressed progress;
};
Result<CheckReport> check(Store& store, const CheckOptions& options);

// -- hash
// Of the current content (events, identifiers, links): equal in two stores that were told the same, however it came in,
// whatever the shards, folding, compaction, bulk load, backup and restore. `history`: of every version and when it was current too.
Result<Hash128> content_hash(Store& store, bool history, const Progressed& progress = {});

// -- backup
struct BackupReport {
  std::string name;                    // of this backup within the folder: its UTC time, e.g. "2026-11-22T101530Z"
  std::uint64_t files = 0, bytes = 0;  // in all
  std::uint64_t new_files = 0, new_bytes = 0;  // not there from an earlier backup
  std::vector<std::uint64_t> position;         // one consistent commit per shard
};
// Into a folder, beside earlier backups of the same store; a file that is there already is not copied again. Every file is
// read back and compared before the backup's manifest appears. Writers wait only while the shards' files are linked.
Result<BackupReport> backup(Store& store, const std::string& folder, const Progressed& progress = {});
struct BackupEntry {
  std::string name;
  std::uint64_t bytes = 0;
  std::vector<std::uint64_t> position;
};
Result<std::vector<BackupEntry>> list_backups(const std::string& folder);
// Makes a store from a backup (the newest for name ""). `to` must not exist, or be empty. Every file is verified while it is
// copied; the ledger of erasures is applied before the store can be opened. `verify`: a deep check afterwards, and the content
// hash compared with the one noted at backup.
struct RestoreOptions {
  std::string name;
  bool verify = false;
  Progressed progress;
};
struct RestoreReport {
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t erased_again = 0;
  bool all_searched = true;  // no erasure reported a file of which a part could not be searched
  Hash128 content;
};
Result<RestoreReport> restore(const std::string& folder, const std::string& to, const RestoreOptions& options);

// -- scrub
struct ScrubReport {
  std::uint64_t files = 0, bytes = 0;
  std::vector<std::string> findings;
};
// Reads every file of every shard against its checksum at a set pace (0: as fast as it goes).
Result<ScrubReport> scrub(Store& store, std::uint64_t bytes_per_second, const Progressed& progress = {});

// -- erasure
struct ErasureReport {
  std::uint64_t token = 0;  // all that is left in feed, audit and ledger
  std::uint64_t events = 0, past_events = 0, identifiers = 0, originals = 0;
  std::uint64_t files_scanned = 0, bytes_scanned = 0;
  std::vector<std::string> found_in;  // files that still hold bytes of the patient: empty, or the erasure failed
  std::vector<std::string> unsearched;  // files that somebody made so that not all of them can be searched; in the rest is nothing
  std::vector<std::string> backups;  // backups known to the store that still hold the patient
};
// Destroys one patient: events, history, originals, identifiers, log; rotates logs, compacts tables to the bottom, scans the
// files for the patient's bytes, and enters the erasure in the ledger that restored backups re-apply. Writers wait meanwhile.
// The patient goes from the audit log too: the token stands for them, and all proofs still hold. Who did it, and why, joins the
// log in the batch that removes the record.
Result<ErasureReport> erase(Store& store, const record::Identifier& identifier, const Progressed& progress = {},
                            const AuditEntry* audit = nullptr);

// -- inspect
Result<std::string> inspect_key(Store& store, std::uint32_t shard, Table table,
                                BytesView key);                         // what the key and its value hold, drawn
Result<std::string> inspect_patient(Store& store, PatientRef patient);  // head and runs: sizes, forms of the columns
std::string inspect_stats(Store& store);

}  // namespace chartline::engine
