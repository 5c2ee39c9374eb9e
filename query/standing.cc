// 1. read    the feed from the position up to `now`: who changed, and when first
// 2. join    those who were one person with somebody who changed
// 3. look    at each before that moment, and now
#include "query/standing.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/trust/grant.h"
#include "query/finder.h"
#include "query/pass.h"
#include "query/reference/finder.h"
#include "query/saved_cohorts.h"
#include "query/token.h"

namespace chartline::query {
namespace {

using engine::FeedEntry;
using engine::PatientRef;
using engine::View;
using Position = std::vector<std::uint64_t>;

constexpr std::size_t commits_at_once = 256;

// When each patient's record changed first.
Result<std::map<PatientRef, Micros>> changed_since(engine::Store& store, Position at, const Position& end,
                                                   Limits& limits) {
  std::map<PatientRef, Micros> first;
  // Entries are in the order of each shard, and a link stands in one of two.
  const auto note = [&](PatientRef patient, Micros recorded) {
    const auto [at_first, is_new] = first.try_emplace(patient, recorded);
    if (!is_new) at_first->second = std::min(at_first->second, recorded);
  };
  while (true) {
    TRY(limits.check());
    record::Arena room;
    bool moved = false;
    for (const FeedEntry& entry : TRY(store.changes(at, commits_at_once, room))) {
      if (entry.commit > end[entry.shard]) continue;
      moved |= entry.commit > at[entry.shard];
      at[entry.shard] = std::max(at[entry.shard], entry.commit);
      note(entry.patient, entry.recorded);
      const bool two = entry.what == FeedEntry::What::link || entry.what == FeedEntry::What::unlink;
      if (two) note(entry.other, entry.recorded);
    }
    if (!moved) return first;
  }
}

// Of one moment.
class Membership final : private Outlet {
 public:
  static Result<Membership> of(const View& view, const Program& program, const typed::Node& statement) {
    return Membership(TRY(reference_executors(view, program, {&statement}).make()));
  }
  Result<bool> holds(PatientRef patient, Limits& limits) {
    Findings found;
    given_ = false;
    TRY(finder_->find({patient.shard, patient.id, patient.id + 1}, limits, *this, {&found, 1}));
    return given_ || !found.rows.empty();
  }

 private:
  explicit Membership(std::unique_ptr<Finder> finder) : finder_(std::move(finder)) {}
  Result<void> give(std::span<Findings> found) override {
    given_ |= !found[0].rows.empty();
    found[0].rows.clear();
    return {};
  }
  std::unique_ptr<Finder> finder_;
  bool given_ = false;
};

Result<void> write_name(const View& view, CohortChange& of) {
  record::Arena room;
  for (const PatientRef one : view.linked(of.patient)) {
    const auto identifiers = TRY(view.identifiers(one, room));
    if (identifiers.empty() || (!of.name.empty() && of.name <= identifiers.front().value)) continue;
    of.system = identifiers.front().system, of.name = identifiers.front().value;
  }
  return {};
}

}  // namespace

Result<CohortChanges> cohort_changes(engine::Store& store, const View& now, const std::string& cohort,
                                     const Position& since, const RunOptions& options) {
  if (now.grant()) TRY(now.grant()->require(engine::Right::rows));
  if (now.grant() && !now.grant()->identifiable) return unsupported("changes of a cohort in a de-identified view");
  if (!is_word(cohort) || !TRY(saved_cohort_text(store, cohort)))
    return not_found("the store keeps no cohort of this name");
  CohortChanges told{.changes = {}, .position = now.position()};
  if (since.size() != told.position.size()) return invalid_request("a position has a commit for each shard");
  const Prepared prepared = TRY(prepare(store, "list in " + cohort, {}));
  if (!prepared.program)
    return invalid_request("the cohort can no longer be understood: ask for it by a query, which says why");
  const typed::Node& statement = *prepared.program->query.statements.back();

  Limits limits(options);
  const auto changed = TRY(changed_since(store, since, told.position, limits));
  std::map<Micros, std::set<PatientRef>> in_time;  // by the moment before which they are looked at
  for (const auto& [patient, at] : changed)
    if (now.sees(patient)) in_time[at].insert(patient);
  std::set<PatientRef> done;
  Membership present = TRY(Membership::of(now, *prepared.program, statement));
  for (const auto& [at, changed_then] : in_time) {
    const View whole = store.view_as_of(at - 1);
    const View before = now.grant() ? whole.narrowed(now.shared_grant()) : whole;
    // A person changes with each of their records. Who became one person with them since has changed too.
    std::set<PatientRef> patients;
    for (const PatientRef patient : changed_then)
      for (const PatientRef one : before.linked(patient))
        if (now.sees(one) && done.insert(one).second) patients.insert(one);
    Membership past = TRY(Membership::of(before, *prepared.program, statement));
    for (const PatientRef patient : patients) {
      TRY(limits.check());
      const bool was = before.sees(patient) && TRY(past.holds(patient, limits)), is = TRY(present.holds(patient, limits));
      if (was == is) continue;
      CohortChange& change =
          told.changes.emplace_back(CohortChange{.patient = patient, .system = {}, .name = {}, .entered = is});
      TRY(write_name(is ? now : before, change));
    }
  }
  std::ranges::sort(told.changes, {}, &CohortChange::patient);
  return told;
}

}  // namespace chartline::query
