#include "query/saved_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "query/parse.h"
#include "query/prepare.h"
#include "query/saved_cohorts.h"
#include "query/token.h"

namespace chartline::query {
namespace {

constexpr std::size_t under_way_max = 200;  // cohorts that use one another; each is read within the one that uses it

std::string words_before(const std::string& cohort) { return "the saved cohort `" + cohort + "`: "; }

const tree::Cohort* cohort_in(const tree::Query& query, std::string_view name) {
  for (const tree::Statement& one : query.statements) {
    const auto* cohort = std::get_if<tree::Cohort>(&one.form);
    if (cohort && cohort->name == name) return cohort;
  }
  return nullptr;
}

}  // namespace

Result<std::string> SavedReader::index_name(const std::string& cohort) {
  if (const auto known = index_names_.find(cohort); known != index_names_.end()) return known->second;
  const std::optional<std::string> text = TRY(saved_cohort_text(store_, cohort));
  Complaints complaints;
  const tree::Query query = parse(text.value_or(""), complaints);
  const tree::Cohort* found = cohort_in(query, cohort);
  return index_names_[cohort] = found ? found->index : "";
}

// A word of the text that is a cohort's name may mean something else: only the resolver tells. What the cohort calls its
// index dates does no harm then.
Result<Known> SavedReader::known_to(std::string_view text, const tree::Query& query) {
  if (!names_) names_ = TRY(saved_cohorts(store_));
  Known known{.systems = systems_, .any_code_list = true};
  std::ranges::copy_if(*names_, std::back_inserter(known.cohorts),
                       [&](const std::string& name) { return !is_defined(query, name); });
  Complaints of_tokens;
  for (const Token& token : tokens_of(text, of_tokens)) {
    const bool named = token.form == Token::Form::word && std::ranges::binary_search(known.cohorts, token.text);
    if (!named || known.cohort_indexes.contains(token.text)) continue;
    if (std::string index = TRY(index_name(token.text)); !index.empty())
      known.cohort_indexes.emplace(token.text, std::move(index));
  }
  return known;
}

Result<void> SavedReader::read(const typed::Query& query, Complaints& complaints) {
  Depths depths;
  for (const UsedCohort& used : used_cohorts(query)) {
    const One* const found = TRY(one(used, ""));
    depths.emplace(used.name, found->depth);
    if (!found->wrong.empty())
      complaints.add({.span = used.span, .message = found->wrong, .expected = "", .suggestion = ""});
  }
  if (complaints.empty()) (void)bounded_depths(query, std::move(depths), complaints);
  return {};
}

Result<const SavedReader::One*> SavedReader::one(const UsedCohort& used, const std::string& by) {
  const auto [found, is_new] = read_.try_emplace(used.name);
  One& one = found->second;
  if (is_new) one.user = by, one.span = used.span;
  if (one.under_way || std::ranges::find(within_, used.name) != within_.end()) {
    one.wrong = "the saved cohort `" + used.name + "` would be defined by itself";
  } else if (is_new && under_way_ == under_way_max) {
    one.wrong = words_before(used.name) + "too many others stand between it and the query";
  } else if (is_new) {
    one.under_way = true, ++under_way_;
    TRY(read_one(used.name, one));
    one.under_way = false, --under_way_;
  }
  return &one;
}

SavedReader::Home SavedReader::home_of(const std::string& name) const {
  Home home;
  for (const std::string* at = &name; !at->empty();) {
    const One& one = read_.find(*at)->second;
    home.words = words_before(*at) + home.words;
    home.span = one.span;
    at = &one.user;
  }
  return home;
}

Result<void> SavedReader::read_one(const std::string& name, One& into) {
  auto cohort = std::make_shared<SavedCohort>();
  cohort->name = name;
  cohort->text = TRY(saved_cohort_text(store_, name)).value_or("");
  Complaints complaints;
  const tree::Query tree = parse(cohort->text, complaints);
  if (!cohort_in(tree, name))
    complaints.add({.span = {}, .message = "the text defines no cohort", .expected = "", .suggestion = ""});
  cohort->query = resolve(tree, TRY(known_to(cohort->text, tree)), complaints);
  Depths depths;
  for (const UsedCohort& used : used_cohorts(cohort->query)) {
    const One* const deeper = TRY(one(used, name));
    depths.emplace(used.name, deeper->depth);
    if (!deeper->wrong.empty())
      complaints.add({.span = used.span, .message = deeper->wrong, .expected = "", .suggestion = ""});
  }
  const Depths own = bounded_depths(cohort->query, std::move(depths), complaints);
  if (complaints.empty()) {
    into.depth = own.at(name);
    into.cohort = std::move(cohort);
  } else {
    into.wrong = words_before(name) + std::move(complaints).sorted().front().message;
  }
  return {};
}

std::vector<std::shared_ptr<const SavedCohort>> SavedReader::all() const {
  std::vector<std::shared_ptr<const SavedCohort>> cohorts;
  for (const auto& [name, one] : read_)
    if (one.cohort) cohorts.push_back(one.cohort);
  return cohorts;
}

}  // namespace chartline::query
