#include <algorithm>
#include <set>

#include "engine/erase_parts.h"
#include "engine/patient_rows.h"
#include "formats/stored/keys.h"
#include "formats/stored/seal.h"

namespace chartline::engine {
namespace {

constexpr std::size_t log_batch_bytes_max = 8u << 20;
constexpr std::size_t uuid_letters = 36;

// A UUID is packed as 16 bytes where it ends a text (formats/stored/texts.h).
void add_packed_uuid(BytesView text, Needles& needles) {
  if (text.size() < uuid_letters) return;
  Bytes packed;
  int high = -1;
  for (const char letter : text.substr(text.size() - uuid_letters)) {
    if (letter == '-') continue;
    const std::size_t digit = BytesView("0123456789abcdef").find(letter);
    if (digit == BytesView::npos) return;
    if (high < 0) high = static_cast<int>(digit);
    else packed.push_back(static_cast<char>(high << 4 | static_cast<int>(digit))), high = -1;
  }
  if (packed.size() == 16) needles.add(packed);
}

void add_text(BytesView text, Needles& needles) {
  needles.add(text);
  add_packed_uuid(text, needles);
}

void add_row(const stored::Row& row, Needles& needles) {
  for (const BytesView text : {row.record, row.version, row.encounter, row.source_person, row.value.text})
    add_text(text, needles);
  for (const stored::RowAttribute& attribute : row.attributes) add_text(attribute.value.text, needles);
}

std::string place_of_run(const ShardMoment& shard, std::uint64_t run) {
  return "postings: shard " + std::to_string(shard.shard) + ", run " + std::to_string(run) + ": ";
}

// A run's bytes without the patient; nullopt where it does not hold the patient. `ref` is made to fit.
Result<std::optional<Bytes>> without(BytesView bytes, PatientId patient, stored::PostingRun& ref) {
  stored::PostingBytes packed;
  if (ref.removals) {
    auto removals = TRY(stored::decode_removals(bytes, ref.checksum));
    if (std::erase_if(removals, [&](const stored::Removal& removal) { return removal.patient == patient; }) == 0)
      return std::optional<Bytes>();
    ref.count = static_cast<std::uint32_t>(removals.size());
    if (!removals.empty()) packed = stored::encode_removals(removals);
  } else {
    stored::PostingColumns columns;
    TRY(stored::decode_postings(bytes, stored::posting_field_all, columns, ref.checksum));
    std::vector<stored::Posting> kept;
    for (std::size_t i = 0; i < columns.count; ++i)
      if (columns.patient[i] != patient) kept.push_back(columns.at(i));
    if (kept.size() == columns.count) return std::optional<Bytes>();
    ref.count = static_cast<std::uint32_t>(kept.size());
    if (!kept.empty()) {
      packed = stored::encode_postings(kept);
      ref.first_block = stored::block_of(kept.front().patient), ref.last_block = stored::block_of(kept.back().patient);
    }
  }
  ref.checksum = packed.checksum, ref.bytes = static_cast<std::uint32_t>(packed.bytes.size());
  return std::optional(std::move(packed.bytes));
}

bool concerns(const stored::Change& change, std::uint32_t shard, PatientRef patient) {
  if (const auto* put = std::get_if<stored::Put>(&change)) return shard == patient.shard && put->patient == patient.id;
  if (const auto* identify = std::get_if<stored::Identify>(&change)) return identify->patient == patient;
  if (const auto* link = std::get_if<stored::Link>(&change)) return link->a == patient || link->b == patient;
  return false;
}

}  // namespace

Result<Doomed> gather(const ShardMoment& shard, const Identity& identity, PatientRef patient, ErasureReport& report) {
  Doomed doomed;
  doomed.patient = patient;
  record::Arena room;
  for (const record::Identifier& identifier : TRY(identity.identifiers(patient, room)))
    add_text(identifier.value, doomed.needles), ++report.identifiers;
  const PatientRows now = TRY(read_rows(shard, patient.id));
  const PastRows past = TRY(read_past_rows(shard, patient.id));
  report.events = now.rows.size(), report.past_events = past.rows.size();
  PostingChanges current, before;
  for (const stored::Row& row : now.rows) collect_postings(patient.id, row, current), add_row(row, doomed.needles);
  for (const stored::Row& row : past.rows) collect_postings(patient.id, row, before), add_row(row, doomed.needles);
  for (const auto& [code, changes] : before) doomed.codes[code];
  for (const auto& [code, changes] : current) doomed.codes[code] = changes.added.size();
  Result<void> sound;
  TRY(shard.tables->scan(Table::originals, stored::original_key(patient.id, 0), stored::original_key(patient.id + 1, 0),
                         nullptr, [&](BytesView, BytesView value) {
                           const auto original = stored::unseal(value, "original");
                           if (original) return doomed.needles.add(*original), true;
                           return sound = original.error(), false;
                         }));
  TRY(std::move(sound));
  return doomed;
}

// Later generations apply to earlier ones by their run numbers, so every run from the first that holds the patient on gets a
// new number, in the same order.
Result<void> erase_postings(const ShardMoment& shard, Name code, std::size_t events, PatientId patient,
                            ShardState& state) {
  Pinned bytes;
  if (!TRY(shard.tables->get(Table::postings, stored::directory_key(code), nullptr, bytes))) return {};
  stored::Directory directory = TRY(stored::decode_directory(bytes.bytes()));
  const std::uint32_t block = stored::block_of(patient);
  const auto may_hold = [&](const stored::PostingRun& run) {
    return run.removals || (run.first_block <= block && block <= run.last_block);
  };
  // Reads a run, and gives it without the patient; nullopt where it does not hold the patient.
  const auto read_without = [&](stored::PostingRun& run) -> Result<std::optional<Bytes>> {
    if (!TRY(shard.tables->get(Table::postings, stored::postings_key(code, run.run, run.first_block), nullptr, bytes)))
      return corrupt(place_of_run(shard, run.run) + "named by its directory, but absent");
    if (may_hold(run)) {
      auto changed = without(bytes.bytes(), patient, run);
      if (!changed) return Error{changed.error().fault, place_of_run(shard, run.run) + changed.error().message};
      return changed;
    }
    if (hash64(bytes.bytes()) != run.checksum)
      return corrupt(place_of_run(shard, run.run) + "its checksum differs from its directory's");
    return std::optional<Bytes>();
  };
  std::sort(directory.runs.begin(), directory.runs.end(), [](const auto& a, const auto& b) { return a.run < b.run; });

  std::optional<std::uint64_t> first;  // generation that holds the patient
  for (stored::PostingRun run : directory.runs) {
    if (!may_hold(run) || !TRY(read_without(run))) continue;
    first = run.run;
    break;
  }
  if (!first) return {};
  Batch batch;
  std::vector<stored::PostingRun> kept;
  std::uint64_t old_number = 0, new_number = 0;
  for (stored::PostingRun run : directory.runs) {
    if (run.run < *first) {
      kept.push_back(run);
      continue;
    }
    if (run.run != old_number) old_number = run.run, new_number = state.next_run++;
    const Bytes old_key = stored::postings_key(code, run.run, run.first_block);
    std::optional<Bytes> changed = TRY(read_without(run));
    batch.erase(Table::postings, old_key);
    if (changed && changed->empty()) continue;
    run.run = new_number;
    batch.put(Table::postings, stored::postings_key(code, run.run, run.first_block),
              changed ? std::move(*changed) : Bytes(bytes.bytes()));
    kept.push_back(run);
  }
  directory.runs = std::move(kept);
  std::sort(directory.runs.begin(), directory.runs.end(), [](const auto& a, const auto& b) {
    return a.first_block != b.first_block ? a.first_block < b.first_block : a.run < b.run;
  });
  directory.events -= std::min<std::uint64_t>(directory.events, events);
  if (directory.patients > 0 && events > 0) --directory.patients;
  if (directory.runs.empty()) batch.erase(Table::postings, stored::directory_key(code));
  else batch.put(Table::postings, stored::directory_key(code), stored::encode(directory));
  batch.put(Table::meta, Bytes(shard_state_key),
            encode(state));  // the run numbers are taken, even if the erasure is cut off here
  return shard.tables->write(batch, true);
}

Result<void> erase_from_log(Shard& shard, std::uint32_t number, PatientRef patient, std::uint64_t token) {
  Batch batch;
  Pinned bytes;
  for (std::uint64_t commit = shard.log_first(); commit <= shard.last_commit(); ++commit) {
    if (!TRY(shard.tables()->get(Table::changes, stored::change_key(commit), nullptr, bytes)))
      return corrupt("changes: shard " + std::to_string(number) + ", commit " + std::to_string(commit) + " is absent");
    record::Arena room;
    const stored::ChangeRecord record = TRY(stored::decode_record(bytes.bytes(), room));
    std::vector<Bytes> changes;
    bool marked = false;
    for (const stored::Change& change : record.changes) {
      if (!concerns(change, number, patient)) {
        stored::encode(change, changes.emplace_back());
      } else if (number == patient.shard && !marked) {
        stored::encode(stored::Erase{patient.id, token}, changes.emplace_back());
        marked = true;
      }
    }
    const bool concerned = marked || changes.size() != record.changes.size();
    if (!concerned) continue;
    batch.put(Table::changes, stored::change_key(commit), stored::encode_record(commit, record.recorded, changes));
    if (batch.bytes() < log_batch_bytes_max) continue;
    TRY(shard.tables()->write(batch, true));
    batch.clear();
  }
  return batch.empty() ? Result<void>() : shard.tables()->write(batch, true);
}

Result<void> erase_rows(const ShardMoment& shard, PatientId patient, Batch& batch, ErasureReport& report) {
  // By name first: a scan may end early. Then whatever else stands under the patient.
  std::set<std::pair<Table, Bytes>> keys;
  const stored::Head head = TRY(read_head(shard, patient));
  for (const stored::RunRef& ref : head.runs) {
    keys.emplace(Table::timeline, stored::run_key(patient, ref.first, ref.run));
    keys.emplace(Table::details, stored::details_key(patient, ref.run));
  }
  for (const stored::RunRef& ref : head.history)
    for (const bool details : {false, true})
      keys.emplace(Table::history, stored::history_key(patient, ref.run, details));
  keys.emplace(Table::timeline, stored::head_key(patient));
  const Bytes from = stored::head_key(patient), past = patient == UINT32_MAX ? Bytes() : stored::head_key(patient + 1);
  for (const Table table : {Table::timeline, Table::details, Table::history, Table::originals})
    TRY(shard.tables->scan(table, from, past, nullptr, [&](BytesView key, BytesView) {
      keys.emplace(table, Bytes(key));
      return true;
    }));
  Pinned value;
  for (std::uint32_t number = 1; number <= head.last_number; ++number)  // originals are named by numbers alone
    if (TRY(shard.tables->get(Table::originals, stored::original_key(patient, number), nullptr, value)))
      keys.emplace(Table::originals, stored::original_key(patient, number));
  for (const auto& [table, key] : keys) {
    report.originals += table == Table::originals;
    batch.erase(table, key);
  }
  const std::uint32_t block = stored::block_of(patient);
  if (TRY(shard.tables->get(Table::meta, demographics_key(block), nullptr, value))) {
    DemographicsPage page = TRY(decode_demographics(value.bytes()));
    page.set(patient % stored::block_patients, {});
    batch.put(Table::meta, demographics_key(block), encode(page));
  }
  return {};
}

}  // namespace chartline::engine
