// A range of blocks:
//
//   1. open      each leaf once: its runs of postings are decoded for the whole range
//   2. evaluate  block by block: every statement over columns; each notes whom the reference must be asked about
//   3. give      what columns say of all others; what the reference says of those
#include "query/vectorised/finder.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "query/person.h"
#include "query/reference/statements.h"
#include "query/vectorised/gather.h"
#include "query/vectorised/presence.h"

namespace chartline::query {
namespace vectorised {
namespace {

// Patients whom no block speaks for, left to the reference: those linked to another, whose rows stand in several blocks, those
// of whom a grant shows a part, and those who hold facts of no person.
using Apart = std::vector<engine::PatientRef>;  // sorted

Result<Apart> apart_from_blocks(const engine::View& view) {
  Apart all = TRY(view.nobody());
  for (const auto& person : view.persons()) all.insert(all.end(), person.begin(), person.end());
  for (const engine::PatientRef patient : view.seen_in_part()) all.push_back(patient);
  std::ranges::sort(all);
  return all;
}

class VectorisedFinder final : public Finder {
 public:
  VectorisedFinder(const engine::View& view, const Program& program, std::vector<Plan> plans,
                   std::vector<Inquiry> inquiries, Apart apart, std::shared_ptr<Actuals> actuals)
      : view_(view),
        program_(program),
        plans_(std::move(plans)),
        inquiries_(std::move(inquiries)),
        apart_(std::move(apart)),
        actuals_(std::move(actuals)),
        statistics_(view, program),
        evaluation_(program, view, leaves_),
        gathered_(plans_.size()),
        asked_(plans_.size()),
        reader_(view),
        interview_(program) {
    evaluation_.order_by(statistics_);
  }

  Result<void> prepare() {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const Plan& plan = plans_[i];
      check(!rehearse(plan, program_, evaluation_), "a plan can be walked");
      intervals_.emplace_back();
      if (plan.statement->op == Op::measure) intervals_.back() = TRY(intervals_of(*plan.statement, program_));
    }
    events_.resize(leaves_.all.size());
    streams_ = leaves_.all.size() == 1 && is_loose(leaves_.all.front()) &&
               std::ranges::all_of(
                   plans_, [](const Plan& plan) { return plan.way == Way::columns && plan.statement->op == Op::tally; });
    return {};
  }

  Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) override {
    const std::uint32_t first = range.first / block_patients, last = (range.past - 1) / block_patients;
    if (streams_) return find_streaming(range, first, last, stop, outlet, into);
    Watch watch = started();
    readers_.resize(leaves_.all.size());
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      TRY(readers_[i].open(view_, leaves_.all[i], range.shard, first, last, stop));
    }
    note(&Actuals::read_us, watch);
    interview_.heed(&stop);
    evaluation_.heed(&stop);
    for (std::uint32_t block = first; block <= last; ++block) {
      TRY(stop.check());
      if (sees_block(range, block)) TRY(find_block(range, block, stop, outlet, into));
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (plans_[i].way == Way::columns) gathered_[i].give(evaluation_, into[i]);
    }
    evaluation_.forget_numbers();
    note_read();
    interview_.heed(nullptr);
    evaluation_.heed(nullptr);
    return stop.check();
  }

 private:
  using Op = typed::Op;

  // Events of all codes that only add up are counted as they come, before any patient's are complete. Who turns out to be
  // odd may have been counted by then: so all is counted anew, if there is anyone.
  Result<void> find_streaming(const PatientRange& range, std::uint32_t first, std::uint32_t last, Stop& stop,
                              Outlet& outlet, std::span<Findings> into) {
    readers_.resize(1);
    std::vector<Odd> odd(last - first + 1);
    for (std::uint32_t block = first; block <= last; ++block) note_linked(range.shard, block, odd[block - first]);
    std::vector<std::optional<engine::BlockDemographics>> who(odd.size());
    for (std::uint32_t block = first; evaluation_.asks_demographics() && block <= last; ++block)
      who[block - first] = TRY(view_.demographics(range.shard, block));
    std::size_t odd_before = 0, odd_now = 0;
    const auto count_odd = [&] {
      odd_before = odd_now, odd_now = 0;
      for (const Odd& some : odd) odd_now += some.count();
    };
    const LeafReader::Full count = [&](std::uint32_t block, Events& events, const Odd& more) -> Result<void> {
      Odd& of_block = odd[block - first];
      of_block |= more;
      if (actuals_) actuals_->of_leaf.front().events += events.size();
      std::swap(events, events_.front());
      const auto& known = who[block - first];
      evaluation_.start({.shard = range.shard,
                         .number = block,
                         .patients = patients_of(range, block),
                         .leaves = &events_,
                         .who = known ? &*known : nullptr,
                         .odd = &of_block});
      for (std::size_t i = 0; i < plans_.size(); ++i) {
        TRY(gathered_[i].evaluate(*plans_[i].statement, program_, intervals_[i], evaluation_, of_block, stop));
      }
      for (Gathered& one : gathered_) TRY(one.count(~of_block, evaluation_, stop));
      std::swap(events, events_.front());
      return {};
    };
    count_odd();
    Watch watch = started();
    do {
      for (Gathered& one : gathered_) one.forget();
      TRY(readers_.front().stream(view_, leaves_.all.front(), range.shard, first, last, stop, count));
      count_odd();
    } while (odd_now != odd_before);
    note(&Actuals::evaluate_us, watch);
    note_read();
    if (actuals_) actuals_->odd += odd_now;
    for (std::size_t i = 0; i < plans_.size(); ++i) gathered_[i].give(evaluation_, into[i]);
    evaluation_.forget_numbers();
    for (Odd& some : asked_) some.reset();
    interview_.heed(&stop);
    for (std::uint32_t block = first; block <= last; ++block)
      TRY(ask(range.shard, block * block_patients, patients_of(range, block), odd[block - first], stop, outlet, into));
    interview_.heed(nullptr);
    return stop.check();
  }

  bool sees_block(const PatientRange& range, std::uint32_t block) const {
    const std::uint32_t first = block * block_patients;
    return view_.seen(range.shard, first, first + patients_of(range, block)) > 0;
  }

  static std::uint32_t patients_of(const PatientRange& range, std::uint32_t block) {
    return std::min(range.past - block * block_patients, block_patients);
  }

  void note_linked(std::uint32_t shard, std::uint32_t block, Odd& odd) const {
    const stored::PatientId base = block * block_patients;
    const auto begin = std::ranges::lower_bound(apart_, engine::PatientRef{shard, base});
    for (auto one = begin; one != apart_.end() && one->shard == shard && one->id < base + block_patients; ++one)
      odd.set(one->id - base);
  }

  Result<void> find_block(const PatientRange& range, std::uint32_t block, Stop& stop, Outlet& outlet,
                          std::span<Findings> into) {
    const stored::PatientId base = block * block_patients;
    const std::uint32_t patients = patients_of(range, block);
    Watch watch = started();
    Odd odd;
    for (std::size_t i = 0; i < readers_.size(); ++i) readers_[i].read(block, events_[i], odd);
    note_linked(range.shard, block, odd);
    note(&Actuals::read_us, watch);
    std::optional<engine::BlockDemographics> who;
    if (evaluation_.asks_demographics()) who = TRY(view_.demographics(range.shard, block));
    evaluation_.start({.shard = range.shard,
                       .number = block,
                       .patients = patients,
                       .leaves = &events_,
                       .who = who ? &*who : nullptr,
                       .odd = &odd});
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      asked_[i].reset();
      if (plans_[i].way == Way::columns) {
        TRY(gathered_[i].evaluate(*plans_[i].statement, program_, intervals_[i], evaluation_, odd, stop));
      } else if (plans_[i].way == Way::candidates) {
        const Frame& all = evaluation_.everyone();
        const Truths met = evaluation_.truth(*plans_[i].candidates, all);
        for (std::uint32_t place = 0; place < patients; ++place) {
          if (met[place] == Truth::yes) asked_[i].set(place);
        }
      } else {
        asked_[i].set();
      }
      if (view_.grant()) asked_[i] &= view_.seen(range.shard, block);
    }
    TRY(stop.check());  // else what was evaluated may mean nothing
    TRY(count(range.shard, block, odd, stop));
    note(&Actuals::evaluate_us, watch);
    if (actuals_) {
      for (std::size_t i = 0; i < events_.size(); ++i) actuals_->of_leaf[i].events += events_[i].size();
      for (const Odd& some : asked_) actuals_->met += some.count();
      actuals_->odd += odd.count();
    }
    return ask(range.shard, base, patients, odd, stop, outlet, into);
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
  void note_read() {
    if (!actuals_) return;
    for (std::size_t i = 0; i < readers_.size(); ++i) actuals_->of_leaf[i].postings += readers_[i].postings();
    actuals_->incomparable += evaluation_.incomparable() - incomparable_;
    incomparable_ = evaluation_.incomparable();
  }

  // What was found of those without any event here counts only if they are somebody.
  Result<void> count(std::uint32_t shard, std::uint32_t block, const Odd& odd, Stop& stop) {
    Odd found, seen, counted = ~odd;
    if (view_.grant()) counted &= view_.seen(shard, block);
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (plans_[i].way != Way::columns || gathered_[i].is_of_events()) continue;
      found |= gathered_[i].found();
    }
    found &= counted;
    for (const Events& events : events_) {
      if (found.none()) break;
      for (const Place place : events.place) seen.set(place);
    }
    const Odd unseen = found & ~seen;
    if (unseen.any()) counted &= ~unseen | TRY(present(view_, shard, block, unseen));
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (plans_[i].way == Way::columns) TRY(gathered_[i].count(counted, evaluation_, stop));
    }
    return {};
  }

  Result<void> ask(std::uint32_t shard, stored::PatientId base, std::uint32_t patients, const Odd& odd, Stop& stop,
                   Outlet& outlet, std::span<Findings> into) {
    Watch watch = started();
    Odd anyone = odd;
    for (const Odd& some : asked_) anyone |= some;
    if (anyone.none()) return {};
    for (std::uint32_t place = 0; place < patients; ++place) {
      if (!anyone[place]) continue;
      TRY(stop.check());
      TRY(outlet.give(into));
      if (!TRY(reader_.read({shard, base + place}, person_))) continue;
      if (actuals_) ++actuals_->asked;
      interview_.start(person_);
      for (std::size_t i = 0; i < plans_.size(); ++i) {
        if (odd[place] || asked_[i][place]) inquiries_[i].ask(interview_, into[i]);
      }
    }
    note(&Actuals::reference_us, watch);
    return {};
  }

  const engine::View view_;
  const Program& program_;
  const std::vector<Plan> plans_;
  const std::vector<Inquiry> inquiries_;
  const Apart apart_;
  const std::shared_ptr<Actuals> actuals_;  // null: nobody asks for them
  Statistics statistics_;
  Leaves leaves_;
  Evaluation evaluation_;
  std::vector<std::vector<MeasureInterval>> intervals_;
  std::uint64_t incomparable_ = 0;
  bool streams_ = false;  // tallies of all codes and nothing else
  std::vector<LeafReader> readers_;
  std::vector<Events> events_;  // of the leaves, of one block
  std::vector<Gathered> gathered_;
  std::vector<Odd> asked_;
  PersonReader reader_;
  Person person_;
  Interview interview_;
};

// Some ranges for each thread, so that none waits long for the last; not so many that a rare code is read over and over.
// Where all codes are read, one range for each thread: runs of postings reach far, and those of all codes are not kept. Where
// the events of a patient are wanted together, all runs of a range are held at once: then as many blocks as there is room for.
std::uint32_t range_blocks(const engine::View& view, unsigned threads, const std::vector<Leaf>& leaves,
                           Statistics& statistics) {
  constexpr std::uint32_t blocks_max = 64;
  constexpr double held_bytes_max = 192 << 20, posting_bytes = 24;  // decoded, about
  const bool all_codes = std::ranges::any_of(leaves, [](const Leaf& leaf) { return leaf.codes->any; });
  std::uint32_t blocks = 0;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
    blocks += (view.patients(shard) + block_patients - 1) / block_patients;
  double held_bytes = 0;
  for (const Leaf& leaf : leaves)
    if (leaf.codes->any && !is_loose(leaf)) held_bytes += posting_bytes * statistics.of(*leaf.codes).events;
  const double room = held_bytes > 0 ? held_bytes_max / held_bytes * blocks : blocks_max;
  const std::uint32_t ranges = std::max(1u, threads) * (all_codes ? 1 : 4);
  const std::uint32_t fair = blocks == 0 ? 1 : (blocks + ranges - 1) / ranges;
  return std::clamp(std::min(fair, static_cast<std::uint32_t>(std::min<double>(room, blocks_max))), 1u, blocks_max);
}

}  // namespace

}  // namespace vectorised

bool is_vectorised(const typed::Node& statement, const Program& program, const engine::View& view) {
  return vectorised::plan(statement, program, view).way != vectorised::Way::everyone;
}

Executors vectorised_executors(const engine::View& view, const Program& program,
                               std::vector<const typed::Node*> statements, unsigned threads,
                               std::shared_ptr<vectorised::Actuals> actuals) {
  using namespace vectorised;
  std::vector<Plan> plans;
  for (const typed::Node* statement : statements) plans.push_back(vectorised::plan(*statement, program, view));
  Leaves leaves;
  Evaluation evaluation(program, view, leaves);
  for (const Plan& one : plans) (void)rehearse(one, program, evaluation);
  Statistics statistics(view, program);
  const std::uint32_t range_patients = range_blocks(view, threads, leaves.all, statistics) * block_patients;
  return {.range_patients = range_patients,
          .first_patients = gives_rows(*statements.front()) ? block_patients : range_patients,
          .make = [view, &program, plans = std::move(plans),
                   actuals = std::move(actuals)]() -> Result<std::unique_ptr<Finder>> {
            std::vector<Inquiry> inquiries;
            for (const Plan& one : plans) inquiries.push_back(TRY(Inquiry::make(*one.statement, program)));
            auto finder = std::make_unique<VectorisedFinder>(view, program, plans, std::move(inquiries),
                                                             TRY(apart_from_blocks(view)), actuals);
            TRY(finder->prepare());
            return std::unique_ptr<Finder>(std::move(finder));
          }};
}

}  // namespace chartline::query
