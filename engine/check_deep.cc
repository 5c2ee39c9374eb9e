// The deep half of check(): what can be made from the timelines is made again and compared.
//
//   1. window    patients in whole blocks, until their postings fill the memory allowed
//   2. rebuild   every row of the window (base and delta) gives its postings; rows of the base count towards directories and
//                make the pages of demographics
//   3. compare   each code's postings over the blocks of the window, as a reader would see them, and each page
//   4. replay    rows of the log against the timeline and history that they were folded into
#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "engine/check_parts.h"
#include "engine/content.h"
#include "engine/demographics.h"
#include "engine/fold.h"
#include "engine/patient_rows.h"
#include "engine/posting_reader.h"
#include "formats/stored/keys.h"

namespace chartline::engine {
namespace {

using stored::NarrowPosting;

constexpr std::size_t window_postings = 1'000'000;  // about 50 MB
constexpr std::size_t replayed_rows_max = 200'000;

auto facts(const NarrowPosting& p) {
  return std::tuple(p.patient, p.number, p.flags, p.day, p.second, p.offset, p.kind, p.source, p.unit, p.author,
                    p.status, p.certainty, p.end, p.end_shift, p.value_form, p.value_word);
}
bool fact_before(const NarrowPosting& a, const NarrowPosting& b) { return facts(a) < facts(b); }
bool same_facts(const NarrowPosting& a, const NarrowPosting& b) { return facts(a) == facts(b); }

class Rebuild {
 public:
  Rebuild(const ShardMoment& shard, Findings& findings)
      : shard_(shard), findings_(findings), names_(posting_names(*shard.dictionary)) {}

  Result<void> run() {
    std::uint32_t block = 0;
    for (const std::uint32_t blocks = (shard_.patients + stored::block_patients - 1) / stored::block_patients;
         block < blocks;) {
      const std::uint32_t first = block;
      postings_.clear(), held_ = 0;
      while (block < blocks && held_ < window_postings) TRY(take_block(block++));
      compare_postings(first, block - 1);
    }
    for (const Name name : names_) {
      const auto directory = stored_directory(shard_, name);
      if (directory && directory->events != events_[name])
        findings_.add(place(Table::postings, shard_) + "the directory of " + posting_name(name) + " counts " +
                      std::to_string(directory->events) + " events, the timelines " + std::to_string(events_[name]));
    }
    return {};
  }

 private:
  Result<void> take_block(std::uint32_t block) {
    DemographicsPage page;
    const PatientId first = block * stored::block_patients;
    const PatientId past = first + std::min(shard_.patients - first, stored::block_patients);
    for (PatientId patient = first; patient < past; ++patient) {
      TRY(findings_.step());
      take_patient(patient, page);
    }
    compare_page(block, page);
    return {};
  }

  void take_patient(PatientId patient, DemographicsPage& page) {
    const auto all = read_rows(shard_, patient);
    if (!all) return;  // found with the heads
    std::vector<stored::Row> folded;
    for (const auto& run : all->runs) folded.insert(folded.end(), run->rows().begin(), run->rows().end());
    const auto known = [&](const stored::Row& row) { return names_are_known(row, *shard_.dictionary); };
    std::erase_if(folded, [&](const stored::Row& row) { return !known(row); });  // these too
    PostingChanges of_base;
    for (const stored::Row& row : folded) collect_postings(patient, row, of_base);
    for (const auto& [code, changes] : of_base) events_[code] += changes.added.size();
    if (const Demographics who = demographics_of(folded, *shard_.dictionary); !(page_of(who) == DemographicsPage()))
      page.set(patient % stored::block_patients, who);
    for (const stored::Row& row : all->rows) {
      if (!known(row)) continue;
      collect_postings(patient, row, postings_);
      held_ += 1 + row.translations.size() + row.attributes.size();
    }
  }

  static DemographicsPage page_of(const Demographics& who) {
    DemographicsPage page;
    page.set(0, who);
    return page;
  }

  void compare_page(std::uint32_t block, const DemographicsPage& expected) {
    Pinned value;
    const auto found = shard_.tables->get(Table::meta, demographics_key(block), shard_.base->snapshot.get(), value);
    if (!found) return;  // found with the meta table
    const auto page = *found ? decode_demographics(value.bytes()) : Result<DemographicsPage>(DemographicsPage());
    if (page && !(*page == expected))
      findings_.add(place(Table::meta, shard_) + "block " + std::to_string(block) +
                    ": the demographics differ from what the timelines tell");
  }

  void compare_postings(std::uint32_t first, std::uint32_t last) {
    for (const Name name : names_) {
      const auto merged = merge_postings(shard_, name, first, last);
      if (!merged) {
        findings_.add(merged.error().message);
        continue;
      }
      std::vector<NarrowPosting> actual, &expected = postings_[name].added;
      for (const stored::Posting& posting : *merged) actual.push_back(stored::narrow(posting));
      std::sort(actual.begin(), actual.end(), fact_before);
      std::sort(expected.begin(), expected.end(), fact_before);
      const std::string where = place(Table::postings, shard_) + posting_name(name) + ", blocks " +
                                std::to_string(first) + " to " + std::to_string(last) + ": ";
      if (actual.size() != expected.size())
        findings_.add(where + std::to_string(actual.size()) + " postings, the timelines have " +
                      std::to_string(expected.size()));
      else if (!std::equal(actual.begin(), actual.end(), expected.begin(), same_facts))
        findings_.add(where + "the postings differ from what the timelines hold");
    }
  }

  const ShardMoment& shard_;
  Findings& findings_;
  const std::vector<Name> names_;
  std::unordered_map<Name, std::uint64_t> events_;  // of the base
  PostingChanges postings_;
  std::size_t held_ = 0;
};

// What the log says of one patient's event: it was added with this content, or it was replaced.
struct LoggedRow {
  PatientId patient;
  std::uint32_t number;
  bool added;
  std::uint64_t commit;
  Hash128 content;
};

class Replay {
 public:
  Replay(const ShardMoment& shard, Findings& findings) : shard_(shard), findings_(findings) {}

  void take(const stored::ChangeRecord& record) {
    for (const stored::Change& change : record.changes) {
      const auto* put = std::get_if<stored::Put>(&change);
      if (!put) continue;
      for (const std::uint32_t number : put->removed)
        logged_.push_back({put->patient, number, false, record.commit, {}});
      for (const stored::Row& row : put->added) {
        if (!names_are_known(row, *shard_.dictionary)) {
          say(record.commit, "a row uses a name that was never given");
          continue;
        }
        logged_.push_back({put->patient, row.number, true, record.commit, content_hash(row, *shard_.dictionary)});
      }
    }
    if (logged_.size() >= replayed_rows_max) compare();
  }

  void compare() {
    std::stable_sort(logged_.begin(), logged_.end(),
                     [](const LoggedRow& a, const LoggedRow& b) { return a.patient < b.patient; });
    for (auto from = logged_.begin(); from != logged_.end();) {
      const auto past =
          std::find_if(from, logged_.end(), [&](const LoggedRow& row) { return row.patient != from->patient; });
      compare_patient({&*from, static_cast<std::size_t>(past - from)});
      from = past;
    }
    logged_.clear();
  }

 private:
  void say(std::uint64_t commit, const std::string& what) {
    findings_.add(place(Table::changes, shard_) + "commit " + std::to_string(commit) + ": " + what);
  }

  void compare_patient(std::span<const LoggedRow> logged) {
    const PatientId patient = logged.front().patient;
    if (patient >= shard_.patients) return say(logged.front().commit, "a patient that was never given");
    const auto now = read_rows(shard_, patient);
    const auto past = read_past_rows(shard_, patient);
    if (!now || !past) return;                                         // found with the heads
    std::unordered_map<std::uint32_t, std::pair<Hash128, bool>> held;  // by number: content, and whether it is of the past
    for (const stored::Row& row : now->rows)
      if (names_are_known(row, *shard_.dictionary)) held[row.number] = {content_hash(row, *shard_.dictionary), false};
    for (const stored::Row& row : past->rows)
      if (names_are_known(row, *shard_.dictionary)) held[row.number] = {content_hash(row, *shard_.dictionary), true};
    for (const LoggedRow& row : logged) {
      const auto at = held.find(row.number);
      if (at == held.end()) say(row.commit, "an event of the log is in neither timeline nor history");
      else if (row.added && at->second.first != row.content)
        say(row.commit, "an event of the log differs from the one that was folded");
      else if (!row.added && !at->second.second) say(row.commit, "an event that the log replaced is still current");
    }
  }

  const ShardMoment& shard_;
  Findings& findings_;
  std::vector<LoggedRow> logged_;
};

}  // namespace

Result<void> check_rebuilt(const ShardMoment& shard, Findings& findings) { return Rebuild(shard, findings).run(); }

Result<void> check_replay(const Shard& log, const ShardMoment& shard, Findings& findings) {
  Replay replay(shard, findings);
  Pinned value;
  for (std::uint64_t commit = log.log_first(); commit <= shard.commit; ++commit) {
    TRY(findings.step(0));
    const auto found = shard.tables->get(Table::changes, stored::change_key(commit), nullptr, value);
    if (!found || !*found) continue;  // found with the log
    record::Arena room;
    if (const auto record = stored::decode_record(value.bytes(), room)) replay.take(*record);
  }
  replay.compare();
  return {};
}

}  // namespace chartline::engine
