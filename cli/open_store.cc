#include "cli/open_store.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/failure.h"
#include "cli/interrupt.h"

namespace chartline::cli {

Result<std::string> store_folder(const Invocation& invocation) {
  if (auto folder = invocation.given("store")) return *folder;
  return advise(invalid_request("which store? --store DIR names it"),
                "CHARTLINE_STORE=DIR, or store = \"DIR\" in chartline.toml, says it once for all");
}

Result<std::unique_ptr<engine::Store>> open_store(const Invocation& invocation, Access access) {
  const std::string folder = TRY(store_folder(invocation));
  engine::StoreOptions options;
  options.read_only = access == Access::read;
  const std::uint64_t cache = invocation.number("cache");
  options.decoded_cache_bytes = cache / 8 * 5;  // what is decoded takes twice as much as the blocks it came from, or more
  options.block_cache_bytes = cache - options.decoded_cache_bytes;
  return open_store(folder, options);
}

Result<std::unique_ptr<engine::Store>> open_store(const std::string& folder, const engine::StoreOptions& options) {
  auto store = placed(engine::Store::open(folder, options), folder);
  if (store) return store;
  Error error = store.error();
  switch (error.fault) {
    case Fault::not_found: {
      std::error_code failed;
      const bool taken = std::filesystem::exists(folder, failed) && !std::filesystem::is_empty(folder, failed);
      return advise(std::move(error), taken ? "--store names a folder that chartline init has made"
                                            : fmt::format("make one with: chartline init --store {}", folder));
    }
    case Fault::corrupt:
      return advise(std::move(error), "restore a backup with: chartline restore FROM --store DIR --verify");
    default: return error;
  }
}

Error unfound(const Error& error, const std::string& identifier) {
  if (error.fault == Fault::conflict) return advise(error, "name the system too, as in 'nhs|9434765919'");
  if (error.fault != Fault::not_found) return error;
  const bool has_system = identifier.find('|') != std::string::npos;
  return advise(not_found(has_system ? "no patient of the store has this identifier in this system"
                                     : "no patient of the store has this identifier"),
                has_system ? "the value alone finds the patient in whatever system"
                           : "list some with: chartline events --kind patient --format csv");
}

Result<engine::PatientRef> find_patient(const engine::View& view, const std::string& identifier) {
  const auto found = view.find(identifier);
  if (!found) return unfound(found.error(), identifier);
  if (!*found) return unfound(not_found(""), identifier);
  return **found;
}

Result<record::Identifier> first_identifier(const engine::View& view, const std::string& identifier, record::Arena& room) {
  const auto patient = TRY(find_patient(view, identifier));
  const auto identifiers = TRY(view.identifiers(patient, room));
  if (identifiers.empty()) return not_found("the patient has no identifier any more");
  return identifiers.front();
}

std::string position_text(const std::vector<std::uint64_t>& position) {
  return fmt::format("{}", fmt::join(position, ","));
}

engine::Progressed progressed(Progress& progress) {
  return [&progress](std::uint64_t done, std::uint64_t of) {
    progress.update(done, of);
    return !interrupted();
  };
}

}  // namespace chartline::cli
