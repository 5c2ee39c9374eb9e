#include "query/prepare.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "query/codeset.h"
#include "query/constants.h"
#include "query/parse.h"
#include "query/print.h"
#include "query/resolve.h"
#include "query/saved_cohorts.h"
#include "query/token.h"

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
std::optional<tree::Statement> parse_parameter(const std::string& name, const std::string& value, std::uint32_t from,
                                               Complaints& complaints) {
  const std::size_t before = complaints.size();
  const std::string text = "param " + name + " = " + value;
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

// Code systems by the names that sources used.
std::vector<std::string> systems_of(const engine::View& view) {
  std::set<std::string, std::less<>> systems;
  for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
    for (engine::Name name = 1; name <= view.codes(shard); ++name) {
      const std::string_view system = view.code_of(shard, name).system;
      if (!systems.contains(system)) systems.emplace(system);
    }
  }
  return {systems.begin(), systems.end()};
}

std::string index_name(std::string_view text, std::string_view cohort) {
  Complaints complaints;
  for (const tree::Statement& one : parse(text, complaints).statements) {
    const auto* found = std::get_if<tree::Cohort>(&one.form);
    if (found && found->name == cohort) return found->index;
  }
  return {};
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

BoundQuery parse_with_parameters(std::string_view text, const PrepareOptions& options, Complaints& complaints) {
  BoundQuery query{.tree = parse(text, complaints), .parameters = {}};
  auto from = static_cast<std::uint32_t>(text.size()) + 1;
  std::size_t added = 0;
  const auto bind = [&](const std::string& name, const std::string& value) {
    query.parameters.push_back({.name = name, .from = from, .declared = span_of(query.tree, name)});
    auto bound = parse_parameter(name, value, from, complaints);
    if (bound) bind_parameter(query.tree, std::move(*bound), added);
    from += static_cast<std::uint32_t>(name.size() + value.size()) + 16;  // and the words around them
  };
  for (const auto& [name, value] : options.parameters) bind(name, value);
  const bool declared = std::ranges::find(query.tree.statements, "today", defined_name) != query.tree.statements.end();
  if (options.today && !declared) bind("today", record::print(record::day_time(*options.today)));
  return query;
}

std::vector<Complaint> at_home(Complaints&& complaints, const BoundQuery& query) {
  std::vector<Complaint> all = std::move(complaints).sorted();
  for (Complaint& one : all) {
    const auto next = std::ranges::upper_bound(query.parameters, one.span.begin, {}, &BoundParameter::from);
    if (next == query.parameters.begin()) continue;
    const BoundParameter& parameter = *std::prev(next);
    one.span = parameter.declared;
    one.message = "parameter `" + parameter.name + "`: " + one.message;
  }
  return all;
}

namespace {

using SavedPrograms = std::map<std::string, std::shared_ptr<const Program>, std::less<>>;

class Preparation {
 public:
  Preparation(engine::Store& store, std::string_view text, const PrepareOptions& options,
              const std::vector<std::string>& within)
      : store_(store),
        text_(text),
        options_(options),
        within_(within),
        bound_(parse_with_parameters(text, options, complaints_)) {}

  Result<Prepared> prepared(Micros codes_of) {
    Known known{.systems = systems_of(store_.view()), .any_code_list = true, .cohorts = TRY(saved_cohorts(store_))};
    SavedPrograms saved = TRY(saved_programs(known, codes_of));
    const typed::Query query = resolve(bound_.tree, known, complaints_);
    if (!complaints_.empty()) return refused();
    Prepared made;
    made.program = TRY(program(query, std::move(saved), codes_of, {}));
    Looker looker(*made.program, complaints_);
    for (const typed::Ptr& statement : query.statements) looker.look(*statement);
    if (!complaints_.empty()) return refused();
    std::map<Micros, std::vector<const typed::Node*>> of_past;
    for (const typed::Ptr& statement : query.statements) {
      if (statement->op == Op::as_of) of_past[TRY(as_of_instant(*statement, *made.program))].push_back(statement.get());
    }
    for (const auto& [instant, statements] : of_past) {
      made.past[instant] = TRY(program(query, TRY(saved_programs(known, instant)), instant, statements));
    }
    if (!complaints_.empty()) return refused();
    return made;
  }

 private:
  Prepared refused() { return {.complaints = at_home(std::move(complaints_), bound_), .program = nullptr}; }

  Result<std::shared_ptr<const Program>> program(const typed::Query& query, SavedPrograms saved, Micros codes_of,
                                                 std::vector<const typed::Node*> only) {
    const engine::View view = codes_of == INT64_MAX ? store_.view() : store_.view_as_of(codes_of);
    const auto codes = TRY(store_codes(store_, view, options_.terminology));
    LinkOptions options{.month_end = options_.month_end,
                        .saved = std::move(saved),
                        .text = std::string(text_),
                        .complaints = &complaints_,
                        .only = std::move(only)};
    return link(query, *codes, std::move(options));
  }

  // Saved cohorts that the text names, each prepared for itself.
  Result<SavedPrograms> saved_programs(Known& known, Micros codes_of) {
    SavedPrograms saved;
    Complaints of_tokens;
    for (const Token& token : tokens_of(text_, of_tokens)) {
      const bool named = token.form == Token::Form::word && std::ranges::binary_search(known.cohorts, token.text);
      if (!named || saved.contains(token.text) || span_of(bound_.tree, token.text).end != 0) continue;
      if (std::ranges::find(within_, token.text) != within_.end()) {
        complain(token, "the saved cohort `" + token.text + "` would be defined by itself");
        continue;
      }
      const std::optional<std::string> text = TRY(saved_cohort_text(store_, token.text));
      if (!text) continue;
      std::vector<std::string> deeper = within_;
      deeper.push_back(token.text);
      const PrepareOptions own{
          .parameters = {}, .month_end = options_.month_end, .terminology = options_.terminology, .today = std::nullopt};
      const Prepared one = TRY(prepare_within(store_, *text, own, deeper, codes_of));
      if (!one.complaints.empty()) {
        complain(token, "the saved cohort `" + token.text + "`: " + one.complaints.front().message);
        continue;
      }
      saved.emplace(token.text, one.program);
      if (const std::string index = index_name(*text, token.text); !index.empty())
        known.cohort_indexes.emplace(token.text, index);
    }
    return saved;
  }

  void complain(const Token& token, std::string message) {
    complaints_.add({.span = token.span, .message = std::move(message), .expected = "", .suggestion = ""});
  }

  engine::Store& store_;
  std::string_view text_;
  const PrepareOptions& options_;
  const std::vector<std::string>& within_;
  Complaints complaints_;
  BoundQuery bound_;
};

}  // namespace

Result<Prepared> prepare_within(engine::Store& store, std::string_view text, const PrepareOptions& options,
                                const std::vector<std::string>& within, Micros codes_of) {
  return Preparation(store, text, options, within).prepared(codes_of);
}

Result<Prepared> prepare(engine::Store& store, std::string_view text, const PrepareOptions& options) {
  return prepare_within(store, text, options, {});
}

}  // namespace chartline::query
