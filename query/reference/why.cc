#include "query/reference/why.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/bring_in.h"
#include "query/event_cells.h"
#include "query/findings.h"
#include "query/person.h"
#include "query/reference/evaluator.h"

namespace chartline::query {

using typed::Node;
using typed::Op;

namespace {

class Reasons {
 public:
  Reasons(const Program& program, const Person& person, Stop& stop, RowStream& out)
      : program_(program), person_(person), stop_(stop), evaluator_(program), out_(out) {
    evaluator_.heed(&stop);
    evaluator_.start(person);
  }

  Result<void> cohort(const std::string& name, int depth) {
    const Node& node = program_.definition(name);
    const bool is_said = !is_new(node);
    const std::string words = "in " + std::string(name_in_text(name)).append(is_said ? as_above : "");
    TRY(row(depth, words, truth(!evaluator_.members(node).empty()), std::nullopt));
    if (is_said) return {};
    if (node.parts.size() == 1) return condition(*node.parts[0], depth + 1);
    const std::vector<Item> indexes = evaluator_.events(*node.parts[1]);
    if (indexes.empty()) return events(*node.parts[1], depth + 1);
    for (const Item& index : indexes) {
      evaluator_.bind(std::get<typed::Named>(node.data).slot, index);
      TRY(row(depth + 1, "per " + program_.printed(*node.parts[1]), evaluator_.truth(*node.parts[0]), index));
      TRY(condition(*node.parts[0], depth + 2));
    }
    // What an era was made of is not seen in it.
    return is_joined(*node.parts[1]) ? events(*node.parts[1], depth + 1) : Result<void>();
  }

 private:
  // What a definition comes to is said once: it stands on no row, so that it comes to the same wherever it is named.
  static constexpr std::string_view as_above = " (as above)";
  bool is_new(const Node& definition) { return said_.insert(&definition).second; }

  static bool is_joined(const Node& node) { return node.op == Op::eras || node.op == Op::episodes; }
  static bool has_parts(const Node& condition) {
    switch (condition.op) {
      case Op::and_:
      case Op::or_:
      case Op::not_:
      case Op::at_least:
      case Op::at_most:
      case Op::exactly:
      case Op::exists: return true;
      default: return false;
    }
  }

  Result<void> row(int depth, const std::string& clause, Truth answer, const std::optional<Item>& item) {
    TRY(stop_.check());  // before what may mean nothing any more
    std::vector<Cell> cells = {std::string(static_cast<std::size_t>(2 * depth), ' ') + clause, std::string(name(answer))};
    if (item) {
      add_event_cells(*item, cells);
    } else {
      add_no_event_cells(cells);
    }
    return out_.row(std::move(cells));
  }

  Result<void> condition(const Node& node, int depth) {
    const auto answered = [&](const std::string& words, std::optional<Item> item = std::nullopt) {
      return row(depth, words, evaluator_.truth(node), item);
    };
    switch (node.op) {
      case Op::and_: TRY(answered("all of")); return conditions(node, depth + 1);
      case Op::or_: TRY(answered("any of")); return conditions(node, depth + 1);
      case Op::at_least:
      case Op::at_most:
      case Op::exactly: {
        const std::string words = node.op == Op::at_least  ? "at least "
                                  : node.op == Op::at_most ? "at most "
                                                           : "exactly ";
        TRY(answered(words + record::print(std::get<record::Decimal>(node.data)) + " of"));
        return conditions(node, depth + 1);
      }
      case Op::not_:
        if (node.parts[0]->op == Op::exists) return about_events(node, *node.parts[0]->parts[0], depth);
        TRY(answered("not"));
        return conditions(node, depth + 1);
      case Op::exists: return about_events(node, *node.parts[0], depth);
      case Op::in_cohort: return cohort(std::get<typed::Named>(node.data).name, depth);
      case Op::let_of: {
        const Node& definition = *program_.definition(std::get<typed::Named>(node.data).name).parts[0];
        const bool is_said = !is_new(definition);
        TRY(answered(program_.printed(node).append(is_said ? as_above : "")));
        return is_said ? Result<void>() : condition(definition, depth + 1);
      }
      default: return answered(program_.printed(node), event_within(node));
    }
  }

  Result<void> conditions(const Node& node, int depth) {
    for (const typed::Ptr& part : node.parts) TRY(condition(*part, depth));
    return {};
  }

  // The event that a comparison is about, if it is about one.
  std::optional<Item> event_within(const Node& node) {
    for (const typed::Ptr& part : node.parts) {
      if (part->type.basic == Basic::event) {
        const std::vector<Item> found = evaluator_.events(*part);
        if (!found.empty()) return found.front();
      } else if (part->type.basic != Basic::events) {
        if (const auto found = event_within(*part)) return found;
      }
    }
    return std::nullopt;
  }

  Result<void> about_events(const Node& node, const Node& of, int depth) {
    const std::vector<Item> found = evaluator_.events(of);
    TRY(row(depth, program_.printed(node), evaluator_.truth(node),
            found.empty() ? std::nullopt : std::optional(found.front())));
    return of.op == Op::events ? Result<void>() : events(of, depth + 1);
  }

  // What an event expression is made of: its kind, then clause after clause.
  Result<void> events(const Node& node, int depth) {
    switch (node.op) {
      case Op::first:
      case Op::last:
      case Op::nth:
      case Op::lowest:
      case Op::highest: return events(*node.parts.back(), depth);
      case Op::let_of: {
        const Node& definition = *program_.definition(std::get<typed::Named>(node.data).name).parts[0];
        return is_new(definition) ? events(definition, depth) : one(node, depth, as_above);
      }
      case Op::filter: break;
      default: {
        if (is_joined(node)) TRY(events(*node.parts[0], depth));
        return one(node, depth);
      }
    }
    TRY(events(*node.parts[0], depth));
    std::vector<Item> left = evaluator_.events(*node.parts[0]);
    for (std::size_t clauses = 1; clauses < node.parts.size() && !left.empty(); ++clauses) {
      const std::vector<Item> now = evaluator_.events(with_clauses(node, clauses));
      TRY(row(depth + 1, program_.printed(*node.parts[clauses]), truth(!now.empty()),
              now.empty() ? left.front() : now.front()));
      if (now.empty()) TRY(about_candidate(node, *node.parts[clauses], left.front(), depth + 2));
      left = now;
    }
    return {};
  }

  // Some events in one row.
  Result<void> one(const Node& node, int depth, std::string_view more = "") {
    const std::vector<Item> found = evaluator_.events(node);
    const auto first = found.empty() ? std::nullopt : std::optional(found.front());
    return row(depth, program_.printed(node).append(more), truth(!found.empty()), first);
  }

  // Why a condition keeps none: how the first that came to it stands to each of its parts.
  Result<void> about_candidate(const Node& filter, const Node& clause, const Item& candidate, int depth) {
    if (clause.op != Op::where || !has_parts(*clause.parts[0])) return {};
    const std::uint32_t slot = std::get<typed::Slot>(filter.data).number;
    evaluator_.bind(slot, candidate);
    TRY(condition(*clause.parts[0], depth));
    evaluator_.unbind(slot);
    return {};
  }

  // The filter with its first clauses only. Kept, because an Evaluator knows nodes by their place.
  const Node& with_clauses(const Node& filter, std::size_t clauses) {
    Node made = filter;
    made.parts.resize(clauses + 1);
    made_.push_back(std::make_shared<const Node>(std::move(made)));
    return *made_.back();
  }

  const Program& program_;
  const Person& person_;
  Stop& stop_;
  Evaluator evaluator_;
  RowStream& out_;
  std::vector<typed::Ptr> made_;
  std::set<const Node*> said_{};  // definitions
};

}  // namespace

Result<void> why(const Node& statement, const Schema& schema, const Program& program, const engine::View& view,
                 Stop& stop, ResultSink& sink) {
  const auto unknown = [] { return not_found("`why`: no patient of the store has that identifier"); };
  const auto patient = TRY(view.find(std::get<std::string>(statement.parts[0]->data)));
  if (!patient) return unknown();
  PersonReader reader(view);
  Person person;
  if (!TRY(reader.read(view.linked(*patient).front(), person))) return unknown();
  TRY(sink.begin(schema));
  RowStream out(schema, sink);
  Reasons reasons(program, person, stop, out);
  TRY(reasons.cohort(std::get<typed::Named>(statement.data).name, 0));
  TRY(out.flush());
  return sink.end();
}

}  // namespace chartline::query
