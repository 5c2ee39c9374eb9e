// Heads against their runs: each run is there, is the one that its head names, and all of them together are what the head
// counts and sums.
#include <algorithm>
#include <set>

#include "engine/check_parts.h"
#include "engine/content.h"
#include "engine/patient_rows.h"
#include "formats/stored/id_filter.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

struct Totals {
  std::uint64_t events = 0, past_events = 0;
};

class PatientCheck {
 public:
  PatientCheck(const ShardMoment& shard, Findings& findings) : shard_(shard), findings_(findings) {}

  Totals check(PatientId patient) {
    const auto head = read_head(shard_, patient);
    if (!findings_.sound(head)) return {};
    numbers_.clear(), originals_.clear();
    const Sums now = check_runs(patient, *head, head->runs, false),
               past = check_runs(patient, *head, head->history, true);
    compare(now, head->events, head->content, "timeline");
    compare(past, head->past_events, head->past_content, "history");
    check_originals(patient);
    return {head->events, head->past_events};
  }

 private:
  struct Sums {
    std::uint64_t rows = 0;
    Hash128 content;
    bool whole = true;
  };
  struct Original {
    std::uint32_t number;
    Hash128 record;
    Micros recorded;
    std::uint64_t hash;
  };

  std::string at(const stored::RunRef& ref, bool past) const {
    return place(past ? Table::history : Table::timeline, shard_) + "run " + std::to_string(ref.run) + ": ";
  }

  Sums check_runs(PatientId patient, const stored::Head& head, const std::vector<stored::RunRef>& refs, bool past) {
    Sums sums;
    for (const stored::RunRef& ref : refs) {
      const auto run = read_run(shard_, patient, ref, past);
      if (!findings_.sound(run)) {
        sums.whole = false;
        continue;
      }
      ++findings_.report.runs;
      check_rows(**run, ref, head, past, sums);
    }
    return sums;
  }

  void check_rows(const LoadedRun& run, const stored::RunRef& ref, const stored::Head& head, bool past, Sums& sums) {
    const auto& rows = run.rows();
    const bool spans =
        !rows.empty() && rows.front().start.instant() == ref.first && rows.back().start.instant() == ref.last;
    if (!spans) findings_.add(at(ref, past) + "its first and last instant differ from its head's");
    for (const stored::Row& row : rows) {
      ++sums.rows;
      if (!names_are_known(row, *shard_.dictionary)) {
        findings_.add(at(ref, past) + "a row uses a name that was never given");
        sums.whole = false;
        continue;
      }
      sums.content += content_hash(row, *shard_.dictionary);
      if (!past && !row.record.empty() && !stored::may_hold(ref.record_ids, record_key(row, *shard_.dictionary)))
        findings_.add(at(ref, past) + "the head's filter leaves out the id of one of its records");
      if (row.number == 0 || row.number > head.last_number)
        findings_.add(at(ref, past) + "a row has a number that was never given");
      else if (!numbers_.insert(row.number).second) findings_.add(at(ref, past) + "a row has the number of another");
      if (std::max(row.recorded, row.removed) > head.last_change)
        findings_.add(at(ref, past) + "a row was written or replaced after the last change that its head knows of");
      if ((row.removed != 0) != past)
        findings_.add(at(ref, past) + (past ? "a row is in history, but was not replaced"
                                            : "a row was replaced, but is not in history"));
      if (row.original != 0)
        originals_.push_back({row.number, record_key(row, *shard_.dictionary), row.recorded, row.original});
    }
  }

  void compare(const Sums& sums, std::uint64_t events, const Hash128& content, const char* what) {
    if (!sums.whole) return;  // what is missing has been said
    const std::string where = std::string(what) + ": shard " + std::to_string(shard_.shard) + ", a head ";
    if (sums.rows != events)
      findings_.add(where + "counts " + std::to_string(events) + " events, its runs hold " + std::to_string(sums.rows));
    if (sums.content != content) findings_.add(where + "has another sum than the content of its runs");
  }

  // The original of a record stands under the number of its first event.
  void check_originals(PatientId patient) {
    std::sort(originals_.begin(), originals_.end(),
              [](const Original& a, const Original& b) { return a.number < b.number; });
    for (std::size_t i = 0; i < originals_.size(); ++i) {
      if (i > 0 && originals_[i].record == originals_[i - 1].record &&
          originals_[i].recorded == originals_[i - 1].recorded && originals_[i].hash == originals_[i - 1].hash)
        continue;
      Pinned value;
      const auto found = shard_.tables->get(Table::originals, stored::original_key(patient, originals_[i].number),
                                            shard_.base->snapshot.get(), value);
      if (!findings_.sound(found)) continue;
      const std::string where = place(Table::originals, shard_) + "the original of a record ";
      if (!*found) {
        findings_.add(where + "is absent");
        continue;
      }
      const auto original = stored::unseal(value.bytes(), where);
      if (findings_.sound(original) && stored::original_hash(*original) != originals_[i].hash)
        findings_.add(where + "is not the one that its events name");
    }
  }

  const ShardMoment& shard_;
  Findings& findings_;
  std::set<std::uint32_t> numbers_;
  std::vector<Original> originals_;
};

}  // namespace

Result<void> check_patients(const ShardMoment& shard, Findings& findings) {
  PatientCheck check(shard, findings);
  Totals totals;
  for (PatientId patient = 0; patient < shard.patients; ++patient) {
    TRY(findings.step());
    const Totals of_patient = check.check(patient);
    totals.events += of_patient.events, totals.past_events += of_patient.past_events;
  }
  findings.report.patients += shard.patients;
  findings.report.events += totals.events, findings.report.past_events += totals.past_events;

  Pinned value;
  const auto found = shard.tables->get(Table::meta, shard_state_key, shard.base->snapshot.get(), value);
  if (!findings.sound(found)) return {};
  const auto state = *found ? decode_shard_state(value.bytes()) : Result<ShardState>(ShardState());
  if (!findings.sound(state)) return {};
  if (state->watermark != shard.base->watermark)
    findings.add(place(Table::meta, shard) + "the state is of another fold than the one in use");
  if (state->events != totals.events || state->past_events != totals.past_events)
    findings.add(place(Table::meta, shard) + "the state counts " + std::to_string(state->events) + " events and " +
                 std::to_string(state->past_events) + " of the past, the heads " + std::to_string(totals.events) +
                 " and " + std::to_string(totals.past_events));
  return {};
}

}  // namespace chartline::engine
