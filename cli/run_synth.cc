// Synthetic people: as text on standard output, or straight into a store.
#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/own_audit.h"
#include "cli/progress.h"
#include "cli/runs.h"
#include "engine/import.h"
#include "formats/synth/population.h"

namespace chartline::cli {
namespace {

synth::Form form_of(const std::string& word) {
  if (word == "people") return synth::Form::people;
  return word == "narrow" ? synth::Form::narrow : synth::Form::full;
}

Result<void> load(const synth::Population& population, const std::string& folder, const Invocation& invocation,
                  Console& console) {
  const auto store = TRY(open_store(folder, {.block_cache_bytes = invocation.number("cache")}));
  const auto import =
      TRY(engine::Import::begin(*store, {.memory_bytes = invocation.number("memory"),
                                         .audit = OwnAudit(invocation).of_change(engine::Act::import, "synth")}));
  Progress progress(console, "synth", Unit::records);
  std::uint64_t records = 0;
  TRY(population.records(invocation.number("first"), invocation.number("patients"),
                         [&](const record::Record& record) -> Result<void> {
                           TRY(stop_if_interrupted());
                           progress.update(++records, 0);
                           return import->add(record);
                         }));
  const engine::ImportCounts counts = TRY(import->finish());
  console.note(fmt::format("{} events of {} people are in {}", counts.events, invocation.number("patients"), folder));
  if (counts.rejected > 0) return corrupt(fmt::format("{} records were refused", counts.rejected));
  return {};
}

}  // namespace

Result<void> run_synth(const Invocation& invocation, Console& console) {
  const synth::Population population(
      {.seed = invocation.number("seed"), .density_percent = static_cast<std::uint32_t>(invocation.number("density"))});
  if (const auto folder = invocation.given("into")) return load(population, *folder, invocation, console);
  return population.write({.first = invocation.number("first"),
                           .people = invocation.number("patients"),
                           .form = form_of(invocation.text("form")),
                           .threads = static_cast<unsigned>(invocation.number("threads"))},
                          [&](std::string_view rows) -> Result<void> {
                            TRY(stop_if_interrupted());
                            return console.write(rows);
                          });
}

}  // namespace chartline::cli
