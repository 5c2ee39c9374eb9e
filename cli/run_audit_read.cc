// audit show and report: what is in the log, for auditors and for patients.
#include <algorithm>

#include "cli/audit_row.h"
#include "cli/filters.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/own_audit.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "engine/audit/trail.h"

namespace chartline::cli {
namespace {

// --from and --to, whole days in the store's zone.
struct Days {
  Micros from = INT64_MIN, past = INT64_MAX;
};
Result<Days> days_of(const Invocation& invocation, const engine::Store& store) {
  const record::Zone zone = TRY(record::Zone::find(store.zone()));
  Days days;
  if (const auto from = invocation.given("from"))
    days.from = record::interval(TRY(time_option("from", *from, zone))).first;
  if (const auto to = invocation.given("to")) days.past = record::interval(TRY(time_option("to", *to, zone))).past;
  return days;
}

std::unique_ptr<RowWriter> writer_of(Form form, std::vector<std::string> columns, Console& console) {
  return row_writer(form, std::move(columns), console.out(), [&](std::string_view text) { return console.write(text); });
}

// What a person is told of an entry; machines get all of it.
const std::vector<std::string> short_columns = {"entry", "at", "act", "outcome", "who", "role", "purpose", "rows"};
// A patient is not told whom else an act was about.
const std::vector<std::string> report_columns = {"at",      "act",  "outcome",     "who",    "role",  "organisation",
                                                 "purpose", "rows", "break_glass", "reason", "shard", "entry"};

Row chosen(const Row& row, const std::vector<std::string>& columns) {
  Row some;
  const std::vector<std::string>& all = audit_columns();
  for (const std::string& column : columns)
    some.push_back(row[static_cast<std::size_t>(std::find(all.begin(), all.end(), column) - all.begin())]);
  return some;
}

}  // namespace

Result<void> run_audit_show(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const OwnAudit audit(invocation);
  const auto store = TRY(open_store(invocation, audit.access()));
  const engine::View view = store->view();
  engine::AuditFilter filter;
  const Days days = TRY(days_of(invocation, *store));
  filter.from = days.from, filter.past = days.past;
  filter.who = invocation.given("who");
  if (const auto act = invocation.given("act")) filter.act = engine::parse_act(*act);
  if (const auto outcome = invocation.given("outcome")) filter.outcome = engine::parse_outcome(*outcome);
  filter.only_break_glass = invocation.on("break-glass");
  if (const auto patient = invocation.given("patient"))
    filter.patients = view.linked(TRY(find_patient(view, *patient)));
  TRY(audit.read(*store, own_act(engine::Act::read_audit, flags_given(invocation))));
  const bool brief = form == Form::table || form == Form::markdown;
  const auto writer = writer_of(form, brief ? short_columns : audit_columns(), console);
  TRY(engine::read_audit(*store, filter, [&](const engine::AuditRecord& record) -> Result<void> {
    TRY(stop_if_interrupted());
    const Row row = audit_row(record, brief ? nullptr : &view);
    return writer->row(brief ? chosen(row, short_columns) : row);
  }));
  return writer->end();
}

Result<void> run_audit_report(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const OwnAudit audit(invocation);
  const auto store = TRY(open_store(invocation, audit.access()));
  const engine::View view = store->view();
  const engine::PatientRef patient = TRY(find_patient(view, invocation.argument(0)));
  const Days days = TRY(days_of(invocation, *store));
  engine::AuditEntry reading = own_act(engine::Act::read_audit, flags_given(invocation));
  reading.patients = {patient};
  TRY(audit.read(*store, reading));
  const auto report = TRY(engine::audit_report(*store, patient, days.from, days.past));
  const auto writer = writer_of(form, report_columns, console);
  for (const engine::AuditRecord& record : report) TRY(writer->row(chosen(audit_row(record, nullptr), report_columns)));
  return writer->end();
}

}  // namespace chartline::cli
