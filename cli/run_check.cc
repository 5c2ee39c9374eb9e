// check and scrub: what they find is the result, and damage is a failure.
#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

// The counts; for a person each finding on a line of its own, before them.
Result<void> write_report(Form form, std::vector<Field> counts, const std::vector<std::string>& findings,
                          Console& console) {
  if (form != Form::table) {
    counts.push_back({"findings", list_cell(findings)});
    return write_fields(form, counts, console);
  }
  for (const std::string& finding : findings)
    TRY(console.write(paint("damaged", Ink::red, console.out()) + "  " + printable(finding, console.out().utf8) + "\n"));
  TRY(write_fields(form, counts, console));
  return findings.empty() ? console.write(paint("sound", Ink::green, console.out()) + "\n") : Result<void>();
}

Error damage(std::uint64_t findings) {
  return advise(corrupt(fmt::format("the store is damaged: {} finding{}", grouped(findings), findings == 1 ? "" : "s")),
                "restore a backup with: chartline restore FROM --store DIR --verify");
}

}  // namespace

Result<void> run_check(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  engine::CheckReport report;
  {
    Progress progress(console, "check", Unit::steps);
    report = TRY(source->check(invocation.on("deep"), progress));
  }
  TRY(write_report(form,
                   {{"patients", number_cell(report.patients)},
                    {"events", number_cell(report.events)},
                    {"past_events", number_cell(report.past_events)},
                    {"runs", number_cell(report.runs)},
                    {"postings", number_cell(report.postings)},
                    {"posting_runs", number_cell(report.posting_runs)},
                    {"log_records", number_cell(report.log_records)},
                    {"unfolded_commits", number_cell(report.unfolded_commits)}},
                   report.findings, console));
  if (report.findings.empty()) return {};
  if (report.findings_left_out > 0) console.say(fmt::format("and {} more", grouped(report.findings_left_out)));
  return damage(report.findings.size() + report.findings_left_out);
}

Result<void> run_scrub(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::read));
  engine::ScrubReport report;
  {
    Progress progress(console, "scrub", Unit::bytes);
    report = TRY(engine::scrub(*store, invocation.number("pace"), progressed(progress)));
  }
  TRY(write_report(form, {{"files", number_cell(report.files)}, {"bytes", number_cell(report.bytes)}}, report.findings,
                   console));
  return report.findings.empty() ? Result<void>() : damage(report.findings.size());
}

}  // namespace chartline::cli
