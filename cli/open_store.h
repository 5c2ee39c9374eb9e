// Opening the store that a command works on, and finding a patient in it, with failures that say what to do next.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "engine/maintenance.h"
#include "engine/store.h"

namespace chartline::cli {

enum class Access : std::uint8_t { read, write };

Result<std::string> store_folder(const Invocation& invocation);  // invalid_request where nobody named one
Result<std::unique_ptr<engine::Store>> open_store(const Invocation& invocation, Access access);
Result<std::unique_ptr<engine::Store>> open_store(const std::string& folder, const engine::StoreOptions& options);

// The same result; an error that does not name the place yet says it first.
template <typename T>
Result<T> placed(Result<T> result, const std::string& place) {
  if (result || result.error().message.find(place) != std::string::npos) return result;
  return Error{result.error().fault, place + ": " + result.error().message};
}

// not_found and conflict say how else the patient could be named.
Error unfound(const Error& error, const std::string& identifier);
Result<engine::PatientRef> find_patient(const engine::View& view, const std::string& identifier);
Result<record::Identifier> first_identifier(const engine::View& view, const std::string& identifier, record::Arena& room);

std::string position_text(const std::vector<std::uint64_t>& position);  // "1200,1187": a commit for each shard

// Shows `progress`, and cancels once the person does.
engine::Progressed progressed(Progress& progress);

}  // namespace chartline::cli
