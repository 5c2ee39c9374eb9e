#include "cli/server_source.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "cli/interrupt.h"
#include "cli/open_store.h"

namespace chartline::cli {
namespace {

using engine::TimelineFilter;
using record::Event;

client::Filter filter_of(const TimelineFilter& from) {
  return {.from = from.from,
          .to = from.to,
          .kinds = from.kinds,
          .codes = from.codes,
          .sources = from.sources,
          .include_hidden = from.include_hidden,
          .backwards = from.backwards};
}

// Borrows from `from`.
engine::PersonAbout person_of(const client::Person& from) {
  engine::PersonAbout person;
  for (const client::Identifier& identifier : from.identifiers)
    person.identifiers.push_back({identifier.system, identifier.value});
  person.birth = from.birth, person.death = from.death, person.dead = from.dead;
  person.sex = from.sex, person.name = from.name;
  return person;
}

client::QueryOptions options_of(const query::PrepareOptions& options, const query::RunOptions& limits) {
  return {.parameters = options.parameters,
          .clamp_month_end = options.month_end == query::MonthEnd::clamp,
          .terminology = options.terminology,
          .today = options.today,
          .executor = static_cast<client::Executor>(limits.executor),
          .seconds_max = static_cast<std::uint32_t>(limits.milliseconds_max / 1000),
          .memory_bytes_max = limits.memory_bytes_max};
}

std::vector<query::Complaint> complaints_of(std::vector<client::Complaint> from) {
  std::vector<query::Complaint> complaints;
  for (client::Complaint& one : from)
    complaints.push_back(
        {{one.begin, one.end}, std::move(one.message), std::move(one.expected), std::move(one.suggestion)});
  return complaints;
}

query::ListVersion version_of(const client::ListVersion& from) {
  return {.number = from.number,
          .recorded = from.recorded,
          .removed = from.removed,
          .entries = from.entries,
          .origin = {from.origin.file, from.origin.hash, from.origin.rejected}};
}

// A client's rows for a sink of the query language.
class Rows final : public client::ResultSink {
 public:
  explicit Rows(query::ResultSink& to) : to_(to) {}
  Result<void> begin(const client::Schema& from) override {
    query::Schema schema{.statement = from.statement, .text = from.text, .columns = {}};
    for (const client::Column& column : from.columns)
      schema.columns.push_back({column.name, static_cast<query::ColumnForm>(column.form), column.unit});
    return to_.begin(schema);
  }
  Result<void> rows(client::Rows from) override {
    query::Batch batch;
    for (auto& column : from.columns) {
      auto& cells = batch.columns.emplace_back();
      cells.reserve(column.size());
      for (client::Cell& cell : column)
        cells.push_back(std::visit([](auto& value) { return cell_of(std::move(value)); }, cell));
    }
    return to_.rows(batch);
  }
  Result<void> end() override { return to_.end(); }

 private:
  static query::Cell cell_of(std::monostate) { return query::Missing{}; }
  template <typename Value>
  static query::Cell cell_of(Value value) {
    return value;
  }
  query::ResultSink& to_;
};

class ServerQuestion final : public Question {
 public:
  explicit ServerQuestion(client::Prepared prepared) : prepared_(std::move(prepared)) {
    complaints = complaints_of(prepared_.complaints);
    if (prepared_.query) statements = prepared_.query->statements();
  }
  Result<void> run(const query::RunOptions& options, query::ResultSink& sink) override {
    Rows rows(sink);
    client::RunOptions how{.cancel = options.cancel};
    if (options.progress)
      how.progress = [&](std::uint64_t patients, std::uint64_t of) { options.progress({patients, of}); };
    return prepared_.query->run(how, rows);
  }

 private:
  client::Prepared prepared_;
};

// What a chart is borrowed from.
struct Held {
  client::Person person;
  std::vector<client::Page> pages;
};

// The first `most` events (0: all), in the order of the filter.
Result<void> read_all(client::Timeline timeline, std::size_t most, Held& held, std::vector<Event>& events) {
  client::Page page = timeline.first();
  while (true) {
    TRY(stop_if_interrupted());
    for (const Event& event : page.events)
      if (most == 0 || events.size() < most) events.push_back(event);
    held.pages.push_back(std::move(page));
    if (timeline.at_end() || (most > 0 && events.size() >= most)) return {};
    page = TRY(timeline.next());
  }
}

class ServerSource final : public Source {
 public:
  ServerSource(std::string address, std::unique_ptr<client::Connection> server)
      : address_(std::move(address)), server_(std::move(server)) {}

  const std::string& name() const override { return address_; }
  const std::string& zone() const override { return server_->about().zone; }
  Result<Position> position() override { return server_->position(); }
  Result<std::uint64_t> patients() override {
    for (const client::Figure& figure : TRY(server_->figures()))
      if (figure.name == "patients") return figure.value;
    return unsupported("the server does not say how many patients there are");
  }

  // Two readings: whatever is written between them shows, and then they are made again.
  Result<Chart> chart(const TimelineAsked& asked, std::uint64_t last) override {
    constexpr int tries = 5;
    for (int i = 1;; ++i) {
      Chart chart;
      auto held = std::make_shared<Held>();
      TRY(read_shown(asked, last, *held, chart));
      const bool all_shown = last == 0 && !asked.filter.from;
      const bool alike = all_shown || TRY(read_earlier(asked, *held, chart));
      chart.person = person_of(held->person);
      chart.holds = std::move(held);
      if (alike || i == tries) return chart;
    }
  }

  Result<void> timeline(const TimelineAsked& asked, const OnPerson& on_person, const OnEvent& on_event) override {
    auto timeline = TRY(read(asked.patient, {.filter = filter_of(asked.filter), .as_of = asked.as_of}));
    TRY(on_person(person_of(timeline.person())));
    client::Page page = timeline.first();
    while (true) {
      TRY(stop_if_interrupted());
      for (const Event& event : page.events) TRY(on_event(event));
      if (timeline.at_end()) return {};
      page = TRY(timeline.next());
    }
  }

  Result<void> events(const TimelineFilter& filter, Progress& progress, const OnPatientEvent& on_event) override {
    return server_->events(filter_of(filter), [&](const client::PatientEvents& part) -> Result<void> {
      for (const Event& event : part.events) TRY(on_event(part.patient, event));
      progress.update(part.of + 1, 0);
      return {};
    });
  }

  Result<std::set<std::string>> systems_with(std::string_view code) override {
    const auto systems = TRY(server_->code_systems(std::string(code)));
    return std::set<std::string>(systems.begin(), systems.end());
  }

  Result<std::unique_ptr<Question>> prepare(std::string_view text, const query::PrepareOptions& options,
                                            const query::RunOptions& limits) override {
    return std::unique_ptr<Question>(
        std::make_unique<ServerQuestion>(TRY(server_->prepare(std::string(text), options_of(options, limits)))));
  }
  Result<std::vector<std::string>> cohorts() override { return server_->cohorts(); }
  Result<std::optional<std::string>> cohort_text(const std::string& name) override {
    auto text = server_->cohort(name);
    if (text) return std::optional(std::move(*text));
    return text.error().fault == Fault::not_found ? std::optional<std::string>()
                                                  : Result<std::optional<std::string>>(text.error());
  }
  Result<std::vector<query::Complaint>> save_cohort(const std::string& name, std::string_view text,
                                                    const query::PrepareOptions& options) override {
    return complaints_of(TRY(server_->save_cohort(name, std::string(text), options_of(options, {}))));
  }
  Result<void> forget_cohort(const std::string& name) override { return server_->remove_cohort(name); }
  Result<WatchedCohort> watch_cohort(const std::string& name, const Position& since) override {
    client::CohortChanges from = TRY(server_->cohort_changes(name, since));
    WatchedCohort told{.changes = {}, .position = std::move(from.position)};
    for (client::CohortChange& one : from.changes)
      told.changes.push_back({one.patient.system, one.patient.value, one.entered});
    return told;
  }

  Result<std::vector<query::CodeList>> code_lists() override {
    std::vector<query::CodeList> lists;
    for (const client::CodeList& from : TRY(server_->code_lists())) {
      query::CodeList& list = lists.emplace_back(query::CodeList{.name = from.name, .versions = {}});
      for (const client::ListVersion& version : from.versions) list.versions.push_back(version_of(version));
    }
    return lists;
  }
  Result<std::vector<ShownEntry>> list_entries(const std::string& name, std::uint32_t version) override {
    std::vector<ShownEntry> entries;
    for (client::ListEntry& from : TRY(server_->list_entries(name, version)))
      entries.push_back({{.code = {std::move(from.system), std::move(from.code)},
                          .reach = static_cast<query::Reach>(from.reach),
                          .excluded = from.excluded,
                          .display = std::move(from.display)},
                         from.carried});
    return entries;
  }
  Result<KeptList> keep_list(const std::string& name, std::vector<query::ListEntry> entries,
                             const query::ListOrigin& origin) override {
    std::vector<client::ListEntry> sent;
    for (query::ListEntry& entry : entries)
      sent.push_back({.system = std::move(entry.code.system),
                      .code = std::move(entry.code.code),
                      .display = std::move(entry.display),
                      .reach = static_cast<std::uint8_t>(entry.reach),
                      .excluded = entry.excluded});
    const client::KeptList kept = TRY(server_->keep_list(name, sent, {origin.file, origin.hash, origin.rejected}));
    return KeptList{version_of(kept.version), kept.is_new};
  }
  Result<void> remove_list(const std::string& name) override { return server_->remove_list(name); }
  Result<std::vector<engine::TerminologyVersion>> terminology() override {
    std::vector<engine::TerminologyVersion> versions;
    for (const client::TerminologyVersion& from : TRY(server_->terminology()))
      versions.push_back({from.name, from.pin, from.concepts, from.links});
    return versions;
  }

  Result<std::unique_ptr<ImportSession>> import(const ImportAsked& asked) override {
    return server_import(*server_, asked);
  }
  Result<void> link(const std::string& one, const std::string& other) override {
    const client::Identifier a = TRY(placed(first_of(one), "PATIENT"));
    const client::Identifier b = TRY(placed(first_of(other), "OTHER"));
    return server_->link({a.system, a.value}, {b.system, b.value});
  }
  Result<void> unlink(const std::string& one, const std::string& other) override {
    const client::Identifier a = TRY(placed(first_of(one), "PATIENT"));
    const client::Identifier b = TRY(placed(first_of(other), "OTHER"));
    return server_->unlink({a.system, a.value}, {b.system, b.value});
  }

  Result<std::unique_ptr<ChangeReader>> changes(const std::optional<Position>& since) override {
    return server_changes(*server_, since);
  }

  Result<std::string> stats_text() override { return server_->stats(); }
  Result<std::vector<Figure>> stats() override {
    std::vector<Figure> figures;
    for (const client::Figure& figure : TRY(server_->figures())) figures.push_back({figure.name, figure.value});
    return figures;
  }
  Result<std::string> hash(bool history, Progress&) override { return server_->hash(history); }
  Result<engine::BackupReport> backup(const std::string&, Progress&) override {
    client::BackupReport from = TRY(server_->backup());
    engine::BackupReport report;
    report.name = std::move(from.name), report.position = std::move(from.position);
    auto figures = by_name(from.figures);
    report.files = figures["files"], report.bytes = figures["bytes"];
    report.new_files = figures["new_files"], report.new_bytes = figures["new_bytes"];
    return report;
  }
  Result<engine::CheckReport> check(bool deep, Progress&) override {
    client::CheckReport from = TRY(server_->check(deep));
    engine::CheckReport report;
    auto figures = by_name(from.figures);
    report.patients = figures["patients"], report.events = figures["events"],
    report.past_events = figures["past_events"];
    report.runs = figures["runs"], report.postings = figures["postings"], report.posting_runs = figures["posting_runs"];
    report.log_records = figures["log_records"], report.unfolded_commits = figures["unfolded_commits"];
    report.findings = std::move(from.findings), report.findings_left_out = from.findings_left_out;
    return report;
  }

 private:
  static std::map<std::string_view, std::uint64_t> by_name(const std::vector<client::Figure>& figures) {
    std::map<std::string_view, std::uint64_t> values;
    for (const client::Figure& figure : figures) values[figure.name] = figure.value;
    return values;
  }
  Result<client::Timeline> read(const std::string& patient, const client::TimelineOptions& options) {
    auto timeline = server_->timeline(patient, options);
    if (timeline) return timeline;
    return unfound(timeline.error(), patient);
  }
  Result<client::Identifier> first_of(const std::string& patient) {
    auto found = server_->identifiers(patient);
    if (!found) return unfound(found.error(), patient);
    if (found->empty()) return not_found("the patient has no identifier any more");
    return std::move(found->front());
  }

  Result<void> read_shown(const TimelineAsked& asked, std::uint64_t last, Held& held, Chart& chart) {
    client::TimelineOptions options{.filter = filter_of(asked.filter), .as_of = asked.as_of};
    if (last > 0)
      options.filter.backwards = true,
      options.page_events = static_cast<std::uint32_t>(std::min<std::uint64_t>(last, 10'000));
    auto timeline = TRY(read(asked.patient, options));
    held.person = timeline.person();
    TRY(read_all(std::move(timeline), last, held, chart.events));
    if (last > 0) std::ranges::reverse(chart.events);
    return {};
  }

  // Hot columns of all of it, but for the last that are shown. False where those are not the last any more.
  Result<bool> read_earlier(const TimelineAsked& asked, Held& held, Chart& chart) {
    client::TimelineOptions options{
        .filter = filter_of(asked.filter), .fields = client::Fields::hot, .as_of = asked.as_of};
    options.filter.from.reset();
    std::vector<Event> all;
    TRY(read_all(TRY(read(asked.patient, options)), 0, held, all));
    if (all.size() < chart.events.size()) return false;
    const std::size_t earlier = all.size() - chart.events.size();
    if (!std::ranges::equal(std::span(all).subspan(earlier), chart.events, {}, &Event::number, &Event::number))
      return false;
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, std::size_t> last;  // system, code, unit -> row
    for (std::size_t i = 0; i < earlier; ++i) {
      const Event& event = all[i];
      chart.earlier += event.kind == record::Kind::patient ? 0 : 1;
      if (event.value.form == record::Value::Form::number && event.value.comparator == record::Comparator::equal &&
          !event.code.empty())
        last[{event.code.system, event.code.code, event.value.unit}] = i;
    }
    std::vector<std::size_t> rows;
    for (const auto& [names, row] : last) rows.push_back(row);
    std::ranges::sort(rows);
    for (const std::size_t row : rows) chart.earlier_numbers.push_back(all[row]);
    return true;
  }

  const std::string address_;
  const std::unique_ptr<client::Connection> server_;
};

}  // namespace

std::unique_ptr<Source> server_source(std::string address, std::unique_ptr<client::Connection> server) {
  return std::make_unique<ServerSource>(std::move(address), std::move(server));
}

}  // namespace chartline::cli
