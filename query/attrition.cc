#include "query/attrition.h"

#include <algorithm>

#include "query/parse.h"
#include "query/print.h"

namespace chartline::query {
namespace {

using tree::ClauseWord;

// What is said of one event and drops none.
bool keeps_all(const tree::Clause& clause) {
  switch (clause.word) {
    case ClauseWord::as:
    case ClauseWord::ending:
    case ClauseWord::starting:
    case ClauseWord::lasting:
    case ClauseWord::any_status:
    case ClauseWord::including_contributions: return true;
    default: return false;
  }
}

class Steps {
 public:
  Steps(std::string_view text, const tree::Query& query) : text_(text), query_(query) {}

  std::vector<AttritionStep> of(const tree::Cohort& cohort) {
    if (cohort.per) {
      events(*cohort.per);
      const std::string whole = "in " + cohort.name;
      steps_.push_back({whole, whole});
      return std::move(steps_);
    }
    const auto* both = std::get_if<tree::Logic>(&cohort.predicate->form);
    if (!both || both->word != tree::LogicWord::and_) {
      condition(*cohort.predicate);
    } else {
      for (const tree::Ptr& part : both->parts) condition(*part);
    }
    return std::move(steps_);
  }

 private:
  void condition(const tree::Expression& one) {
    std::string words = print(one);
    const auto* logic = std::get_if<tree::Logic>(&one.form);
    steps_.push_back({title_of(one, words), logic ? "(" + words + ")" : words});
  }

  std::string title_of(const tree::Expression& one, const std::string& words) const {
    const auto* name = std::get_if<tree::Name>(&one.form);
    const tree::Statement* let = name ? definition(name->name) : nullptr;
    return let ? comment_above(*let, words) : words;
  }

  // The lets that an event expression is drawn from.
  void events(const tree::Expression& one) {
    if (const auto* name = std::get_if<tree::Name>(&one.form)) return definition_of(name->name);
    if (const auto* filtered = std::get_if<tree::Filtered>(&one.form)) return events(*filtered->of);
    if (const auto* prefixed = std::get_if<tree::Prefixed>(&one.form)) return events(*prefixed->of);
    if (const auto* call = std::get_if<tree::Call>(&one.form)) {
      if (!call->arguments.empty()) events(*call->arguments.back());
      return;
    }
    if (const auto* binary = std::get_if<tree::Binary>(&one.form); binary && binary->op == tree::Operator::subtract)
      events(*binary->left);
  }

  void definition_of(const std::string& name) {
    const tree::Statement* statement = definition(name);
    if (!statement) return;
    const tree::Expression& value = *std::get<tree::Let>(statement->form).value;
    events(value);
    const auto* filtered = std::get_if<tree::Filtered>(&value.form);
    if (!steps_.empty() && filtered && std::ranges::all_of(filtered->clauses, keeps_all)) return;
    const std::string exists = "exists " + name;
    steps_.push_back({comment_above(*statement, exists), exists});
  }

  const tree::Statement* definition(const std::string& name) const {
    for (const tree::Statement& one : query_.statements)
      if (const auto* let = std::get_if<tree::Let>(&one.form); let && let->name == name) return &one;
    return nullptr;
  }

  std::string comment_above(const tree::Statement& statement, const std::string& otherwise) const {
    const std::size_t begins = text_.rfind('\n', statement.span.begin);
    if (begins == std::string_view::npos) return otherwise;
    const std::size_t before = begins == 0 ? std::string_view::npos : text_.rfind('\n', begins - 1);
    const std::size_t from = before == std::string_view::npos ? 0 : before + 1;
    std::string_view line = text_.substr(from, begins - from);
    if (!line.starts_with('#')) return otherwise;
    line.remove_prefix(std::min(line.find_first_not_of("# "), line.size()));
    return line.empty() ? otherwise : std::string(line);
  }

  std::string_view text_;
  const tree::Query& query_;
  std::vector<AttritionStep> steps_{};
};

}  // namespace

std::vector<AttritionStep> attrition_of(std::string_view text, std::string_view cohort) {
  Complaints complaints;
  const tree::Query query = parse(text, complaints);
  if (!complaints.empty()) return {};
  for (const tree::Statement& one : query.statements)
    if (const auto* found = std::get_if<tree::Cohort>(&one.form); found && found->name == cohort)
      return Steps(text, query).of(*found);
  return {};
}

}  // namespace chartline::query
