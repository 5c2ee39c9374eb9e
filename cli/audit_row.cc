#include "cli/audit_row.h"

#include <fmt/format.h>

#include "formats/record/time.h"

namespace chartline::cli {
namespace {

std::string called(engine::PatientRef patient, const engine::View* view) {
  if (view != nullptr) {
    record::Arena room;
    const auto identifiers = view->identifiers(patient, room);
    if (identifiers && !identifiers->empty())
      return fmt::format("{}|{}", identifiers->front().system, identifiers->front().value);
  }
  return fmt::format("{}/{}", patient.shard, patient.id);
}

}  // namespace

const std::vector<std::string>& audit_columns() {
  static const std::vector<std::string> columns = {"shard",       "entry",    "at",       "act",          "outcome",
                                                   "fault",       "who",      "role",     "organisation", "purpose",
                                                   "project",     "session",  "patients", "everyone",     "rows",
                                                   "break_glass", "repeated", "reason",   "text",         "erased"};
  return columns;
}

Row audit_row(const engine::AuditRecord& record, const engine::View* view) {
  const engine::AuditEntry& entry = record.entry;
  std::vector<std::string> patients, erased;
  for (const engine::PatientRef patient : entry.patients) patients.push_back(called(patient, view));
  for (const std::uint64_t token : record.erased) erased.push_back(fmt::format("{:016x}", token));
  return {number_cell(record.shard),
          number_cell(record.number),
          text_cell(record::print(record::at_instant(entry.at))),
          text_cell(engine::name(entry.act)),
          text_cell(engine::name(entry.outcome)),
          text_cell(entry.fault ? name(*entry.fault) : std::string_view()),
          text_cell(entry.who),
          text_cell(entry.role),
          text_cell(entry.organisation),
          text_cell(entry.purpose),
          text_cell(entry.project),
          text_cell(entry.session),
          list_cell(patients),
          truth_cell(entry.everyone),
          number_cell(entry.rows),
          truth_cell(entry.break_glass),
          truth_cell(entry.repeated),
          text_cell(entry.reason),
          text_cell(entry.text),
          list_cell(erased)};
}

}  // namespace chartline::cli
