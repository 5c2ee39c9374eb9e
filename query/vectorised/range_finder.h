// What finders over columns have in common: the question, whom columns do not speak for, and asking the reference about them.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/view.h"
#include "query/finder.h"
#include "query/person.h"
#include "query/reference/statements.h"
#include "query/vectorised/actuals.h"
#include "query/vectorised/plan.h"

namespace chartline::query::vectorised {

// Patients whom no block speaks for, left to the reference: those linked to another, whose rows stand in several blocks, those
// of whom a grant shows a part, and those who hold facts of no person. As of an instant, those who have changed since, too.
using Apart = std::vector<engine::PatientRef>;  // sorted

// What is asked of one View: plans, and what the View adds to them. Shared by all threads of a pass.
struct Question {
  const engine::View view;  // of the present
  const engine::View then;  // what is asked about: the same, or that of an instant
  const Program& program;
  const std::shared_ptr<const Plans> plans;
  std::vector<Inquiry> inquiries;
  const Apart apart;
  Order order{};
  std::vector<std::vector<std::vector<engine::Name>>> names{};  // of the codes of each leaf in each shard
  LeafSets needed{};                                            // empty: everyone is looked at
  Hold hold = Hold::whole_runs;
  std::uint32_t range_patients = block_patients;
  // Where it is counted without regard to patients: each range takes a share of the codes, of everyone. Of each shard where they
  // begin, and the end; empty: that is not so.
  std::vector<std::vector<engine::Name>> shares{};
  const std::shared_ptr<Actuals> actuals;  // null: nobody asks for them
};

class RangeFinder : public Finder {
 protected:
  explicit RangeFinder(std::shared_ptr<const Question> question)
      : question_(std::move(question)),
        view_(question_->view),
        program_(question_->program),
        plans_(question_->plans->each),
        leaves_(question_->plans->rehearsed.leaves.all),
        actuals_(question_->actuals.get()) {}

  LeafRange leaf_range(std::size_t leaf, const PatientRange& range) const {
    return {.view = view_,
            .leaf = leaves_[leaf],
            .names = leaves_[leaf].codes->any ? std::span<const engine::Name>() : question_->names[leaf][range.shard],
            .shard = range.shard,
            .first_block = range.first / block_patients,
            .last_block = (range.past - 1) / block_patients};
  }

  // The share of the codes that a range takes, of everyone.
  LeafRange share_of_codes(std::size_t leaf, const PatientRange& range) const {
    LeafRange of = leaf_range(leaf, range);
    const std::vector<engine::Name>& begins = question_->shares[range.shard];
    const std::uint32_t at = range.first / question_->range_patients;
    of.first_code = begins[at], of.past_code = begins[at + 1];
    of.first_block = 0, of.last_block = (view_.patients(range.shard) - 1) / block_patients;
    return of;
  }

  bool is_past() const { return question_->then.as_of() != INT64_MAX; }
  // Before anything else of a range.
  Result<void> know_changed(const PatientRange& range);
  template <typename Note>
  void each_apart(std::uint32_t shard, PatientId first, PatientId past, const Note& note) const {
    const Apart& apart = is_past() ? apart_then_ : question_->apart;
    for (auto one = std::ranges::lower_bound(apart, engine::PatientRef{shard, first});
         one != apart.end() && one->shard == shard && one->id < past; ++one)
      note(one->id);
  }

  // Asks the reference about a patient, for those statements of which `wants` says so by their number.
  template <typename Wants>
  Result<void> ask_about(engine::PatientRef patient, Stop& stop, Outlet& outlet, std::span<Findings> into,
                         const Wants& wants) {
    TRY(stop.check());
    TRY(outlet.give(into));
    if (!reference_) reference_ = std::make_unique<Reference>(*question_);
    auto& [reader, person, interview] = *reference_;
    if (!TRY(reader.read(patient, person))) return {};
    if (actuals_) ++actuals_->asked;
    interview.heed(&stop);
    interview.start(person);
    for (std::size_t i = 0; i < plans_.size(); ++i)
      if (wants(i)) question_->inquiries[i].ask(interview, into[i]);
    interview.heed(nullptr);
    return {};
  }

  // The time since the watch was last looked at.
  using Watch = std::chrono::steady_clock::time_point;
  void note(std::atomic<std::uint64_t> Actuals::*spent, Watch& since) const {
    if (!actuals_) return;
    const Watch now = std::chrono::steady_clock::now();
    (*actuals_).*spent +=
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - since).count());
    since = now;
  }
  Watch started() const { return actuals_ ? std::chrono::steady_clock::now() : Watch(); }

  const std::shared_ptr<const Question> question_;
  const engine::View& view_;
  const Program& program_;
  const std::vector<Plan>& plans_;
  const std::vector<Leaf>& leaves_;
  Actuals* const actuals_;

 private:
  struct Reference {
    explicit Reference(const Question& of) : reader(of.then, wanted(of)), interview(of.program) {}
    static Wanted wanted(const Question& of) {
      std::vector<const typed::Node*> statements;
      for (const Plan& plan : of.plans->each) statements.push_back(plan.statement);
      return wanted_by(statements, of.program);
    }
    PersonReader reader;
    Person person{};
    Interview interview;
  };
  Apart apart_then_{};                      // of the range at hand, as of an instant
  std::unique_ptr<Reference> reference_{};  // once it is asked
};

}  // namespace chartline::query::vectorised
