// deid report: how easily people of a de-identified view are told apart, and what becomes of each field of a record in it.
#include <fmt/format.h>

#include "cli/failure.h"
#include "cli/granted.h"
#include "cli/open_store.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "engine/trust/deidentify.h"
#include "engine/trust/quasi_identifiers.h"

namespace chartline::cli {
namespace {

using Dates = engine::DeidentificationRules::Dates;

std::vector<std::pair<std::string, std::string>> fields_of(const engine::DeidentificationRules& rules) {
  std::string dates = fmt::format("shifted by 1 to {} days, the same for all of a person", rules.shift_days_max);
  if (rules.dates != Dates::shifted) dates = rules.dates == Dates::month ? "months" : "years";
  std::string cut;
  for (const auto& [name, bytes] : rules.cut_attributes)
    cut += fmt::format(", but for the first {} of {}", bytes, name);
  const std::string codes =
      rules.left_out_codes.empty() ? "kept" : fmt::format("kept, but for {}", rules.left_out_codes.size());
  return {{"identifiers", "one pseudonym"},
          {"dates", dates},
          {"birth", "its year; over 89, the year 90 before death or today"},
          {"record, encounter, person", "keyed tokens"},
          {"text", "left out" + cut},
          {"latitude, longitude", "left out"},
          {"codes", codes},
          {"sources", rules.keeps_sources ? "kept" : "left out"},
          {"originals, history, versions, recorded", "left out"}};
}

}  // namespace

Result<void> run_deid_report(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto store = TRY(open_store(invocation, Access::read));
  const auto grant = TRY(granted(invocation, *store));
  if (!grant) return invalid_request("--policy says what a project is shown, and is missing");
  if (!grant->deidentified)
    return advise(invalid_request("the policy shows this role no de-identified rows"),
                  "a researcher has them, within a --project, where the policy has [deidentification]");
  const auto found = TRY(engine::quasi_identifiers(store->view().narrowed(grant)));
  const auto writer = row_writer(form, {"what", "value", "k", "classes", "people", "people_in_fewer_than_8"},
                                 console.out(), [&](std::string_view text) { return console.write(text); });
  for (const auto& [field, becomes] : fields_of(grant->deidentified->rules()))
    TRY(writer->row({text_cell(field), text_cell(becomes), text_cell(""), text_cell(""), text_cell(""), text_cell("")}));
  for (const engine::QuasiIdentifierSet& set : found.sets) {
    TRY(writer->row({text_cell("k of"), text_cell(set.fields), number_cell(set.k()), number_cell(set.classes),
                     number_cell(found.people), number_cell(set.people_in_fewer_than(engine::rare_below))}));
  }
  for (const auto& [code, people] : found.rare_codes) {
    TRY(writer->row(
        {text_cell("rare code"), text_cell(code), text_cell(""), text_cell(""), number_cell(people), text_cell("")}));
  }
  return writer->end();
}

}  // namespace chartline::cli
