// Answers out of the folder of a store.
#pragma once

#include <memory>
#include <string>

#include "cli/own_audit.h"
#include "cli/source.h"
#include "engine/store.h"
#include "engine/trust/grant.h"

namespace chartline::cli {

// What is done in it leaves entries in its audit log, as `audit` says; `flags` is what such an entry tells of how it was asked.
struct FolderAudit {
  OwnAudit audit;
  std::string flags;
};
// `grant`: what is shown of it; null: everything.
std::unique_ptr<Source> folder_source(std::string folder, std::unique_ptr<engine::Store> store,
                                      std::shared_ptr<const engine::Grant> grant, FolderAudit audit);

// For it alone.
Result<std::unique_ptr<ImportSession>> folder_import(engine::Store& store, const ImportAsked& asked,
                                                     const OwnAudit& audit);
std::unique_ptr<ChangeReader> folder_changes(engine::Store& store, const std::optional<Position>& since);

}  // namespace chartline::cli
