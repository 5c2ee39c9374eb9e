// backup and restore.
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

Result<void> list(const std::string& folder, Form form, Console& console) {
  const auto backups = TRY(engine::list_backups(folder));
  const auto writer = row_writer(form, {"name", "bytes", "position"}, console.out(),
                                 [&](std::string_view text) { return console.write(text); });
  for (const engine::BackupEntry& backup : backups) {
    TRY(writer->row({text_cell(backup.name), number_cell(backup.bytes), text_cell(position_text(backup.position))}));
  }
  return writer->end();
}

}  // namespace

Result<void> run_backup(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const bool served = TRY(is_server(invocation));
  if (served && !invocation.arguments().empty())
    return invalid_request("a server has a folder of backups of its own: no folder is named beside --server");
  if (!served && invocation.arguments().empty()) return invalid_request("into which folder of backups?");
  const auto source = TRY(open_source(invocation, Access::write));
  engine::BackupReport report;
  {
    Progress progress(console, "backup", Unit::bytes);
    report = TRY(source->backup(served ? std::string() : invocation.argument(0), progress));
  }
  return write_fields(form,
                      {{"backup", text_cell(report.name)},
                       {"position", text_cell(position_text(report.position))},
                       {"files", number_cell(report.files)},
                       {"bytes", number_cell(report.bytes)},
                       {"new_files", number_cell(report.new_files)},
                       {"new_bytes", number_cell(report.new_bytes)}},
                      console);
}

Result<void> run_restore(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  if (invocation.on("list")) return list(invocation.argument(0), form, console);
  const std::string to = TRY(store_folder(invocation));
  engine::RestoreReport report;
  {
    Progress progress(console, "restore", Unit::bytes);
    report = TRY(engine::restore(
        invocation.argument(0), to,
        {.name = invocation.text("name"), .verify = invocation.on("verify"), .progress = progressed(progress)}));
  }
  TRY(write_fields(form,
                   {{"store", text_cell(to)},
                    {"files", number_cell(report.files)},
                    {"bytes", number_cell(report.bytes)},
                    {"erased_again", number_cell(report.erased_again)},
                    {"hash", text_cell(hex(report.content))}},
                   console));
  if (!report.all_searched)
    console.say(
        "who was erased again is gone, but of some files not all could be searched for their bytes: somebody wrote "
        "what cannot all be unpacked");
  if (invocation.on("verify"))
    console.note(
        report.erased_again > 0
            ? "verified: the store is sound; its hash is another than at the backup, as who was erased since is gone"
            : "verified: the store is sound, and its hash is the one noted at the backup");
  return {};
}

}  // namespace chartline::cli
