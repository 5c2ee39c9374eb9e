// A range of blocks:
//
//   1. open      each leaf once: its runs of postings are decoded for the whole range
//   2. choose    who can be found at all: whoever has an event that every statement needs; or everyone
//   3. evaluate  batch by batch of them: every statement over columns; each notes whom the reference must be asked about
//   4. give      what columns say of all others; what the reference says of those
//
// As of an instant, columns are those of the present: they speak for whoever has not changed since, and the reference for the others.
#include "query/vectorised/finder.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "query/vectorised/gather.h"
#include "query/vectorised/leaf_totals.h"
#include "query/vectorised/listed.h"
#include "query/vectorised/presence.h"
#include "query/vectorised/range_finder.h"
#include "query/vectorised/whoever_finder.h"

namespace chartline::query {
namespace vectorised {
namespace {

Result<Apart> apart_from_blocks(const engine::View& view) {
  Apart all = TRY(view.nobody());
  for (const auto& person : view.persons()) all.insert(all.end(), person.begin(), person.end());
  for (const engine::PatientRef patient : view.seen_in_part()) all.push_back(patient);
  std::ranges::sort(all);
  return all;
}

class VectorisedFinder final : public RangeFinder {
 public:
  explicit VectorisedFinder(std::shared_ptr<const Question> question)
      : RangeFinder(std::move(question)),
        needed_(question_->needed),
        evaluation_(program_, question_->plans->rehearsed, view_, question_->order),
        events_(leaves_.size()),
        gathered_(plans_.size()),
        asked_(plans_.size()),
        listed_(plans_.size()) {
    for (std::size_t i = 0; i < plans_.size(); ++i)
      if (plans_[i].way == Way::columns && gives_rows(*plans_[i].statement))
        listed_[i].emplace(*plans_[i].statement, program_);
    lists_ = std::ranges::any_of(listed_, [](const auto& list) { return list.has_value(); });
    streams_ = leaves_.size() == 1 && adds_up(leaves_.front()) &&
               std::ranges::all_of(plans_, [this](const Plan& plan) { return is_of_events(plan); });
    asks_some_early_ = gives_rows(*plans_.front().statement) && std::ranges::any_of(leaves_, is_loose) &&
                       std::ranges::all_of(plans_, [](const Plan& plan) {
                         return plan.way == Way::candidates || gives_rows(*plan.statement);
                       });
    if (leaves_.size() != 1 || plans_.size() != 1 || plans_.front().way != Way::columns) return;
    if (streams_) totals_ = LeafTotals::of(*plans_.front().statement, program_, leaves_.front());
    if (totals_ && !is_whole_leaf(totals_->events())) totals_.reset();
  }

  Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) override {
    const std::uint32_t first = range.first / block_patients, last = (range.past - 1) / block_patients;
    TRY(know_changed(range));
    if (streams_) return find_streaming(range, first, last, stop, outlet, into);
    early_.reset();
    if (asks_some_early_ && range.shard == 0 && range.first == 0) TRY(ask_some_early(range, stop, outlet, into));
    Watch watch = started();
    readers_.resize(leaves_.size());
    for (std::size_t i = 0; i < readers_.size(); ++i)
      TRY(readers_[i].open(leaf_range(i, range), question_->hold, stop));
    note(&Actuals::read_us, watch);
    evaluation_.heed(&stop);
    who_ = {.first_block = first, .blocks = {}};
    who_.blocks.resize(last - first + 1);
    if (!needed_.empty()) {
      TRY(find_candidates(range, stop, outlet, into));
    } else {
      for (std::uint32_t block = first; block <= last; ++block) {
        TRY(stop.check());
        if (sees_block(range, block)) TRY(find_batch(range.shard, whole_block(range, block), stop, outlet, into));
        TRY(stop.check_memory(bytes_counted()));
      }
    }
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (is_counted(i)) gathered_[i].give(evaluation_, into[i]);
    }
    evaluation_.forget_numbers();
    note_read();
    evaluation_.heed(nullptr);
    return stop.check();
  }

 private:
  using Op = typed::Op;

  // From columns, and not as rows.
  bool is_counted(std::size_t i) const { return plans_[i].way == Way::columns && !listed_[i]; }

  // Of what was counted and not given yet: it becomes results.
  std::size_t bytes_counted() const {
    std::size_t bytes = evaluation_.numbered_bytes();
    for (const Gathered& one : gathered_) bytes += one.bytes();
    return bytes;
  }

  // Whether what a statement counts are events, or patients by the code of theirs.
  bool is_of_events(const Plan& plan) const {
    if (plan.way != Way::columns) return false;
    const bool counts_rows = plan.statement->op == Op::count_patients && rows_counted(*plan.statement, program_);
    return plan.statement->op == Op::tally || counts_rows;
  }

  // Events of all codes that only add up are counted as they come, before any patient's are complete. Who turns out to be
  // odd may have been counted by then: so all is counted anew, if there is anyone.
  Result<void> find_streaming(const PatientRange& range, std::uint32_t first, std::uint32_t last, Stop& stop,
                              Outlet& outlet, std::span<Findings> into) {
    readers_.resize(1);
    std::vector<Odd> odd(last - first + 1);
    who_ = {.first_block = first, .blocks = {}};
    who_.blocks.resize(odd.size());
    for (std::uint32_t block = first; block <= last; ++block) {
      note_apart(range.shard, whole_block(range, block), odd[block - first]);
      TRY(know(range.shard, whole_block(range, block)));
    }
    const bool nobody_odd = std::ranges::all_of(odd, [](const Odd& some) { return some.none(); });
    if (totals_ && nobody_odd && TRY(find_totals(range, stop, into.front()))) return stop.check();
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
      const Batch batch = whole_block(range, block);
      evaluation_.start({.shard = range.shard, .batch = &batch, .leaves = &events_, .who = &who_, .odd = &of_block});
      for (std::size_t i = 0; i < plans_.size(); ++i) {
        TRY(gathered_[i].evaluate(*plans_[i].statement, program_, question_->inquiries[i].intervals(), evaluation_,
                                  of_block, stop));
      }
      for (Gathered& one : gathered_) TRY(one.count(~of_block, evaluation_, stop));
      TRY(stop.check_memory(bytes_counted()));
      std::swap(events, events_.front());
      return {};
    };
    count_odd();
    Watch watch = started();
    do {
      for (Gathered& one : gathered_) one.forget();
      TRY(readers_.front().stream(leaf_range(0, range), stop, count));
      count_odd();
    } while (odd_now != odd_before);
    note(&Actuals::evaluate_us, watch);
    note_read();
    if (actuals_) actuals_->odd += odd_now;
    for (std::size_t i = 0; i < plans_.size(); ++i) gathered_[i].give(evaluation_, into[i]);
    evaluation_.forget_numbers();
    for (Odd& some : asked_) some.reset();
    for (std::uint32_t block = first; block <= last; ++block)
      TRY(ask(range.shard, whole_block(range, block), odd[block - first], stop, outlet, into));
    return stop.check();
  }

  // Whether these are all events of the only leaf.
  bool is_whole_leaf(const typed::Node& events) {
    const Batch nobody;
    Odd none;
    evaluation_.start({.shard = 0, .batch = &nobody, .leaves = &events_, .who = &who_, .odd = &none});
    return evaluation_.events(events, evaluation_.everyone())->whole;
  }

  // What comes of a whole leaf without rows being made of it; false where that does not do.
  Result<bool> find_totals(const PatientRange& range, Stop& stop, Findings& into) {
    Watch watch = started();
    const bool share = !question_->shares.empty();
    const LeafRange of = share ? share_of_codes(0, range) : leaf_range(0, range);
    const std::optional<std::int64_t> counted = TRY(totals_->find(of, readers_.front(), stop, into));
    check(counted || !share, "codes are shared where nothing is out of the ordinary");
    if (!counted) return false;
    note(&Actuals::evaluate_us, watch);
    note_read();
    if (actuals_) actuals_->of_leaf.front().events += static_cast<std::uint64_t>(*counted);
    return true;
  }

  // Where somebody waits for the first row, and much is read before it is known of anyone, the reference is asked about a few
  // of whom nothing is known yet.
  Result<void> ask_some_early(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) {
    constexpr PatientId some = 64;
    const Batch batch{.first = 0, .past = std::min(range.past, some)};
    Odd few;
    for (std::size_t place = 0; place < batch.patients(); ++place) few.set(place);
    few &= seen_of(range.shard, batch);
    std::ranges::fill(asked_, few);
    TRY(ask(range.shard, batch, {}, stop, outlet, into));
    early_ = few;
    return {};
  }

  bool sees_block(const PatientRange& range, std::uint32_t block) const {
    const Batch all = whole_block(range, block);
    return view_.seen(range.shard, all.first, all.past) > 0;
  }

  static Batch whole_block(const PatientRange& range, std::uint32_t block) {
    const PatientId first = block * block_patients;
    return {.first = first, .past = std::min(range.past, first + block_patients)};
  }

  // Of a batch of some nobody is there who is not seen.
  Odd seen_of(std::uint32_t shard, const Batch& batch) const {
    if (view_.grant() && batch.is_everyone()) return view_.seen(shard, batch.first / block_patients);
    return Odd().set();
  }

  void note_apart(std::uint32_t shard, const Batch& batch, Odd& odd) const {
    Places place(batch);  // who is apart is in every batch
    each_apart(shard, batch.first, batch.past, [&](PatientId id) { odd.set(place(id)); });
  }

  // Who the patients of a batch are, if that is asked.
  Result<void> know(std::uint32_t shard, const Batch& batch) {
    if (!question_->plans->rehearsed.asks_demographics) return {};
    for (PatientId block = batch.first / block_patients; block * block_patients < batch.past; ++block) {
      auto& who = who_.blocks[block - who_.first_block];
      if (!who) who = TRY(view_.demographics(shard, block));
    }
    return {};
  }

  Result<void> find_candidates(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) {
    const PatientId first = range.first / block_patients * block_patients;
    const PatientId past = (range.past + block_patients - 1) / block_patients * block_patients;
    candidates_.start(first, past);
    for (const std::uint32_t leaf : needed_.front()) readers_[leaf].find(candidates_);
    for (std::size_t i = 1; i < needed_.size(); ++i) {
      others_.start(first, past);
      for (const std::uint32_t leaf : needed_[i]) readers_[leaf].find(others_);
      candidates_.only_those_of(others_);
    }
    each_apart(range.shard, range.first, range.past, [&](PatientId id) { candidates_.add(id); });
    for (Batch batch; candidates_.next(batch);) {
      TRY(stop.check());
      if (view_.grant()) std::erase_if(batch.some, [&](PatientId id) { return !view_.sees({range.shard, id}); });
      if (!batch.some.empty()) TRY(find_batch(range.shard, batch, stop, outlet, into));
      TRY(stop.check_memory(bytes_counted()));
    }
    return {};
  }

  Result<void> find_batch(std::uint32_t shard, const Batch& batch, Stop& stop, Outlet& outlet, std::span<Findings> into) {
    Watch watch = started();
    Odd odd;
    for (std::uint32_t i = 0; i < readers_.size(); ++i)
      readers_[i].read(batch, batch.is_everyone() || is_everyones(i) ? nullptr : &candidates_, events_[i], odd);
    note_apart(shard, batch, odd);
    note(&Actuals::read_us, watch);
    TRY(know(shard, batch));
    evaluation_.start({.shard = shard, .batch = &batch, .leaves = &events_, .who = &who_, .odd = &odd});
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      asked_[i].reset();
      if (listed_[i]) {
        listed_[i]->find(evaluation_);
      } else if (plans_[i].way == Way::columns) {
        TRY(gathered_[i].evaluate(*plans_[i].statement, program_, question_->inquiries[i].intervals(), evaluation_, odd,
                                  stop));
      } else if (plans_[i].way == Way::candidates) {
        const Frame& all = evaluation_.everyone();
        const Truths met = evaluation_.truth(*plans_[i].candidates, all);
        for (std::uint32_t place = 0; place < all.rows(); ++place) {
          if (met[place] == Truth::yes) asked_[i].set(place);
        }
      } else {
        asked_[i].set();
      }
      asked_[i] &= seen_of(shard, batch);
    }
    TRY(stop.check());  // else what was evaluated may mean nothing
    const Odd counted = TRY(count(shard, batch, odd, stop));
    note(&Actuals::evaluate_us, watch);
    if (actuals_) {
      for (std::size_t i = 0; i < events_.size(); ++i) actuals_->of_leaf[i].events += events_[i].size();
      for (const Odd& some : asked_) actuals_->met += some.count();
      actuals_->odd += odd.count();
    }
    return lists_ ? list(shard, batch, odd, counted, stop, outlet, into) : ask(shard, batch, odd, stop, outlet, into);
  }

  // Whoever has an event of this leaf is among the candidates, unless a grant does not show them.
  bool is_everyones(std::uint32_t leaf) const {
    return needed_.size() == 1 && needed_.front().contains(leaf) && !view_.grant();
  }

  void note_read() {
    if (!actuals_) return;
    for (std::size_t i = 0; i < readers_.size(); ++i) actuals_->of_leaf[i].postings += readers_[i].postings();
    actuals_->incomparable += evaluation_.incomparable() - incomparable_;
    incomparable_ = evaluation_.incomparable();
    actuals_->opened += evaluation_.opened() - opened_;
    opened_ = evaluation_.opened();
  }

  // What was found of those without any event here counts only if they are somebody. Gives who counts.
  Result<Odd> count(std::uint32_t shard, const Batch& batch, const Odd& odd, Stop& stop) {
    Odd found, seen, counted = ~odd & seen_of(shard, batch);
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (plans_[i].way != Way::columns || !batch.is_everyone()) continue;
      if (listed_[i]) found |= listed_[i]->found();
      else if (!gathered_[i].is_of_events()) found |= gathered_[i].found();
    }
    found &= counted;
    for (const Events& events : events_) {
      if (found.none()) break;
      for (const Place place : events.place) seen.set(place);
    }
    const Odd unseen = found & ~seen;
    if (unseen.any()) counted &= ~unseen | TRY(present(view_, shard, batch.first / block_patients, unseen));
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (is_counted(i)) TRY(gathered_[i].count(counted, evaluation_, stop));
    }
    return counted;
  }

  // Rows in the order of the patients, whoever tells of them. Who turns out to be odd only when their cells are made is
  // asked for the lists alone: all else has counted them.
  Result<void> list(std::uint32_t shard, const Batch& batch, Odd& odd, const Odd& counted, Stop& stop, Outlet& outlet,
                    std::span<Findings> into) {
    const Odd told_by_reference = odd;
    const bool names = std::ranges::any_of(listed_, [](const auto& one) { return one && one->asks_names(); });
    std::string name;
    const std::size_t made = evaluation_.made();
    for (std::uint32_t first = 0, past = batch.patients(); first < past;) {
      std::uint32_t end = past;
      for (const auto& one : listed_)
        if (one) end = std::min(end, one->few_from(first, end));
      for (auto& one : listed_)
        if (one) one->show(first, end, evaluation_);
      evaluation_.keep_made(made);
      TRY(stop.check());
      for (std::uint32_t place = first; place < end; ++place) {
        const bool was_early = batch.first == 0 && early_[place];
        const auto wants = [&](std::size_t i) {
          return !was_early && (told_by_reference[place] || asked_[i][place] || (listed_[i] && odd[place]));
        };
        const auto gives = [&](std::size_t i) {
          return listed_[i] && listed_[i]->has(place) && counted[place] && !was_early && !wants(i);
        };
        bool asks = false, any = false;
        for (std::size_t i = 0; i < plans_.size(); ++i) asks = asks || wants(i), any = any || gives(i);
        const engine::PatientRef patient{shard, batch.id(place)};
        Watch watch = started();
        if (asks) TRY(ask_about(patient, stop, outlet, into, wants));
        else if (any) TRY(outlet.give(into));
        if (asks) note(&Actuals::reference_us, watch);
        if (any && names) name = TRY(name_of(patient));
        for (std::size_t i = 0; i < plans_.size(); ++i)
          if (listed_[i]) listed_[i]->take(place, name, gives(i) ? &into[i].rows : nullptr);
      }
      first = end;
    }
    return {};
  }

  // As the reference reads it of somebody who is linked to nobody.
  Result<std::string> name_of(engine::PatientRef patient) {
    identifiers_.clear();
    const auto all = TRY(question_->then.identifiers(patient, identifiers_));
    return all.empty() ? std::string() : std::string(all.front().value);
  }

  Result<void> ask(std::uint32_t shard, const Batch& batch, const Odd& odd, Stop& stop, Outlet& outlet,
                   std::span<Findings> into) {
    Watch watch = started();
    Odd anyone = odd;
    for (const Odd& some : asked_) anyone |= some;
    if (batch.first == 0) anyone &= ~early_;
    if (anyone.none()) return {};
    for (std::uint32_t place = 0; place < batch.patients(); ++place) {
      if (!anyone[place]) continue;
      const auto wants = [&](std::size_t i) { return odd[place] || asked_[i][place]; };
      TRY(ask_about({shard, batch.id(place)}, stop, outlet, into, wants));
    }
    note(&Actuals::reference_us, watch);
    return {};
  }

  const LeafSets& needed_;
  Evaluation evaluation_;
  std::uint64_t incomparable_ = 0, opened_ = 0;  // as they were noted last
  bool streams_ = false;                         // counts of events of all codes and nothing else
  std::optional<LeafTotals> totals_;
  Candidates candidates_, others_;
  Demographics who_;
  std::vector<LeafReader> readers_;
  std::vector<Events> events_;  // of the leaves, of one block
  std::vector<Gathered> gathered_;
  std::vector<Odd> asked_;
  std::vector<std::optional<Listed>> listed_;  // of lists from columns
  bool lists_ = false;                         // there are some
  record::Arena identifiers_;
  bool asks_some_early_ = false;
  Odd early_{};  // of the first block: those who were
};

// About how many postings a leaf has. A narrowed View tells no sizes, but names the runs that are read: what cannot be named is
// complained about where it is read.
double postings_of(const engine::View& view, const Leaf& leaf, Statistics& statistics) {
  if (statistics.known()) return statistics.of(*leaf.codes).events;
  double postings = 0;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    const std::uint32_t last_block = view.patients(shard) / block_patients;
    const auto add = [&](engine::Name, const engine::PostingScan& scan) -> Result<void> {
      for (const stored::PostingRun& run : scan.refs) postings += run.count;
      return {};
    };
    if (leaf.codes->any) {
      (void)view.all_postings(
          shard, 0, last_block, [](const auto&) { return true; }, add);
      continue;
    }
    for (const engine::Name name : statistics.names(*leaf.codes, shard))
      if (const auto scan = view.name_postings(shard, name, 0, last_block)) (void)add(name, *scan);
  }
  return postings;
}

struct NoStop final : Stop {
  Result<void> check() override { return {}; }
  Result<void> check_memory(std::size_t) override { return {}; }
};

// Of each shard how many postings of each code are read, where a statement counts them without regard to whose they are, and
// nobody is odd or apart; else nothing. Runs of rare codes reach over all patients, and are then read once instead of for each range.
Result<std::vector<std::vector<std::uint64_t>>> postings_to_share(const Question& question) {
  std::vector<std::vector<std::uint64_t>> all;
  const std::vector<Plan>& plans = question.plans->each;
  const std::vector<Leaf>& leaves = question.plans->rehearsed.leaves.all;
  if (question.view.grant() || question.then.as_of() != INT64_MAX || !question.apart.empty()) return all;
  if (plans.size() != 1 || plans[0].way != Way::columns || leaves.size() != 1) return all;
  const bool shares = question.plans->counts_whoever
                          ? is_loose(leaves[0])
                          : adds_up(leaves[0]) && LeafTotals::of(*plans[0].statement, question.program, leaves[0]);
  if (!shares) return all;
  NoStop stop;
  LeafReader reader;
  for (std::uint32_t shard = 0; shard < question.view.shards(); ++shard) {
    const LeafRange of{.view = question.view,
                       .leaf = leaves[0],
                       .names = {},
                       .shard = shard,
                       .last_block = question.view.patients(shard) / block_patients};
    std::optional<std::vector<std::uint64_t>> postings = TRY(reader.postings_if_ordinary(of, stop));
    if (!postings) return std::vector<std::vector<std::uint64_t>>();
    all.push_back(std::move(*postings));
  }
  return all;
}

// Where the shares of so many ranges begin, and the end. The first are the largest, so that none waits long for the last.
std::vector<engine::Name> shares_of(const std::vector<std::uint64_t>& postings, std::size_t ranges) {
  const double all = static_cast<double>(std::accumulate(postings.begin(), postings.end(), std::uint64_t{0}));
  std::vector<engine::Name> begins = {0};
  double before = 0, wanted = 0;
  engine::Name code = 0;
  for (std::size_t left = ranges; left > 1; --left) {
    wanted += all * 2 * static_cast<double>(left) / static_cast<double>(ranges * (ranges + 1));
    while (code < postings.size() && before < wanted) before += static_cast<double>(postings[code++]);
    begins.push_back(code);
  }
  begins.push_back(static_cast<engine::Name>(postings.size()));
  return begins;
}

// How a store is cut into ranges, and what is held of one.
struct Cut {
  std::uint32_t blocks = 1;
  Hold hold = Hold::whole_runs;
};

// Some ranges for each thread, so that none waits long for the last; none so small that a thread is hardly worth waking for it.
// Where all codes are read, one range for each thread, unless they are shared: runs of postings reach far, and those of all codes
// are not kept. Where the events of a patient are wanted together, all of a range are held at once: then as many blocks as there is room for, and
// nothing of a run beyond them.
Cut cut_for(const engine::View& view, const Workers& workers, const std::vector<Leaf>& leaves, bool everyone,
            bool shares_codes, Statistics& statistics) {
  constexpr double work_min = 20'000;   // of postings and patients, in a range
  constexpr double work_of_name = 200;  // what it takes to find the runs of a code for a range, in postings
  constexpr double posting_bytes = 24;  // decoded, about
  const bool all_codes = std::ranges::any_of(leaves, [](const Leaf& leaf) { return leaf.codes->any; });
  std::uint32_t blocks = 0;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
    blocks += (view.patients(shard) + block_patients - 1) / block_patients;
  double work = everyone ? double{block_patients} * blocks : 0, held_bytes = 0, names = 0;
  for (const Leaf& leaf : leaves) {
    if (!leaf.codes->any) names += static_cast<double>(leaf.codes->codes.size());
    work += statistics.of(*leaf.codes).events;
    if (!is_loose(leaf) && !is_thin(leaf)) held_bytes += posting_bytes * postings_of(view, leaf, statistics);
  }
  double ranges = std::max(1u, workers.threads) * (shares_codes && workers.threads > 1 ? 6 : all_codes ? 1 : 4);
  if (statistics.known()) ranges = std::min(ranges, std::ceil(work / work_min));
  if (names > 0) ranges = std::min(ranges, std::max(double(workers.threads), work / (work_of_name * names)));
  const double for_memory =
      std::ceil(held_bytes / static_cast<double>(std::max<std::uint64_t>(1, workers.held_bytes_max)));
  const Hold hold = for_memory > ranges ? Hold::parts : Hold::whole_runs;
  ranges = std::max({ranges, for_memory, 1.0});
  return {static_cast<std::uint32_t>(std::max(1.0, std::ceil(blocks / ranges))), hold};
}

}  // namespace

}  // namespace vectorised

Workers workers_within(unsigned threads, std::uint64_t memory_bytes_max) {
  Workers workers{.threads = std::max(1u, threads)};
  if (memory_bytes_max) workers.held_bytes_max = std::min(workers.held_bytes_max, memory_bytes_max / workers.threads);
  return workers;
}

Result<Executors> vectorised_executors(const engine::View& view, const Program& program,
                                       std::shared_ptr<const vectorised::Plans> plans, const Workers& workers,
                                       std::shared_ptr<vectorised::Actuals> actuals) {
  using namespace vectorised;
  const engine::View now = view.present();
  std::vector<Inquiry> inquiries;
  for (const Plan& one : plans->each) inquiries.push_back(TRY(Inquiry::make(*one.statement, program)));
  const auto question = std::make_shared<Question>(Question{.view = now,
                                                            .then = view,
                                                            .program = program,
                                                            .plans = plans,
                                                            .inquiries = std::move(inquiries),
                                                            .apart = TRY(apart_from_blocks(view)),
                                                            .actuals = std::move(actuals)});
  Statistics statistics(now, program);
  for (const typed::Node* conjunction : plans->rehearsed.conjunctions)
    question->order.emplace(conjunction, in_order(*conjunction, statistics));
  for (const Leaf& leaf : plans->rehearsed.leaves.all) {
    auto& names = question->names.emplace_back();
    for (std::uint32_t shard = 0; !leaf.codes->any && shard < now.shards(); ++shard)
      names.push_back(statistics.names(*leaf.codes, shard));
  }
  const bool whoever = plans->counts_whoever;
  if (!whoever) question->needed = needed_by_any(*plans, statistics);
  const auto postings = TRY(postings_to_share(*question));
  const Cut cut = cut_for(now, workers, plans->rehearsed.leaves.all, question->needed.empty() && !whoever,
                          !postings.empty(), statistics);
  question->hold = cut.hold;
  const std::uint32_t range_patients = question->range_patients = cut.blocks * block_patients;
  for (std::uint32_t shard = 0; shard < postings.size(); ++shard) {
    const std::uint32_t patients = now.patients(shard);
    question->shares.push_back(shares_of(postings[shard], (patients + range_patients - 1) / range_patients));
  }
  const auto together = whoever ? std::make_shared<FoundTogether>(*question) : nullptr;
  const bool rows = gives_rows(*plans->each.front().statement);
  return Executors{.range_patients = range_patients,
                   .first_patients = rows ? block_patients : range_patients,
                   .waited_for = rows,
                   .make = [question, together]() -> Result<std::unique_ptr<Finder>> {
                     if (together) return std::unique_ptr<Finder>(std::make_unique<WhoeverFinder>(question, together));
                     return std::unique_ptr<Finder>(std::make_unique<VectorisedFinder>(question));
                   }};
}

}  // namespace chartline::query
