// Kept in the store's meta:
//
//   query/cohorts        := (NAME "\n")*      sorted
//   query/cohort/NAME    := the text of its definitions
#include "query/saved_cohorts.h"

#include <algorithm>

#include "engine/meta_lock.h"
#include "query/parse.h"
#include "query/prepare.h"
#include "query/print.h"
#include "query/words.h"

namespace chartline::query {
namespace {

constexpr std::string_view listing = "query/cohorts";
std::string meta_name(std::string_view cohort) { return "query/cohort/" + std::string(cohort); }

Result<void> write_listing(engine::Store& store, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return store.set_meta(listing, text);
}

bool defines(const tree::Statement& one) {
  return std::holds_alternative<tree::Param>(one.form) || std::holds_alternative<tree::Codes>(one.form) ||
         std::holds_alternative<tree::Let>(one.form) || std::holds_alternative<tree::Cohort>(one.form);
}

// The definitions of a query as text: as it was written, comments too, where it holds nothing else, behind a line for each
// parameter that it does not declare; where a parameter takes the place of what is written, as printed.
std::string definitions_of(const BoundQuery& query, std::string_view written) {
  const bool as_written = std::ranges::none_of(query.parameters, &BoundParameter::declared) &&
                          std::ranges::all_of(query.tree.statements, defines);
  std::string text;
  // Those that the text does not declare stand first.
  const std::size_t printed = as_written ? query.parameters.size() : query.tree.statements.size();
  for (std::size_t i = 0; i < printed; ++i)
    if (defines(query.tree.statements[i])) text += print(query.tree.statements[i]) + "\n";
  if (as_written) text += written;
  return text;
}

// A day that nobody asks about is not kept.
PrepareOptions without_idle_today(PrepareOptions options, const typed::Query& query) {
  if (!names_param(query, "today")) options.today.reset();
  return options;
}

bool defines_cohort(const tree::Query& query, std::string_view name) {
  return std::ranges::any_of(query.statements, [&](const tree::Statement& one) {
    const auto* cohort = std::get_if<tree::Cohort>(&one.form);
    return cohort && cohort->name == name;
  });
}

}  // namespace

Result<std::vector<std::string>> saved_cohorts(engine::Store& store) {
  std::vector<std::string> names;
  const auto text = TRY(store.meta(listing));
  if (!text) return names;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    names.emplace_back(text->substr(at, end - at));
    at = end + 1;
  }
  return names;
}

Result<std::optional<std::string>> saved_cohort_text(engine::Store& store, std::string_view name) {
  const auto text = TRY(store.meta(meta_name(name)));
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

Result<std::vector<Complaint>> save_cohort(engine::Store& store, std::string_view name, std::string_view text,
                                           const PrepareOptions& options) {
  const auto lock = engine::lock_meta(store);  // over the looking too: two cohorts saved at once make no circle
  const Prepared prepared = TRY(prepare_within(store, text, options, {std::string(name)}));
  if (!prepared.complaints.empty()) return prepared.complaints;
  Complaints none;
  const BoundQuery query = parse_with_parameters(text, without_idle_today(options, prepared.program->query), none);
  if (!defines_cohort(query.tree, name)) {
    return std::vector<Complaint>{{.span = nowhere,
                                   .message = "the text defines no cohort `" + std::string(name) + "`",
                                   .expected = "cohort " + std::string(name) + " = ...",
                                   .suggestion = ""}};
  }
  TRY(store.set_meta(meta_name(name), definitions_of(query, text)));
  std::vector<std::string> names = TRY(saved_cohorts(store));
  if (std::ranges::find(names, name) != names.end()) return std::vector<Complaint>{};
  names.emplace_back(name);
  std::ranges::sort(names);
  TRY(write_listing(store, names));
  return std::vector<Complaint>{};
}

Result<bool> forget_cohort(engine::Store& store, std::string_view name) {
  const auto lock = engine::lock_meta(store);
  std::vector<std::string> names = TRY(saved_cohorts(store));
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return false;
  names.erase(found);
  TRY(write_listing(store, names));
  TRY(store.set_meta(meta_name(name), ""));
  return true;
}

}  // namespace chartline::query
