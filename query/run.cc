// A run:
//
//   1. gather   every statement that gives rows becomes a part; parts of the same moment are found in one pass
//   2. find     when a part's turn comes and it has not been found: one pass over the patients, for all parts of its moment
//   3. give     in the order of the text. The rows of the part whose turn it is go straight to the sink; those of later parts
//               wait in memory, and where they are too many are found again in a pass of their own
#include "query/run.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/thread_pool.h"
#include "engine/trust/grant.h"
#include "engine/trust/question_budget.h"
#include "query/constants.h"
#include "query/disclosure.h"
#include "query/finder.h"
#include "query/finish_controlled.h"
#include "query/pass.h"
#include "query/reference/finder.h"
#include "query/reference/why.h"
#include "query/shares.h"
#include "query/sorted_rows.h"
#include "query/vectorised/explain.h"
#include "query/vectorised/finder.h"

namespace chartline::query {

using typed::Op;

namespace {

constexpr std::size_t waiting_rows_bytes_max = 128ull << 20;
constexpr std::size_t groups_max = 16;  // under disclosure control: they are memory that one person takes

struct Part {
  const typed::Node* statement = nullptr;
  const Schema& schema;  // its own, or that of the `as of` around it
  const Program* program = nullptr;
  Micros as_of = INT64_MAX;            // INT64_MAX: the present
  std::optional<Executor> executor{};  // once it was chosen
  Findings findings{};
  std::size_t bytes = 0;  // of the findings
  bool found = false;
  bool given = false;  // its rows went to the sink as they were found
  bool alone = false;  // its rows do not fit into memory beside those of others
};

class Run {
 public:
  Run(const Prepared& query, engine::Store& store, const engine::View& view, const RunOptions& options, ResultSink& sink)
      : query_(query), store_(store), view_(view), options_(options), sink_(sink), limits_(options_) {}

  Result<void> run() {
    if (options_.threads != 1) threads_ = threads_wanted();
    TRY(gather());
    for (const Part& part : parts_) TRY(may_give(part));
    if (controls_figures()) {
      TRY(spend_questions());
      draw_memory();
    }
    for (Part& part : parts_) {
      TRY(limits_.check());
      if (!is_asked_of_everyone(part.statement->op)) {
        TRY(give(part));
        continue;
      }
      if (!part.found) TRY(find(part));
      if (!part.given) TRY(finish(part));
      forget(part);
    }
    return {};
  }

 private:
  Threads threads_wanted() const {
    return {.count = options_.threads ? options_.threads : cores(), .helpers = [this] { return store_.helpers(); }};
  }

  Result<void> gather() {
    const std::vector<typed::Ptr>& statements = query_.program->query.statements;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      Part part{.statement = statements[i].get(), .schema = query_.schemas[i], .program = query_.program.get()};
      while (part.statement->op == Op::as_of) {
        part.as_of = TRY(as_of_instant(*part.statement, *query_.program));
        part.statement = part.statement->parts.back().get();
      }
      if (is_definition(part.statement->op)) continue;
      if (part.as_of != INT64_MAX) {
        part.program = query_.past.at(part.as_of).get();
        if (!past_.contains(part.as_of)) past_.emplace(part.as_of, past_view(part.as_of));
      }
      parts_.push_back(std::move(part));
    }
    return {};
  }

  // Of whom the session may see no more than now.
  engine::View past_view(Micros instant) const {
    const engine::View past = store_.view_as_of(instant);
    return view_.grant() ? past.narrowed(view_.shared_grant()) : past;
  }

  bool controls_figures() const { return view_.grant() && view_.grant()->disclosure != engine::Disclosure::none; }

  // What the grant lets nobody have is refused before anything is read for it.
  Result<void> may_give(const Part& part) const {
    const engine::Grant* const grant = view_.grant();
    if (!grant) return {};
    const typed::Node* asked = part.statement;
    const bool plan = asked->op == Op::explain || asked->op == Op::explain_analyze;
    if (plan && controls_figures())
      return denied("plans are not told under disclosure control: they would tell what single records hold");
    if (asked->op == Op::explain) return {};
    if (plan) asked = asked->parts.back().get();
    const bool rows = asked->op == Op::why || gives_rows(*asked);
    TRY(grant->require(rows ? engine::Right::rows : engine::Right::figures));
    if (rows && part.as_of != INT64_MAX) TRY(grant->require_past());
    for (const typed::Ptr& by : asked->parts)
      if (controls_figures() && by->op == Op::groups && by->parts.size() > groups_max)
        return invalid_request("figures under disclosure control are by at most " + std::to_string(groups_max) +
                               " groups");
    return {};
  }

  // Consents and opt-outs hold for purposes: the same words for another purpose are put to others.
  std::string question_of(const Part& part) const {
    return std::string(name(view_.grant()->purpose)) + "\n" + identity_of(*part.statement, *part.program, part.as_of);
  }

  // Each figure that is told wears the noise down.
  Result<void> spend_questions() const {
    const Micros now = options_.clock ? options_.clock->now() : SystemClock().now();
    std::vector<std::uint64_t> asked;
    for (const Part& part : parts_)
      if (!gives_rows(*part.statement)) asked.push_back(hash64(question_of(part)));
    return engine::spend_questions(store_, *view_.grant(), asked, now);
  }

  // Between a half and all of it, by the questions: whoever knows what fits for others does not know whether one person more
  // would. What a client asks for itself the server leaves out.
  void draw_memory() {
    const engine::ProjectKey* const key = view_.grant()->figures_key.get();
    if (!key) return;
    std::string asked;
    for (const Part& part : parts_)
      if (!gives_rows(*part.statement)) asked += question_of(part);
    const std::uint64_t half = options_.memory_bytes_max / 2;
    if (half > 0 && !asked.empty()) options_.memory_bytes_max -= key->hash("memory", asked) % half;
  }

  Result<void> finish(Part& part) {
    if (!controls_figures() || gives_rows(*part.statement))
      return query::finish(*part.statement, part.schema, *part.program, part.findings, sink_);
    const FiguresControl control{
        .mode = view_.grant()->disclosure, .key = view_.grant()->figures_key.get(), .question = question_of(part)};
    return finish_controlled(*part.statement, part.schema, *part.program, std::move(part.findings), control, sink_);
  }

  // Single people's shares of figures are told by nobody but the reference.
  bool wants_shares(const typed::Node& statement) const { return controls_figures() && needs_shares(statement); }

  const engine::View& view_of(const Part& part) const { return part.as_of == INT64_MAX ? view_ : past_.at(part.as_of); }

  // What is no question to everyone.
  Result<void> give(const Part& part) {
    if (part.statement->op == Op::why)
      return why(*part.statement, part.schema, *part.program, view_of(part), limits_, sink_);
    return explain_part(part);
  }

  Result<void> explain_part(const Part& part) {
    const bool analyze = part.statement->op == Op::explain_analyze;
    const typed::Node* of = part.statement->parts.back().get();
    while (of->op == Op::explain || of->op == Op::explain_analyze) of = of->parts.back().get();
    if (of->op == Op::as_of) return unsupported("a plan as of an instant: ask `as of ... explain ...`");
    if (!is_asked_of_everyone(of->op)) return unsupported("this statement has no plan: it is not asked of patients");
    const engine::View& view = view_of(part);
    const Executor executor = chosen_for(*of, view, vectorised::plan(*of, *part.program).way);
    return explain(*of, analyze, executor, part.schema, *part.program, view, threads_, limits_, options_, sink_);
  }

  // A pass for this part, whose rows are given as they are found, and those of its moment that come after it.
  Result<void> find(Part& lead) {
    const Executor executor = executor_of(lead);
    std::vector<Part*> together = {&lead};
    for (Part& part : parts_) {
      const bool may_join = &part != &lead && is_asked_of_everyone(part.statement->op) && !part.found && !part.alone &&
                            part.as_of == lead.as_of;
      if (may_join && executor_of(part) == executor) together.push_back(&part);
    }
    std::vector<const typed::Node*> statements;
    for (const Part* part : together) statements.push_back(part->statement);

    lead.given = gives_rows(*lead.statement);
    if (lead.given) TRY(sink_.begin(lead.schema));
    RowStream stream(lead.schema, sink_);
    const auto take = [&](std::vector<Findings>& found) -> Result<void> {
      if (lead.given) {
        for (auto& row : found[0].rows) TRY(stream.row(std::move(row)));
      }
      for (std::size_t i = lead.given ? 1 : 0; i < together.size(); ++i) keep(*together[i], std::move(found[i]));
      return limits_.check_memory(rows_bytes_ + counts_bytes_);
    };
    Pass pass(view_of(lead), threads_, limits_, options_);
    TRY(pass.run(TRY(executors(executor, lead, statements)), statements.size(), take));
    for (Part* part : together) part->found = !part->alone;
    if (!lead.given) return {};
    TRY(stream.flush());
    return sink_.end();
  }

  void keep(Part& part, Findings&& later) {
    if (part.alone) return;
    const bool rows = gives_rows(*part.statement);
    const std::size_t more = rows ? later.bytes() : 0, before = part.bytes;
    part.findings.merge(std::move(later));
    part.bytes = rows ? before + more : part.findings.bytes();
    (rows ? rows_bytes_ : counts_bytes_) += part.bytes - before;
    const std::size_t limit = options_.memory_bytes_max;
    const std::size_t rows_max =
        limit ? std::min<std::size_t>(waiting_rows_bytes_max, limit / 2) : waiting_rows_bytes_max;
    if (rows && rows_bytes_ > rows_max) {
      part.alone = true;
      forget(part);
    }
  }

  void forget(Part& part) {
    (gives_rows(*part.statement) ? rows_bytes_ : counts_bytes_) -= part.bytes;
    part.findings = {};
    part.bytes = 0;
  }

  // Which executor looks for a statement. A View that sifts events has no postings: only the reference walks it. Of its own
  // accord a run leaves to it, too, what columns cannot narrow down.
  Executor executor_of(Part& part) const {
    if (!part.executor) part.executor = chosen_for(*part.statement, view_of(part), way_of(part));
    return *part.executor;
  }

  vectorised::Way way_of(const Part& part) const {
    if (part.as_of != INT64_MAX) return vectorised::plan(*part.statement, *part.program).way;
    const vectorised::Plan* const plan = query_.plans->of(*part.statement);
    return plan ? plan->way : vectorised::Way::everyone;
  }

  Executor chosen_for(const typed::Node& statement, const engine::View& view, vectorised::Way way) const {
    if (options_.executor == Executor::reference || !view.present().has_postings()) return Executor::reference;
    if (wants_shares(statement)) return Executor::reference;
    const bool wished = options_.executor == Executor::vectorised;
    return wished || way != vectorised::Way::everyone ? Executor::vectorised : Executor::reference;
  }

  Result<Executors> executors(Executor executor, const Part& lead,
                              const std::vector<const typed::Node*>& statements) const {
    if (executor == Executor::vectorised)
      return vectorised_executors(view_of(lead), *lead.program, plans_of(statements, *lead.program),
                                  workers_within(threads_.count, options_.memory_bytes_max));
    const Persons persons = options_.executor == Executor::reference ? Persons::whole : Persons::as_asked;
    Executors reference = reference_executors(view_of(lead), *lead.program, statements, persons);
    const bool shares = std::ranges::any_of(statements, [&](const auto* one) { return wants_shares(*one); });
    return shares ? with_shares(std::move(reference), statements) : reference;
  }

  // Those of the preparation where all are asked together that it planned.
  std::shared_ptr<const vectorised::Plans> plans_of(const std::vector<const typed::Node*>& statements,
                                                    const Program& program) const {
    if (query_.plans->are_of(statements)) return query_.plans;
    std::vector<vectorised::Plan> plans;
    for (const typed::Node* statement : statements) plans.push_back(vectorised::plan(*statement, program));
    return vectorised::plans_together(std::move(plans), program);
  }

  const Prepared& query_;
  engine::Store& store_;
  const engine::View& view_;
  RunOptions options_;
  ResultSink& sink_;
  Limits limits_;
  Threads threads_{};
  std::map<Micros, engine::View> past_;
  std::vector<Part> parts_;
  std::size_t rows_bytes_ = 0, counts_bytes_ = 0;  // held by parts: rows that wait, all else
};

}  // namespace

Result<void> run(const Prepared& query, engine::Store& store, const engine::View& view, const RunOptions& options,
                 ResultSink& sink) {
  if (!query.complaints.empty() || !query.program) return invalid_request("the query has complaints: it cannot be run");
  if (view.grant() && view.grant()->deidentified) {
    SortedRows sorted(sink, options.memory_bytes_max);
    return Run(query, store, view, options, sorted).run();
  }
  return Run(query, store, view, options, sink).run();
}

}  // namespace chartline::query
