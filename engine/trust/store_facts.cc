#include "engine/trust/store_facts.h"

#include <algorithm>

#include "engine/identity.h"
#include "engine/moment.h"

namespace chartline::engine {
namespace {

constexpr std::size_t organisations_kept_max = 64;

void sort_once(std::vector<PatientRef>& patients) {
  std::ranges::sort(patients);
  patients.erase(std::unique(patients.begin(), patients.end()), patients.end());
}

template <typename Each>
Result<void> of_everyone(const View& view, const Each& each) {
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (std::uint32_t id = 0; id < view.patients(shard); ++id) TRY(each(PatientRef{shard, id}));
  }
  return {};
}

void add_person(const View& view, PatientRef patient, std::vector<PatientRef>& to) {
  const std::vector<PatientRef> person = view.linked(patient);
  to.insert(to.end(), person.begin(), person.end());
}

}  // namespace

template <typename Find>
Result<StoreFacts::Patients> StoreFacts::kept(Kept& kept, const View& view, const std::vector<std::uint64_t>& position,
                                              const Find& find) {
  const std::shared_ptr<const Identity> store = view.parts().identity;
  if (kept.patients && kept.position == position && kept.store.lock() == store) return kept.patients;
  auto found = std::make_shared<std::vector<PatientRef>>();
  TRY(find(*found));
  sort_once(*found);
  kept = {.store = store, .position = position, .patients = found};
  return kept.patients;
}

Result<StoreFacts::Patients> StoreFacts::opted_out(const View& view, const OptOuts& opt_outs) {
  const std::lock_guard lock(mutex_);
  // Only a new identifier, a link or an erasure makes another answer.
  std::vector<std::uint64_t> position = {view.parts().identity->position()};
  return kept(opted_out_, view, position, [&](std::vector<PatientRef>& found) {
    record::Arena room;
    return of_everyone(view, [&](PatientRef patient) -> Result<void> {
      room.clear();
      const auto identifiers = TRY(view.identifiers(patient, room));
      const bool out = std::ranges::any_of(identifiers, [&](const record::Identifier& one) {
        return one.system == opt_outs.system() && opt_outs.contains(one.value);
      });
      if (out) add_person(view, patient, found);
      return {};
    });
  });
}

Result<StoreFacts::Patients> StoreFacts::seen_by(const View& view, const std::string& organisation, std::uint32_t kinds,
                                                 Day from, Day to) {
  const std::lock_guard lock(mutex_);
  if (seen_by_.size() >= organisations_kept_max) seen_by_.clear();
  return kept(seen_by_[{organisation, kinds, from, to}], view, view.position(), [&](std::vector<PatientRef>& found) {
    const TimelineFilter filter{
        .from = from, .to = to, .kinds = kinds, .sources = {{.organisation = organisation}}, .limit = 1};
    Timeline any;
    return of_everyone(view, [&](PatientRef patient) -> Result<void> {
      TRY(view.own_timeline(patient, filter, stored::field_time, any));
      if (!any.empty()) add_person(view, patient, found);
      return {};
    });
  });
}

}  // namespace chartline::engine
