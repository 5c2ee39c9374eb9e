#include "server/query_calls.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "formats/wire/events_reader.h"
#include "formats/wire/events_writer.h"
#include "query/saved_cohorts.h"
#include "query/standing.h"
#include "query/token.h"
#include "server/acts.h"
#include "server/query_run.h"
#include "server/result_pages.h"

namespace chartline::server {
namespace {

std::string copy(capnp::Text::Reader text) { return std::string(wire::view(text)); }

query::PrepareOptions read_prepare_options(wire::QueryOptions::Reader from) {
  query::PrepareOptions options;
  for (const auto parameter : from.getParameters())
    options.parameters.emplace(copy(parameter.getName()), copy(parameter.getValue()));
  options.month_end = from.getClampMonthEnd() ? query::MonthEnd::clamp : query::MonthEnd::roll;
  options.terminology = copy(from.getTerminology());
  if (from.getToday().isDay()) options.today = from.getToday().getDay();
  return options;
}

template <typename Number>
Number bounded(Number asked, Number most) {
  return asked == 0 ? most : std::min(asked, most);
}

query::RunOptions read_run_options(wire::QueryOptions::Reader from, const Holder& holder) {
  const Limits& limits = holder.services.limits;
  query::RunOptions options;
  if (from.getExecutor() <= static_cast<unsigned>(query::Executor::vectorised))
    options.executor = static_cast<query::Executor>(from.getExecutor());
  options.threads = limits.query_threads;
  options.milliseconds_max = std::uint64_t{bounded(from.getSecondsMax(), limits.query_seconds)} * 1000;
  // Whether a limit of one's own is met tells of what is found, before any of it is held back.
  const std::uint64_t asked = holder.is_controlled() ? 0 : from.getMemoryBytesMax();
  options.memory_bytes_max = bounded<std::uint64_t>(asked, limits.query_memory_bytes);
  return options;
}

Result<void> check_text(const std::string& text) {
  return text.size() <= query::text_bytes_max ? Result<void>()
                                              : invalid_request("the text is longer than a query may be: 1 MiB");
}

std::uint32_t answering(const query::Program& program) {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      program.query.statements, [](const query::typed::Ptr& statement) { return !query::is_definition(statement->op); }));
}

class QueryServer final : public wire::Query::Server {
 public:
  QueryServer(HolderPtr holder, std::shared_ptr<const query::Prepared> query, std::string text, query::RunOptions options)
      : holder_(std::move(holder)),
        object_(value_or_throw(holder_->hold_object())),
        query_(std::move(query)),
        text_(std::move(text)),
        options_(std::move(options)) {}

  kj::Promise<void> about(AboutContext context) override {
    context.getResults().setStatements(answering(*query_->program));
    return kj::READY_NOW;
  }
  kj::Promise<void> run(RunContext context) override {
    context.getResults().setRun(start_run(holder_, query_, text_, options_, context.getParams().getSink()));
    return kj::READY_NOW;
  }

 private:
  HolderPtr holder_;
  HeldObject object_;
  std::shared_ptr<const query::Prepared> query_;
  const std::string text_;
  const query::RunOptions options_;
};

class CohortServer final : public wire::Cohort::Server {
 public:
  CohortServer(HolderPtr holder, std::string name, std::string text)
      : holder_(std::move(holder)),
        object_(value_or_throw(holder_->hold_object())),
        name_(std::move(name)),
        text_(std::move(text)) {}

  kj::Promise<void> text(TextContext context) override {
    context.getResults().setText(text_);
    return kj::READY_NOW;
  }
  kj::Promise<void> changes(ChangesContext context) override {
    return as_act(
        holder_, engine::Act::watch, [&] { return "cohort " + name_; }, [&] { return tell_changes(context); });
  }
  kj::Promise<void> remove(RemoveContext) override {
    return as_act(holder_, engine::Act::set_value, [&] { return forget(); });
  }

 private:
  kj::Promise<void> tell_changes(ChangesContext context) {
    std::vector<std::uint64_t> since;
    for (const std::uint64_t commit : context.getParams().getSince()) since.push_back(commit);
    const Limits& limits = holder_->services.limits;
    auto work = [holder = holder_, name = name_, since = std::move(since),
                 milliseconds = std::uint64_t{limits.query_seconds} * 1000] {
      return query::cohort_changes(holder->services.store, holder->view(), name, since,
                                   {.milliseconds_max = milliseconds});
    };
    return holder_->services.workers.run(Lane::scan, std::move(work))
        .then([holder = holder_, name = name_, context](query::CohortChanges told) mutable {
          engine::AuditEntry entry = holder->entry(engine::Act::watch);
          entry.text = "cohort " + name;
          entry.rows = told.changes.size();
          auto into = context.getResults().initChanges(static_cast<unsigned>(told.changes.size()));
          for (unsigned i = 0; i < into.size(); ++i) {
            wire::write({.system = told.changes[i].system, .value = told.changes[i].name}, into[i].initPatient());
            into[i].setEntered(told.changes[i].entered);
            entry.patients.push_back(told.changes[i].patient);
          }
          auto position = context.getResults().initPosition(static_cast<unsigned>(told.position.size()));
          for (unsigned i = 0; i < position.size(); ++i) position.set(i, told.position[i]);
          return holder->enter(std::move(entry));
        });
  }

  kj::Promise<void> forget() {
    if (const auto may = holder_->require(engine::Right::operate); !may) return to_exception(may.error());
    auto removed = holder_->services.workers.run(Lane::write, [holder = holder_, name = name_]() -> Result<void> {
      if (!TRY(query::forget_cohort(holder->services.store, name)))
        return not_found("the store keeps no cohort of this name");
      return {};
    });
    return removed.then([holder = holder_] { return holder->enter(holder->entry(engine::Act::set_value)); });
  }

  HolderPtr holder_;
  HeldObject object_;
  const std::string name_, text_;
};

}  // namespace

kj::Promise<void> prepare(HolderPtr holder, PrepareCall context) {
  auto params = context.getParams();
  Services& services = holder->services;
  const query::RunOptions run_options = read_run_options(params.getOptions(), *holder);
  const std::string text = copy(params.getText());
  auto work = [holder, text,
               options = read_prepare_options(params.getOptions())]() -> Result<std::shared_ptr<const query::Prepared>> {
    TRY(check_text(text));
    return std::make_shared<const query::Prepared>(TRY(query::prepare(holder->services.store, text, options)));
  };
  context.releaseParams();
  return services.workers.run(Lane::scan, std::move(work))
      .then([holder, context, text, run_options](std::shared_ptr<const query::Prepared> query) mutable {
        auto results = context.getResults();
        write(query->complaints, results.initComplaints(static_cast<unsigned>(query->complaints.size())));
        if (query->program) results.setQuery(kj::heap<QueryServer>(holder, std::move(query), text, run_options));
      });
}

kj::Promise<void> list_cohorts(HolderPtr holder, CohortsCall context) {
  return holder->services.workers.run(Lane::read, [holder] { return query::saved_cohorts(holder->services.store); })
      .then([context](std::vector<std::string> names) mutable {
        auto list = context.getResults().initNames(static_cast<unsigned>(names.size()));
        for (unsigned i = 0; i < names.size(); ++i) list.set(i, names[i]);
      });
}

kj::Promise<void> find_cohort(HolderPtr holder, CohortCall context) {
  std::string name = copy(context.getParams().getName());
  auto work = [holder, name]() -> Result<std::string> {
    auto text = query::is_word(name) ? TRY(query::saved_cohort_text(holder->services.store, name)) : std::nullopt;
    if (!text) return not_found("the store keeps no cohort of this name");
    return std::move(*text);
  };
  return holder->services.workers.run(Lane::read, std::move(work)).then([holder, context, name](std::string text) mutable {
    context.getResults().setCohort(kj::heap<CohortServer>(holder, std::move(name), std::move(text)));
  });
}

kj::Promise<void> save_cohort(HolderPtr holder, SaveCohortCall context) {
  auto params = context.getParams();
  auto work = [holder, name = copy(params.getName()), text = copy(params.getText()),
               options = read_prepare_options(params.getOptions())]() -> Result<std::vector<query::Complaint>> {
    TRY(check_text(text));
    if (!query::is_word(name))
      return invalid_request("the name of a cohort is letters, digits and _, as in old_and_frail");
    return query::save_cohort(holder->services.store, name, text, options);
  };
  return holder->services.workers.run(Lane::write, std::move(work))
      .then([holder, context](std::vector<query::Complaint> complaints) mutable -> kj::Promise<void> {
        write(complaints, context.getResults().initComplaints(static_cast<unsigned>(complaints.size())));
        if (!complaints.empty()) return kj::READY_NOW;
        return holder->enter(holder->entry(engine::Act::set_value));
      });
}

}  // namespace chartline::server
