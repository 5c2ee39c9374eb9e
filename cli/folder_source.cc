#include "cli/folder_source.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "engine/about_store.h"
#include "query/saved_cohorts.h"
#include "query/standing.h"

namespace chartline::cli {
namespace {

using engine::TimelineFilter;
using engine::View;
using record::Event;

constexpr std::size_t page_events = 10'000;

struct ChartHeld {
  record::Arena room;
  engine::Timeline timeline;
};

// --from and --last cut at the beginning only, so it is all but the last `shown`.
Result<void> add_earlier(const View& view, engine::PatientRef patient, TimelineFilter filter, std::size_t shown,
                         Chart& chart) {
  filter.from.reset();
  const auto all = TRY(view.timeline(
      patient, filter,
      stored::field_time | stored::field_kind | stored::field_code | stored::field_value | stored::field_unit));
  std::map<std::tuple<std::uint32_t, engine::Name, engine::Name>, std::size_t> last;  // shard, code, unit -> row
  for (std::size_t i = 0; i + shown < all.size(); ++i) {
    chart.earlier += all.kind(i) == record::Kind::patient ? 0 : 1;
    const auto value = all.value(i);
    if (value.form == record::Value::Form::number && value.comparator == record::Comparator::equal && all.code(i) != 0)
      last[{all.patient(i).shard, all.code(i), value.unit}] = i;
  }
  std::vector<std::size_t> rows;  // in the order of time: shards may have codes in common, and the later one counts
  for (const auto& [names, row] : last) rows.push_back(row);
  std::ranges::sort(rows);
  for (const std::size_t row : rows) {
    const std::uint32_t shard = all.patient(row).shard;
    const auto value = all.value(row);
    Event& event = chart.earlier_numbers.emplace_back();
    event.code = view.code_of(shard, all.code(row));
    event.start = all.start(row);
    event.value.form = value.form, event.value.comparator = value.comparator, event.value.number = value.number;
    if (value.unit != 0) event.value.unit = view.unit_of(shard, value.unit);
  }
  return {};
}

class FolderQuestion final : public Question {
 public:
  FolderQuestion(engine::Store& store, View view, query::Prepared query, const query::RunOptions& limits,
                 const OwnAudit& audit)
      : store_(store), view_(std::move(view)), query_(std::move(query)), limits_(limits), audit_(audit) {
    complaints = query_.complaints;
    if (query_.program)
      statements = static_cast<std::size_t>(std::ranges::count_if(
          query_.program->query.statements,
          [](const query::typed::Ptr& statement) { return !query::is_definition(statement->op); }));
  }
  Result<void> run(const query::RunOptions& options, query::ResultSink& sink) override {
    query::RunOptions all = limits_;
    all.cancel = options.cancel, all.progress = options.progress;
    if (!audit_.reads()) return query::run(query_, store_, view_, all, sink);
    return query::run(query_, store_, view_, all, *audit_.watching(store_, TRY(query::told_by(query_, view_)), sink));
  }

 private:
  engine::Store& store_;
  const View view_;
  const query::Prepared query_;
  const query::RunOptions limits_;
  const OwnAudit audit_;
};

std::uint64_t patients_of(const View& view) {
  std::uint64_t patients = 0;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) patients += view.patients(shard);
  return patients;
}

class FolderSource final : public Source {
 public:
  FolderSource(std::string folder, std::unique_ptr<engine::Store> store, std::shared_ptr<const engine::Grant> grant,
               FolderAudit audit)
      : folder_(std::move(folder)),
        store_(std::move(store)),
        grant_(std::move(grant)),
        audit_(std::move(audit.audit)),
        flags_(std::move(audit.flags)) {}

  const std::string& name() const override { return folder_; }
  const std::string& zone() const override { return store_->zone(); }
  Result<Position> position() override { return shown().position(); }
  Result<std::uint64_t> patients() override { return patients_of(shown()); }

  Result<Chart> chart(const TimelineAsked& asked, std::uint64_t last) override {
    const View view = shown(asked.as_of);
    const engine::PatientRef patient = TRY(find_patient(view, asked.patient));
    auto held = std::make_shared<ChartHeld>();
    Chart chart;
    chart.person = TRY(engine::person_about(view, patient, held->room));
    TimelineFilter filter = asked.filter;
    if (last > 0) filter.backwards = true, filter.limit = static_cast<std::size_t>(last);
    held->timeline = TRY(view.timeline(patient, filter));
    for (std::size_t i = 0; i < held->timeline.size(); ++i) chart.events.push_back(TRY(held->timeline.event(i)));
    if (last > 0) std::ranges::reverse(chart.events);
    TRY(add_earlier(view, patient, asked.filter, chart.events.size(), chart));
    engine::AuditEntry act = reading(view, patient);
    act.rows = chart.events.size();
    TRY(audit_.read(*store_, std::move(act)));
    chart.holds = std::move(held);
    return chart;
  }

  Result<void> timeline(const TimelineAsked& asked, const OnPerson& on_person, const OnEvent& on_event) override {
    const View view = shown(asked.as_of);
    const engine::PatientRef patient = TRY(find_patient(view, asked.patient));
    engine::AuditEntry act = reading(view, patient);
    act.outcome = engine::AuditOutcome::begun;
    TRY(audit_.read(*store_, act));
    record::Arena room;
    TRY(on_person(TRY(engine::person_about(view, patient, room))));
    TimelineFilter filter = asked.filter;
    filter.limit = page_events;
    engine::Timeline page;
    do {
      TRY(stop_if_interrupted());
      TRY(view.timeline(patient, filter, stored::field_hot, page));
      for (std::size_t i = 0; i < page.size(); ++i) TRY(on_event(TRY(page.event(i))));
      act.rows += page.size();
      filter.cursor = page.next();
    } while (!filter.cursor.empty());
    act.outcome = engine::AuditOutcome::done;
    return audit_.read(*store_, std::move(act));
  }

  Result<void> events(const TimelineFilter& filter, Progress& progress, const OnPatientEvent& on_event) override {
    const View view = shown();
    const std::uint64_t of = patients_of(view);
    engine::AuditEntry act = own_act(engine::Act::export_rows, flags_);
    act.everyone = true, act.outcome = engine::AuditOutcome::begun;
    TRY(audit_.read(*store_, act));
    std::uint64_t done = 0;
    engine::Timeline page;
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
      for (std::uint32_t id = 0; id < view.patients(shard); ++id) {
        if (view.sees({shard, id})) act.rows += TRY(own_events(view, {shard, id}, filter, page, on_event));
        progress.update(++done, of);
      }
    }
    act.outcome = engine::AuditOutcome::done;
    return audit_.read(*store_, std::move(act));
  }

  Result<std::set<std::string>> systems_with(std::string_view wanted) override {
    return engine::code_systems(shown(), wanted);
  }

  Result<std::unique_ptr<Question>> prepare(std::string_view text, const query::PrepareOptions& options,
                                            const query::RunOptions& limits) override {
    query::Prepared prepared = TRY(query::prepare(*store_, text, options));
    return std::unique_ptr<Question>(
        std::make_unique<FolderQuestion>(*store_, shown(), std::move(prepared), limits, audit_));
  }
  Result<std::vector<std::string>> cohorts() override { return query::saved_cohorts(*store_); }
  Result<std::optional<std::string>> cohort_text(const std::string& name) override {
    return query::saved_cohort_text(*store_, name);
  }
  Result<std::vector<query::Complaint>> save_cohort(const std::string& name, std::string_view text,
                                                    const query::PrepareOptions& options) override {
    auto complaints = TRY(query::save_cohort(*store_, name, text, options));
    if (complaints.empty()) TRY(changed("cohort " + name));
    return complaints;
  }
  Result<WatchedCohort> watch_cohort(const std::string& name, const Position& since) override {
    query::CohortChanges from = TRY(query::cohort_changes(*store_, shown(), name, since, {.cancel = &interruption()}));
    WatchedCohort told{.changes = {}, .position = std::move(from.position)};
    engine::AuditEntry act = own_act(engine::Act::watch, flags_);
    act.text = "cohort " + name;
    act.rows = from.changes.size();
    for (const query::CohortChange& one : from.changes) {
      told.changes.push_back({one.system, one.name, one.entered});
      act.patients.push_back(one.patient);
    }
    TRY(audit_.read(*store_, std::move(act)));
    return told;
  }
  Result<void> forget_cohort(const std::string& name) override {
    TRY(query::forget_cohort(*store_, name));
    return changed("cohort " + name + ": removed");
  }

  Result<std::vector<query::CodeList>> code_lists() override { return query::CodeLists(*store_).all(); }
  Result<std::vector<ShownEntry>> list_entries(const std::string& name, std::uint32_t version) override {
    const View view = shown();
    std::vector<ShownEntry> shown;
    std::vector<query::ListEntry> entries = TRY(query::CodeLists(*store_).entries(name, version));
    const std::vector<bool> carried = TRY(query::carried(view, entries));
    for (std::size_t i = 0; i < entries.size(); ++i) shown.push_back({std::move(entries[i]), carried[i]});
    return shown;
  }
  Result<KeptList> keep_list(const std::string& name, std::vector<query::ListEntry> entries,
                             const query::ListOrigin& origin) override {
    SystemClock clock;
    query::CodeLists lists(*store_);
    const auto before = TRY(lists.find(name));
    KeptList kept;
    kept.version = TRY(lists.keep(name, std::move(entries), origin, clock.now()));
    kept.is_new = !before || before->versions.back().number != kept.version.number;
    TRY(changed("codes " + query::print_list(name)));
    return kept;
  }
  Result<void> remove_list(const std::string& name) override {
    SystemClock clock;
    TRY(query::CodeLists(*store_).remove(name, clock.now()));
    return changed("codes " + query::print_list(name) + ": removed");
  }
  Result<std::vector<engine::TerminologyVersion>> terminology() override {
    return engine::terminology_versions(*store_);
  }

  Result<std::unique_ptr<ImportSession>> import(const ImportAsked& asked) override {
    return folder_import(*store_, asked, audit_);
  }
  Result<void> link(const std::string& one, const std::string& other) override {
    record::Arena room;
    const View view = shown();
    const record::Identifier a = TRY(placed(first_identifier(view, one, room), "PATIENT"));
    const record::Identifier b = TRY(placed(first_identifier(view, other, room), "OTHER"));
    const auto audit = audit_.of_change(engine::Act::link);
    return store_->link(a, b, pointer(audit));
  }
  Result<void> unlink(const std::string& one, const std::string& other) override {
    record::Arena room;
    const View view = shown();
    const record::Identifier a = TRY(placed(first_identifier(view, one, room), "PATIENT"));
    const record::Identifier b = TRY(placed(first_identifier(view, other, room), "OTHER"));
    const auto audit = audit_.of_change(engine::Act::unlink);
    return store_->unlink(a, b, pointer(audit));
  }

  Result<std::unique_ptr<ChangeReader>> changes(const std::optional<Position>& since) override {
    return folder_changes(*store_, since);
  }

  Result<std::string> stats_text() override { return engine::inspect_stats(*store_); }
  Result<std::vector<Figure>> stats() override {
    std::vector<Figure> all;
    for (auto& [name, value] : engine::figures(store_->stats())) all.push_back({name, value});
    return all;
  }
  Result<std::string> hash(bool history, Progress& progress) override {
    return hex(TRY(engine::content_hash(*store_, history, progressed(progress))));
  }
  Result<engine::CheckReport> check(bool deep, Progress& progress) override {
    return engine::check(*store_, {.deep = deep, .progress = progressed(progress)});
  }
  Result<engine::BackupReport> backup(const std::string& folder, Progress& progress) override {
    engine::BackupReport report = TRY(engine::backup(*store_, folder, progressed(progress)));
    TRY(audit_.changed(*store_, engine::Act::backup, report.name));
    return report;
  }

 private:
  View shown(Micros as_of = INT64_MAX) const {
    const View whole = store_->view_as_of(as_of);
    return grant_ ? whole.narrowed(grant_) : whole;
  }
  Result<void> changed(std::string text) const {
    return audit_.changed(*store_, engine::Act::set_value, std::move(text));
  }
  engine::AuditEntry reading(const View& view, engine::PatientRef patient) const {
    engine::AuditEntry act = own_act(engine::Act::read_timeline, flags_);
    act.patients = view.linked(patient);
    return act;
  }

  // How many there were.
  static Result<std::uint64_t> own_events(const View& view, engine::PatientRef patient, TimelineFilter filter,
                                          engine::Timeline& page, const OnPatientEvent& on_event) {
    record::Arena room;
    const auto identifiers = TRY(view.identifiers(patient, room));
    const record::Identifier name = identifiers.empty() ? record::Identifier{} : identifiers.front();
    filter.limit = page_events;
    std::uint64_t events = 0;
    do {
      TRY(view.own_timeline(patient, filter, stored::field_hot, page));
      for (std::size_t i = 0; i < page.size(); ++i) TRY(on_event(name, TRY(page.event(i))));
      events += page.size();
      filter.cursor = page.next();
      TRY(stop_if_interrupted());
    } while (!filter.cursor.empty());
    return events;
  }

  const std::string folder_;
  const std::unique_ptr<engine::Store> store_;
  const std::shared_ptr<const engine::Grant> grant_;
  const OwnAudit audit_;
  const std::string flags_;
};

}  // namespace

std::unique_ptr<Source> folder_source(std::string folder, std::unique_ptr<engine::Store> store,
                                      std::shared_ptr<const engine::Grant> grant, FolderAudit audit) {
  return std::make_unique<FolderSource>(std::move(folder), std::move(store), std::move(grant), std::move(audit));
}

}  // namespace chartline::cli
