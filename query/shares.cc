#include "query/shares.h"

#include <utility>

namespace chartline::query {

using typed::Op;

namespace {

// One person's findings: a share of each group they are in.
void share(Findings&& one, Findings& into) {
  Findings::Brought brought;
  for (const auto& [key, figures] : one.counts) brought[key][0] += figures[0];
  for (const Findings::FollowUp& row : one.follow_ups) {
    auto& [people, events, days] = brought[row.group];
    people = 1;
    if (row.happened) events += row.rows;
    days += row.days * row.rows;
  }
  if (!brought.empty()) into.add_person(std::move(brought));
}

// Of one person everything is wanted together.
class Kept final : public Outlet {
 public:
  Result<void> give(std::span<Findings>) override { return {}; }
};

class SharingFinder final : public Finder {
 public:
  SharingFinder(std::unique_ptr<Finder> finder, std::vector<const typed::Node*> statements)
      : finder_(std::move(finder)), statements_(std::move(statements)) {}

  Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) override {
    Kept kept;
    for (std::uint32_t id = range.first; id < range.past; ++id) {
      TRY(outlet.give(into));
      std::vector<Findings> one(statements_.size());
      TRY(finder_->find({range.shard, id, id + 1}, stop, kept, one));
      for (std::size_t i = 0; i < one.size(); ++i) {
        if (needs_shares(*statements_[i])) {
          share(std::move(one[i]), into[i]);
        } else {
          into[i].merge(std::move(one[i]));
        }
      }
    }
    return {};
  }

 private:
  std::unique_ptr<Finder> finder_;
  std::vector<const typed::Node*> statements_;
};

}  // namespace

bool needs_shares(const typed::Node& statement) {
  switch (statement.op) {
    case Op::tally:
    case Op::incidence: return true;
    case Op::count_patients: {
      const auto* cohort = std::get_if<typed::Named>(&statement.parts[0]->data);
      return statement.parts[0]->op == Op::in_cohort && cohort && cohort->slot && !statement.parts[1]->parts.empty();
    }
    default: return false;
  }
}

Executors with_shares(Executors executors, std::vector<const typed::Node*> statements) {
  executors.make = [make = std::move(executors.make),
                    statements = std::move(statements)]() -> Result<std::unique_ptr<Finder>> {
    return std::unique_ptr<Finder>(std::make_unique<SharingFinder>(TRY(make()), statements));
  };
  return executors;
}

}  // namespace chartline::query
