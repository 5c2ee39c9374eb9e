#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/own_audit.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"

namespace chartline::cli {
Result<void> run_erase(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::write));
  record::Arena room;
  const record::Identifier identifier = TRY(first_identifier(store->view(), invocation.argument(0), room));
  if (!invocation.on("yes")) {
    return advise(invalid_request("an erasure destroys the patient's record for good; nothing was done"),
                  "say --yes if that is what you want");
  }
  engine::ErasureReport report;
  {
    Progress progress(console, "erase", Unit::steps);
    const auto audit = OwnAudit(invocation).of_change(engine::Act::erase);
    report = TRY(engine::erase(*store, identifier, progressed(progress), pointer(audit)));
  }
  TRY(write_fields(form,
                   {{"token", text_cell(fmt::format("{:016x}", report.token))},
                    {"events", number_cell(report.events)},
                    {"past_events", number_cell(report.past_events)},
                    {"identifiers", number_cell(report.identifiers)},
                    {"originals", number_cell(report.originals)},
                    {"files_scanned", number_cell(report.files_scanned)},
                    {"bytes_scanned", number_cell(report.bytes_scanned)},
                    {"found_in", list_cell(report.found_in)},
                    {"unsearched", list_cell(report.unsearched)},
                    {"backups", list_cell(report.backups)}},
                   console));
  if (!report.found_in.empty()) return corrupt("the erasure failed: files still hold bytes of the patient");
  if (!report.unsearched.empty())
    console.say(
        "in parts of these files nobody can search for the patient: somebody wrote what cannot all be unpacked: " +
        list_cell(report.unsearched).text);
  if (!report.backups.empty())
    console.say("these backups still hold the patient; restoring them erases again: " + list_cell(report.backups).text);
  return {};
}

}  // namespace chartline::cli
