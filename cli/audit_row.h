// An entry of the audit log as a row.
#pragma once

#include <string>
#include <vector>

#include "cli/rows.h"
#include "engine/audit/entry_bytes.h"
#include "engine/view.h"

namespace chartline::cli {

const std::vector<std::string>& audit_columns();
// With a view, patients are called by their first identifier; else, and where they have none, by shard/id.
Row audit_row(const engine::AuditRecord& record, const engine::View* view);

}  // namespace chartline::cli
