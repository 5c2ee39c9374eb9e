// A planner of a store: who may have figures under disclosure control and nothing else.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/store.h"
#include "engine/trust/grant.h"
#include "engine/trust/project_key.h"
#include "query/run.h"

namespace chartline::query {

engine::ProjectKey made_key(std::uint64_t seed);

// Disclosure::none: figures as they are.
std::shared_ptr<const engine::Grant> planner(engine::Store& store, engine::Disclosure mode, std::uint64_t key_seed);

// Expects that the text has no complaint.
Result<std::vector<Answer>> ask(engine::Store& store, std::shared_ptr<const engine::Grant> grant, std::string_view text,
                                Executor executor = Executor::automatic);

// "female|20" a row.
std::vector<std::string> printed(const Answer& answer);

}  // namespace chartline::query
