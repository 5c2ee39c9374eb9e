#include "query/program.h"

#include <set>

#include "base/check.h"
#include "query/bring_in.h"
#include "query/names.h"
#include "query/parse.h"
#include "query/print.h"

namespace chartline::query {

using typed::Op;
using typed::Ptr;

namespace {

// Expands every set of codes below a node. Equal texts share one set.
class Linker {
 public:
  Linker(Program& program, CodeSource& source, Complaints* complaints)
      : program_(program), source_(source), complaints_(complaints) {}

  // Codes by the names of all definitions.
  void name_codes() {
    for (const auto& [name, definition] : program_.definitions) {
      const Basic basic = definition->type.basic;  // a param or let may stand for a code too
      if (basic == Basic::code || basic == Basic::codeset) named_.emplace_back(name, definition->parts.front());
    }
  }

  // Whether what cannot be expanded is complained about, or left empty.
  void complain(bool on) { complains_ = on; }

  // Below a node, and below the definitions that it names.
  Result<void> expand_within(const typed::Node& node) {
    if (node.op == Op::events) TRY(expand_set(*node.parts[0]));
    if (node.op == Op::code_in_set) TRY(expand_set(*node.parts[1]));
    const auto* named = std::get_if<typed::Named>(&node.data);
    const auto found = named ? program_.definitions.find(named->name) : program_.definitions.end();
    if (found != program_.definitions.end() && reached_.insert(found->second.get()).second)
      TRY(expand_within(*found->second));
    for (const Ptr& part : node.parts) TRY(expand_within(*part));
    return {};
  }

 private:
  Result<void> expand_set(const typed::Node& codes) {
    std::shared_ptr<const CodeSet>& set = sets_[typed::print(codes)];
    if (!set) {
      Result<CodeSet> expanded = expand(codes, named_, source_);
      if (!expanded && (!complaints_ || !is_of_text(expanded.error().fault))) return std::move(expanded).error();
      if (!expanded && complains_)
        complaints_->add({.span = codes.span,
                          .message = expanded.error().message,
                          .expected = expanded.error().fault == Fault::not_found ? "what was imported into this store" : "",
                          .suggestion = ""});
      set = std::make_shared<const CodeSet>(expanded ? *std::move(expanded) : CodeSet());
    }
    program_.code_sets[&codes] = set;
    return {};
  }

  static bool is_of_text(Fault fault) {
    return fault == Fault::invalid_request || fault == Fault::not_found || fault == Fault::unsupported;
  }

  Program& program_;
  CodeSource& source_;
  Complaints* complaints_;
  bool complains_ = true;
  CodesByName named_;
  std::set<const typed::Node*> reached_;  // definitions
  std::map<std::string, std::shared_ptr<const CodeSet>> sets_;
};

void define(const Ptr& statement, Program& program) {
  if (is_definition(statement->op))
    program.definitions.insert_or_assign(std::get<typed::Named>(statement->data).name, statement);
  if (statement->op == Op::explain || statement->op == Op::explain_analyze || statement->op == Op::as_of)
    define(statement->parts.back(), program);
}

// The query calls them by their own names.
void bring_in_all(const std::vector<std::shared_ptr<const SavedCohort>>& cohorts, Program& program) {
  for (const auto& cohort : cohorts) bring_in(*cohort, program);
  for (const auto& cohort : cohorts)
    program.definitions.emplace(cohort->name, program.definitions.at(name_brought_in(cohort->name, cohort->name)));
}

Ptr every_registration() {
  Ptr any = std::make_shared<const typed::Node>(typed::Node{Op::any_code, type(Basic::codeset)});
  return std::make_shared<const typed::Node>(
      typed::Node{Op::events, type(Basic::events), {}, {std::move(any)}, std::optional(record::Kind::registration)});
}

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line += blank ? ' ' : c;
  }
  return line;
}

}  // namespace

bool is_definition(Op op) { return op >= Op::param && op <= Op::cohort; }
bool is_statement(Op op) { return op >= Op::param && op <= Op::as_of; }
bool is_asked_of_everyone(Op op) { return op >= Op::count_patients && op <= Op::survival; }

const typed::Node& Program::definition(std::string_view name) const {
  const auto found = definitions.find(name);
  check(found != definitions.end(), "a definition that the resolver found");
  return *found->second;
}

const CodeSet& Program::codes(const typed::Node& node) const {
  const auto found = code_sets.find(&node);
  check(found != code_sets.end(), "a set of codes that was expanded");
  return *found->second;
}

std::string Program::printed(const typed::Node& node) const {
  if (node.span.end > text.size() || node.span.begin >= node.span.end) return std::string(typed::name(node.op));
  const std::string part = text.substr(node.span.begin, node.span.end - node.span.begin);
  // An expression is printed as part of a statement.
  const std::string_view before = is_statement(node.op) ? "" : "count ";
  Complaints complaints;
  std::string printed = print(parse(std::string(before) + part, complaints));
  if (!complaints.empty()) return on_one_line(part);
  while (printed.ends_with('\n')) printed.pop_back();
  return printed.substr(before.size());
}

Result<std::shared_ptr<const Program>> link(typed::Query query, CodeSource& source, LinkOptions options) {
  auto program = std::make_shared<Program>();
  program->query = std::move(query);
  program->text = std::move(options.text);
  program->month_end = options.month_end;
  program->terminology = source.version();
  for (const Ptr& statement : program->query.statements) define(statement, *program);
  bring_in_all(options.saved, *program);
  program->row_slot = program->query.slots++;
  program->registrations = every_registration();
  Linker linker(*program, source, options.complaints);
  linker.name_codes();
  if (options.only.empty()) {
    const auto of_past = [](const Ptr& statement) { return statement->op == Op::as_of; };
    for (const Ptr& statement : program->query.statements)
      if (!of_past(statement)) TRY(linker.expand_within(*statement));
    // What these name may have been then what it no longer is: the programs of their instants tell.
    linker.complain(false);
    for (const Ptr& statement : program->query.statements)
      if (of_past(statement)) TRY(linker.expand_within(*statement));
    linker.complain(true);
  }
  for (const typed::Node* statement : options.only) TRY(linker.expand_within(*statement));
  TRY(linker.expand_within(*program->registrations));
  program->names = known_names(*program);
  return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace chartline::query
