#include "query/vectorised/explain.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "query/reference/finder.h"
#include "query/vectorised/actuals.h"
#include "query/vectorised/finder.h"

namespace chartline::query {

using namespace vectorised;
using typed::Op;

namespace {

constexpr std::size_t parts_max = 64;     // of a condition, each a row
constexpr std::size_t text_max = 16'384;  // of one of them: what was loosened may be shared many times over

class Explanation {
 public:
  Explanation(const typed::Node& statement, const Program& program, const engine::View& view, Executor executor,
              Executor wished)
      : statement_(statement),
        program_(program),
        as_of_(view.as_of()),
        view_(view.present()),
        executor_(executor),
        plans_(plans_together({plan(statement, program)}, program)),
        plan_(plans_->each.front()),
        reason_(executor == Executor::vectorised ? plan_.reason : why_reference(wished)),
        statistics_(view_, program) {}

  const std::shared_ptr<const Plans>& plans_made() const { return plans_; }

  // `actuals` and `milliseconds`: of a run, where there was one.
  std::vector<std::vector<Cell>> rows(const Actuals* actuals, std::uint64_t found, std::uint64_t milliseconds) {
    way();
    row("store", std::to_string(view_.shards()) + (view_.shards() == 1 ? " shard" : " shards") + ", blocks of " +
                     std::to_string(vectorised::block_patients) + " patients");
    row("terminology", program_.terminology.empty() ? "none" : program_.terminology);
    const bool vectorised = executor_ == Executor::vectorised;
    const std::vector<Leaf>& leaves = plans_->rehearsed.leaves.all;
    for (std::size_t i = 0; vectorised && i < leaves.size(); ++i)
      leaf(leaves[i], actuals ? &actuals->of_leaf[i] : nullptr);
    if (vectorised && plan_.way != Way::everyone) conditions();
    if (!actuals) return std::move(rows_);
    if (vectorised) {
      if (plan_.way == Way::candidates) row("keep", "candidates", "patients", {}, actuals->met);
      if (plans_->rehearsed.asks_encounters)
        row("opened", "timelines, to see of which encounters events are", "patients", {}, actuals->opened);
      row("undecided", "whom postings do not tell enough of", "patients", {}, actuals->odd);
      row("reference", "asked, person by person", "patients", {}, actuals->asked);
      row("units", "values that did not go with the unit beside them", "events", {}, actuals->incomparable);
      row("time", "reading postings, all threads", "ms", {}, actuals->read_us / 1000);
      row("time", "evaluating columns, all threads", "ms", {}, actuals->evaluate_us / 1000);
      row("time", "the reference, all threads", "ms", {}, actuals->reference_us / 1000);
    }
    row("time", "from the first step to the last", "ms", {}, milliseconds);
    row("result", gives_rows(statement_) ? "rows" : "groups", "rows", {}, found);
    return std::move(rows_);
  }

 private:
  // Where nobody wished for the reference, there is a reason why it is asked.
  std::string why_reference(Executor wished) const {
    if (wished == Executor::reference) return "";
    return view_.has_postings() ? plan_.reason : "postings do not tell which events may be seen";
  }

  void row(std::string step, std::string detail, std::string unit = "", std::optional<double> estimate = {},
           std::optional<std::uint64_t> actual = {}) {
    // Cells are filled in where they stand: g++ 12 takes temporary ones for uninitialised.
    std::vector<Cell>& cells = rows_.emplace_back(5);
    cells[0] = std::move(step), cells[1] = std::move(detail);
    if (!unit.empty()) cells[2] = std::move(unit);
    if (estimate && statistics_.known()) cells[3] = std::int64_t{std::llround(*estimate)};
    if (actual) cells[4] = static_cast<std::int64_t>(*actual);
  }

  void way() {
    std::string said;
    if (executor_ == Executor::reference) {
      said = "the reference, person by person";
    } else if (plan_.way == Way::columns) {
      said = "columns of postings";
    } else if (plan_.way == Way::candidates) {
      said = "columns find candidates, whom the reference is asked about";
    } else {
      said = "the reference, of everyone";
    }
    if (!reason_.empty()) said += ": " + reason_;
    if (as_of_ != INT64_MAX && executor_ == Executor::vectorised)
      said += "; the reference is asked about everyone who has changed since that instant";
    row("way", said, "patients", statistics_.patients());
  }

  // From a narrowed View it is not to be told which codes anybody carries; nor how much had to be read, which depends on how
  // others' postings were folded.
  void leaf(const Leaf& leaf, const Actuals::OfLeaf* came) {
    const Statistics::Size size = statistics_.of(*leaf.codes);
    const bool all = statistics_.known();
    const std::string what = all ? print(leaf) : print_without_codes(leaf);
    row("read", what, "events", size.events, came && all ? std::optional(came->postings.load()) : std::nullopt);
    if (leaf.codes->unseen > 0 && all)
      row("codes", "carried by no event", "codes", static_cast<double>(leaf.codes->unseen));
    if (came) row("kept", what, "events", {}, came->events);
  }

  void conditions() {
    switch (statement_.op) {
      case Op::count_patients:
      case Op::rows: return condition(plan_.candidates ? *plan_.candidates : *statement_.parts[0]);
      case Op::flow:
        if (plan_.way != Way::columns) return condition(*plan_.candidates);
        for (const typed::Ptr& step : statement_.parts)
          row("step", text(*step), "patients", statistics_.meeting(*step));
        return;
      case Op::measure: return condition(plan_.candidates ? *plan_.candidates : *statement_.parts[1]);
      default:
        if (plan_.candidates) condition(*plan_.candidates);
    }
  }

  // In the order in which the parts are asked.
  void condition(const typed::Node& node) {
    std::vector<const typed::Node*> parts = {&node};
    if (node.op == Op::and_) parts = in_order(node, statistics_);
    parts.resize(std::min(parts.size(), parts_max));
    for (const typed::Node* part : parts) {
      text_left_ = text_max;
      row("keep", text(*part), "patients", statistics_.meeting(*part));
    }
  }

  // What was loosened stands in no text, but its parts do: a set of events, the clauses that are left of a filter.
  std::string text(const typed::Node& node) {
    if (text_left_ == 0) return "...";
    const bool stands = node.span.begin < node.span.end;
    switch (node.op) {
      case Op::exists:
        if (!stands) return "exists " + text(*node.parts[0]);
        break;
      case Op::and_:
        if (!stands) return together(node.parts, " and ");
        break;
      case Op::or_:
        if (!stands) return "(" + together(node.parts, " or ") + ")";
        break;
      case Op::union_events:
        if (!stands) return "(" + together(node.parts, " | ") + ")";
        break;
      case Op::with:
        if (!stands) return "with (" + text(*node.parts[0]) + ")";
        break;
      case Op::same_encounter:
        if (!stands) return "same encounter as (" + text(*node.parts[0]) + ")";
        break;
      case Op::where:
        if (!stands) return "where " + text(*node.parts[0]);
        break;
      case Op::filter: return together(node.parts, " ");
      default: break;
    }
    std::string printed = program_.printed(node);
    text_left_ -= std::min(text_left_, printed.size() + 1);
    return printed;
  }
  std::string together(const std::vector<typed::Ptr>& parts, std::string_view between) {
    std::string all;
    for (const typed::Ptr& part : parts) {
      all.append(all.empty() ? "" : between).append(text(*part));
      if (text_left_ == 0) break;
    }
    return all;
  }

  const typed::Node& statement_;
  const Program& program_;
  const Micros as_of_;
  const engine::View view_;  // of the present, which is where postings are
  const Executor executor_;
  const std::shared_ptr<const Plans> plans_;
  const Plan& plan_;
  const std::string reason_;  // why not columns alone
  Statistics statistics_;
  std::size_t text_left_ = text_max;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace

std::vector<ResultColumn> explain_columns() {
  using enum ColumnForm;
  return {{.name = "step", .form = text, .unit = ""},
          {.name = "detail", .form = text, .unit = ""},
          {.name = "unit", .form = text, .unit = ""},
          {.name = "estimate", .form = integer, .unit = ""},
          {.name = "actual", .form = integer, .unit = ""}};
}

Result<void> explain(const typed::Node& statement, bool analyze, Executor executor, const Schema& schema,
                     const Program& program, const engine::View& view, Threads threads, Limits& limits,
                     const RunOptions& options, ResultSink& sink) {
  Explanation explanation(statement, program, view, executor, options.executor);
  std::shared_ptr<Actuals> actuals;
  std::uint64_t found = 0, milliseconds = 0;
  if (analyze) {
    actuals = std::make_shared<Actuals>(explanation.plans_made()->rehearsed.leaves.all.size());
    Findings findings;
    const auto begin = std::chrono::steady_clock::now();
    const auto take = [&](std::vector<Findings>& some) -> Result<void> {
      found += some[0].rows.size();
      some[0].rows.clear();
      findings.merge(std::move(some[0]));
      return limits.check_memory(findings.bytes());
    };
    const Workers workers = workers_within(threads.count, options.memory_bytes_max);
    const Executors executors = executor == Executor::vectorised
                                    ? TRY(vectorised_executors(view, program, explanation.plans_made(), workers, actuals))
                                    : reference_executors(view, program, {&statement});
    Pass pass(view, threads, limits, options);
    TRY(pass.run(executors, 1, take));
    found += findings.counts.size() + findings.follow_ups.size();
    const auto took = std::chrono::steady_clock::now() - begin;
    milliseconds = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  }
  TRY(sink.begin(schema));
  RowStream out(schema, sink);
  for (std::vector<Cell>& row : explanation.rows(actuals.get(), found, milliseconds)) TRY(out.row(std::move(row)));
  TRY(out.flush());
  return sink.end();
}

}  // namespace chartline::query
