#include "query/prepare.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "query/codeset.h"
#include "query/constants.h"
#include "query/findings.h"
#include "query/parse.h"
#include "query/resolve.h"
#include "query/saved_reader.h"
#include "query/vectorised/plan.h"

namespace chartline::query {

using typed::Op;

namespace {

std::string_view defined_name(const tree::Statement& statement) {
  return std::visit(
      [](const auto& form) -> std::string_view {
        if constexpr (requires { form.name; }) return form.name;
        return {};
      },
      statement.form);
}

Span span_of(const tree::Query& query, std::string_view name) {
  const auto found = std::ranges::find(query.statements, name, defined_name);
  return found == query.statements.end() ? Span{} : found->span;
}

// `param NAME = V` by itself: whatever V holds, it is one value and no more. Blanks before it keep its places apart from
// those of the text.
std::optional<tree::Statement> parse_parameter(const std::string& text, std::uint32_t from, Complaints& complaints) {
  const std::size_t before = complaints.size();
  tree::Query made = parse(std::string(from, ' ') + text, complaints);
  if (complaints.size() > before) return std::nullopt;
  if (made.statements.size() == 1 && std::holds_alternative<tree::Param>(made.statements.front().form))
    return std::move(made.statements.front());
  const Span span{from, from + static_cast<std::uint32_t>(text.size())};
  complaints.add({.span = span, .message = "it holds more than one value", .expected = "", .suggestion = ""});
  return std::nullopt;
}

void bind_parameter(tree::Query& query, tree::Statement bound, std::size_t& added) {
  for (tree::Statement& statement : query.statements) {
    auto* param = std::get_if<tree::Param>(&statement.form);
    if (!param || param->name != std::get<tree::Param>(bound.form).name) continue;
    param->value = std::get<tree::Param>(bound.form).value;
    return;
  }
  query.statements.insert(query.statements.begin() + static_cast<std::ptrdiff_t>(added++), std::move(bound));
}

bool names_in(const typed::Node& node, std::string_view name, std::unordered_set<const typed::Node*>& seen) {
  if (!seen.insert(&node).second) return false;
  if (node.op == Op::param_of && std::get<typed::Named>(node.data).name == name) return true;
  return std::ranges::any_of(node.parts, [&](const typed::Ptr& part) { return names_in(*part, name, seen); });
}

// The name of a param that the text has and a parameter was probably meant for.
std::string param_near(std::string_view name, const tree::Query& query) {
  std::vector<std::string_view> params;
  for (const tree::Statement& statement : query.statements) {
    const auto* param = std::get_if<tree::Param>(&statement.form);
    if (param && param->name != name) params.push_back(param->name);
  }
  return std::string(nearest(name, params));
}

// Complains about what only the store can tell.
class Looker {
 public:
  Looker(const Program& program, Complaints& complaints) : program_(program), complaints_(complaints) {}

  void look(const typed::Node& node) {
    if (node.op == Op::as_of) {
      want_constant(*node.parts[0], "the instant of `as of`");
      if (node.parts[1]->op == Op::as_of) complain(*node.parts[1], "`as of` within `as of`", "one instant");
    }
    if (node.op == Op::measure) {
      want_constant(*node.parts[4], "where a measure begins");
      want_constant(*node.parts[5], "where a measure ends");
      if (complaints_.empty()) {
        if (const auto intervals = intervals_of(node, program_); !intervals)
          complain(node, intervals.error().message, "");
      }
    }
    for (const typed::Ptr& part : node.parts) look(*part);
  }

 private:
  void want_constant(const typed::Node& node, const std::string& what) {
    if (!is_constant(node, program_))
      complain(node, what + " differs from patient to patient here", "a date, or a param");
  }
  void complain(const typed::Node& node, std::string message, std::string expected) {
    complaints_.add({.span = node.span, .message = std::move(message), .expected = std::move(expected), .suggestion = ""});
  }

  const Program& program_;
  Complaints& complaints_;
};

}  // namespace

bool names_param(const typed::Query& query, std::string_view name) {
  std::unordered_set<const typed::Node*> seen;
  return std::ranges::any_of(query.statements,
                             [&](const typed::Ptr& statement) { return names_in(*statement, name, seen); });
}

bool is_defined(const tree::Query& query, std::string_view name) {
  return std::ranges::find(query.statements, name, defined_name) != query.statements.end();
}

BoundQuery parse_with_parameters(std::string_view text, const PrepareOptions& options, Complaints& complaints) {
  BoundQuery query{.tree = parse(text, complaints), .text = std::string(text), .parameters = {}, .annexes = {}};
  std::size_t added = 0;
  const auto bind = [&](const std::string& name, const std::string& value) {
    query.text += '\n';
    const auto from = static_cast<std::uint32_t>(query.text.size());
    query.text += "param " + name + " = " + value;
    const bool declared = is_defined(query.tree, name);
    query.parameters.push_back({.name = name, .declared = declared});
    query.annexes.push_back(
        {.from = from, .words = "parameter `" + name + "`: ", .home = declared ? span_of(query.tree, name) : nowhere});
    auto bound = parse_parameter(query.text.substr(from), from, complaints);
    if (bound) bind_parameter(query.tree, std::move(*bound), added);
  };
  for (const auto& [name, value] : options.parameters) bind(name, value);
  if (options.today && !is_defined(query.tree, "today")) bind("today", record::print(record::day_time(*options.today)));
  return query;
}

std::vector<Complaint> at_home(Complaints&& complaints, const std::vector<Annex>& annexes) {
  std::vector<Complaint> all = std::move(complaints).sorted();
  for (Complaint& one : all) {
    const auto next = std::ranges::upper_bound(annexes, one.span.begin, {}, &Annex::from);
    if (next == annexes.begin()) continue;
    const Annex& annex = *std::prev(next);
    one.span = annex.home;
    one.message = annex.words + one.message;
  }
  return all;
}

namespace {

class Preparation {
 public:
  Preparation(engine::Store& store, std::string_view text, const PrepareOptions& options,
              const std::vector<std::string>& within)
      : store_(store),
        options_(options),
        within_(within),
        bound_(parse_with_parameters(text, options, complaints_)),
        annexes_(bound_.annexes) {}

  Result<Prepared> prepared() {
    // A parameter that holds nothing would be missed wherever the text names it.
    if (is_of_parameters()) return refused();
    SavedReader reader(store_, store_.view().code_systems(), within_);
    const typed::Query query = resolve(bound_.tree, TRY(reader.known_to(bound_.text, bound_.tree)), complaints_);
    TRY(reader.read(query, complaints_));
    if (complaints_.empty()) want_parameters_used(query);
    if (!complaints_.empty()) return refused();
    saved_ = reader.all();
    append_annexes(reader);
    Prepared made;
    made.program = TRY(program(query, INT64_MAX, {}));
    Looker looker(*made.program, complaints_);
    for (const typed::Ptr& statement : query.statements) looker.look(*statement);
    if (!complaints_.empty()) return refused();
    std::map<Micros, std::vector<const typed::Node*>> of_past;
    for (const typed::Ptr& statement : query.statements) {
      if (statement->op == Op::as_of) of_past[TRY(as_of_instant(*statement, *made.program))].push_back(statement.get());
    }
    for (const auto& [instant, statements] : of_past) made.past[instant] = TRY(program(query, instant, statements));
    if (!complaints_.empty()) return refused();
    for (const typed::Ptr& statement : made.program->query.statements)
      made.schemas.push_back(is_definition(statement->op) ? Schema() : schema_of(*statement, *made.program));
    made.plans = plans_of(*made.program);
    return made;
  }

 private:
  static std::shared_ptr<const vectorised::Plans> plans_of(const Program& program) {
    std::vector<vectorised::Plan> plans;
    for (const typed::Ptr& statement : program.query.statements) {
      if (!is_asked_of_everyone(statement->op)) continue;
      vectorised::Plan plan = vectorised::plan(*statement, program);
      if (plan.way != vectorised::Way::everyone) plans.push_back(std::move(plan));
    }
    return vectorised::plans_together(std::move(plans), program);
  }

  Prepared refused() { return {.complaints = at_home(std::move(complaints_), annexes_), .program = nullptr}; }

  bool is_of_parameters() const {
    return std::ranges::any_of(complaints_.all(), [&](const Complaint& one) {
      return !annexes_.empty() && one.span.begin >= annexes_.front().from;
    });
  }

  // One that is misspelt would leave the param that it is meant for as it is. The day that is only assumed may be idle.
  void want_parameters_used(const typed::Query& query) {
    for (std::size_t i = 0; i < bound_.parameters.size(); ++i) {
      const auto& [name, declared] = bound_.parameters[i];
      if (declared || !options_.parameters.contains(name) || names_param(query, name)) continue;
      const std::uint32_t at = annexes_[i].from;
      complaints_.add({.span = {at, at},
                       .message = "the text uses no param of this name",
                       .expected = "",
                       .suggestion = param_near(name, bound_.tree)});
    }
  }

  // Texts of saved cohorts stand behind the parameters, as link() puts them.
  void append_annexes(const SavedReader& reader) {
    std::size_t end = bound_.text.size();
    for (const auto& cohort : saved_) {
      const SavedReader::Home home = reader.home_of(cohort->name);
      annexes_.push_back({.from = static_cast<std::uint32_t>(end + 1), .words = home.words, .home = home.span});
      end += 1 + cohort->text.size();
    }
  }

  // With the codes of a moment; INT64_MAX for now.
  Result<std::shared_ptr<const Program>> program(const typed::Query& query, Micros codes_of,
                                                 std::vector<const typed::Node*> only) {
    const engine::View view = codes_of == INT64_MAX ? store_.view() : store_.view_as_of(codes_of);
    const auto codes = TRY(store_codes(store_, view, options_.terminology));
    LinkOptions options{.month_end = options_.month_end,
                        .saved = saved_,
                        .text = bound_.text,
                        .complaints = &complaints_,
                        .only = std::move(only)};
    return link(query, *codes, std::move(options));
  }

  engine::Store& store_;
  const PrepareOptions& options_;
  const std::vector<std::string>& within_;
  Complaints complaints_;
  const BoundQuery bound_;
  std::vector<Annex> annexes_;
  std::vector<std::shared_ptr<const SavedCohort>> saved_;
};

}  // namespace

Result<Prepared> prepare_within(engine::Store& store, std::string_view text, const PrepareOptions& options,
                                const std::vector<std::string>& within) {
  return Preparation(store, text, options, within).prepared();
}

Result<Prepared> prepare(engine::Store& store, std::string_view text, const PrepareOptions& options) {
  return prepare_within(store, text, options, {});
}

}  // namespace chartline::query
