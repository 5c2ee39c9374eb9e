// The content hash: a sum over patients, each hashed with who they are (identifiers) and the sum of what is said of them, and
// a sum over persons of several patients. Sums do not depend on order, so neither shards nor the way in can show.
#include <algorithm>

#include "engine/content.h"
#include "engine/maintenance.h"
#include "engine/patient_rows.h"
#include "engine/store_parts.h"

namespace chartline::engine {
namespace {

constexpr std::uint32_t patients_per_report = 4096;

struct PatientSums {
  std::uint64_t events = 0, past_events = 0;
  Hash128 content, past_content;
};

// The head's sums, or those of the rows where the delta has more to say.
Result<PatientSums> sums_of(const ShardMoment& shard, PatientId patient) {
  std::vector<const DeltaPut*> puts;
  for (const auto& segment : shard.segments) segment->of_patient(patient, shard.commit, puts);
  const bool unfolded =
      std::any_of(puts.begin(), puts.end(), [&](const DeltaPut* put) { return put->commit > shard.base->watermark; });
  if (!unfolded) {
    const stored::Head head = TRY(read_head(shard, patient));
    return PatientSums{head.events, head.past_events, head.content, head.past_content};
  }
  PatientSums sums;
  const PatientRows now = TRY(read_rows(shard, patient));
  for (const stored::Row& row : now.rows) ++sums.events, sums.content += content_hash(row, *shard.dictionary);
  const PastRows past = TRY(read_past_rows(shard, patient));
  for (const stored::Row& row : past.rows)
    ++sums.past_events, sums.past_content += content_hash(row, *shard.dictionary);
  return sums;
}

// Who a patient is: their identifiers, in no particular order.
Result<Hash128> identity_hash(const Identity& identity, PatientRef patient) {
  record::Arena arena;
  Hash128 sum;
  for (const record::Identifier& identifier : TRY(identity.identifiers(patient, arena))) {
    Bytes text;
    Writer w(text);
    w.text(identifier.system), w.text(identifier.value);
    sum += hash128(text);
  }
  return sum;
}

void add(Writer& w, const Hash128& hash) { w.u64(hash.low), w.u64(hash.high); }

}  // namespace

Result<Hash128> content_hash(Store& store, bool history, const Progressed& progress) {
  const View view = store.view();
  const ViewParts& moment = view.parts();
  std::uint64_t done = 0, of = 0;
  for (const ShardMoment& shard : moment.shards) of += shard.patients;
  Hash128 total;
  for (const ShardMoment& shard : moment.shards) {
    for (PatientId patient = 0; patient < shard.patients; ++patient) {
      if (progress && done++ % patients_per_report == 0 && !progress(done, of)) return unavailable("cancelled");
      const PatientSums sums = TRY(sums_of(shard, patient));
      if (sums.events + (history ? sums.past_events : 0) == 0) continue;
      Bytes bytes;
      Writer w(bytes);
      add(w, TRY(identity_hash(*moment.identity, {shard.shard, patient})));
      w.u64(sums.events), add(w, sums.content);
      if (history) w.u64(sums.past_events), add(w, sums.past_content);
      total += hash128(bytes);
    }
  }
  for (const auto& person : moment.identity->persons(moment.links_as_of)) {
    Bytes bytes = "person";
    Writer w(bytes);
    Hash128 members;
    for (const PatientRef& patient : person) members += TRY(identity_hash(*moment.identity, patient));
    add(w, members);
    total += hash128(bytes);
  }
  return total;
}

}  // namespace chartline::engine
