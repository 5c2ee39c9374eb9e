// Answers out of the folder of a store.
#pragma once

#include <memory>
#include <string>

#include "cli/source.h"
#include "engine/store.h"
#include "engine/trust/grant.h"

namespace chartline::cli {

// `grant`: what is shown of it; null: everything.
std::unique_ptr<Source> folder_source(std::string folder, std::unique_ptr<engine::Store> store,
                                      std::shared_ptr<const engine::Grant> grant = {});

// For it alone.
Result<std::unique_ptr<ImportSession>> folder_import(engine::Store& store, const ImportAsked& asked);
std::unique_ptr<ChangeReader> folder_changes(engine::Store& store, const std::optional<Position>& since);

}  // namespace chartline::cli
