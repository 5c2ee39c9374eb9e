#include "query/print.h"

#include <algorithm>
#include <type_traits>

#include "query/words.h"

namespace chartline::query {
namespace {

using tree::ClauseWord;
using tree::Expression;
using tree::Operator;
using tree::Ptr;

// How tightly a form holds together: an operand looser than its place is put in brackets.
enum class Tightness {
  or_,
  and_,
  not_,
  comparison,
  otherwise,
  range,
  unite,
  intersect,
  add,
  multiply,
  negative,
  postfix,
  primary
};

Tightness next(Tightness tightness) { return static_cast<Tightness>(static_cast<int>(tightness) + 1); }

Tightness tightness(Operator op) {
  switch (op) {
    case Operator::otherwise: return Tightness::otherwise;
    case Operator::range: return Tightness::range;
    case Operator::unite: return Tightness::unite;
    case Operator::intersect: return Tightness::intersect;
    case Operator::add:
    case Operator::subtract: return Tightness::add;
    case Operator::multiply:
    case Operator::divide: return Tightness::multiply;
    default: return Tightness::comparison;
  }
}

Tightness tightness(const Expression& expression) {
  return std::visit(
      [](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, tree::Logic>) {
          return node.word == tree::LogicWord::or_ ? Tightness::or_ : Tightness::and_;
        } else if constexpr (std::is_same_v<Node, tree::Prefixed>) {
          return node.word == tree::Prefix::not_ ? Tightness::not_ : Tightness::primary;
        } else if constexpr (std::is_same_v<Node, tree::Binary>) {
          return tightness(node.op);
        } else if constexpr (std::is_same_v<Node, tree::IsMissing>) {
          return Tightness::comparison;
        } else if constexpr (std::is_same_v<Node, tree::Negative>) {
          return Tightness::negative;
        } else if constexpr (std::is_same_v<Node, tree::Filtered>) {
          return Tightness::postfix;
        } else {
          return Tightness::primary;
        }
      },
      expression.form);
}

// What would be swallowed if it stood behind the expression: nothing, what continues an event expression (clauses, set
// operators and arithmetic), or conditions (`and`, comparisons) too.
enum class Tail { closed, events, condition };

Tail tail(const Expression& expression) {
  return std::visit(
      [](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, tree::Logic>) {
          return tail(*node.parts.back());
        } else if constexpr (std::is_same_v<Node, tree::Prefixed>) {
          if (node.word == tree::Prefix::in_cohort) return Tail::closed;
          return node.word == tree::Prefix::not_ ? tail(*node.of) : std::max(Tail::events, tail(*node.of));
        } else if constexpr (std::is_same_v<Node, tree::Binary>) {
          return tail(*node.right);
        } else if constexpr (std::is_same_v<Node, tree::Negative>) {
          return tail(*node.of);
        } else if constexpr (std::is_same_v<Node, tree::Elapsed>) {
          return std::max(Tail::events, tail(*node.to));
        } else if constexpr (std::is_same_v<Node, tree::Filtered>) {
          const tree::Clause& last = node.clauses.back();
          if (last.word == ClauseWord::where) return Tail::condition;
          const Ptr& operand = last.second ? last.second : last.first;
          const bool bracketed = !operand || last.word == ClauseWord::with || last.word == ClauseWord::without;
          return bracketed ? Tail::events : std::max(Tail::events, tail(*operand));
        } else {
          return Tail::closed;
        }
      },
      expression.form);
}

class Printer {
 public:
  std::string take() { return std::move(out_); }

  void expression(const Expression& expression) {
    std::visit([this](const auto& node) { form(node); }, expression.form);
  }

  void query(const tree::Query& query) {
    for (const tree::Statement& one : query.statements) {
      statement(one);
      out_ += '\n';
    }
  }

  void statement(const tree::Statement& statement) {
    std::visit([this](const auto& node) { form(node); }, statement.form);
  }

 private:
  // What stands around an operand.
  enum class Behind { nothing, logic, more };  // nothing: a bracket, comma or word that ends it; logic: `and`, `or`

  void operand(const Expression& of, Tightness least, Behind behind) {
    const Tail open = tail(of);
    const bool swallows =
        (behind == Behind::more && open != Tail::closed) || (behind == Behind::logic && open == Tail::condition);
    const bool bracketed = tightness(of) < least || swallows;
    if (bracketed) out_ += '(';
    expression(of);
    if (bracketed) out_ += ')';
  }
  // A time, duration or right-hand side: no clause may show, and none may be swallowed.
  void closed(const Expression& of, Tightness least) {
    const bool filtered = shows_clause(of);
    operand(of, filtered ? Tightness::primary : least, Behind::more);
  }
  // A time behind `to`: quotes there would be taken for a unit.
  void bound(const Expression& of) {
    if (!begins_quoted(of)) return closed(of, Tightness::add);
    out_ += '(';
    expression(of);
    out_ += ')';
  }
  static bool begins_quoted(const Expression& of) {
    if (std::holds_alternative<tree::Text>(of.form)) return true;
    const std::vector<Ptr> parts = tree::parts_of(of.form);
    const bool begins_with_part = std::holds_alternative<tree::Binary>(of.form) ||
                                  std::holds_alternative<tree::Field>(of.form) ||
                                  std::holds_alternative<tree::Convert>(of.form);
    return begins_with_part && begins_quoted(*parts.front());
  }
  // A code runs on over the dots of a range.
  static bool ends_in_code(const Expression& of) {
    if (std::holds_alternative<tree::Code>(of.form) || std::holds_alternative<tree::List>(of.form)) return true;
    const auto* binary = std::get_if<tree::Binary>(&of.form);
    const auto* negative = std::get_if<tree::Negative>(&of.form);
    return (binary && ends_in_code(*binary->right)) || (negative && ends_in_code(*negative->of));
  }
  // A clause at the edge would belong to the outer event expression.
  static bool shows_clause(const Expression& of) {
    if (std::holds_alternative<tree::Filtered>(of.form)) return true;
    const bool holds_its_own = tightness(of) == Tightness::primary;
    if (holds_its_own) return false;
    const std::vector<Ptr> parts = tree::parts_of(of.form);
    return std::ranges::any_of(parts, [](const Ptr& part) { return shows_clause(*part); });
  }

  void word(std::string_view text) { out_ += text; }
  template <typename... Text>
  void words(const Text&... texts) {
    (word(texts), ...);
  }
  void list(const std::vector<Ptr>& items) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i) out_ += ", ";
      expression(*items[i]);
    }
  }

  // -- expressions
  void form(const tree::Number& node) {
    word(record::print(node.value));
    if (node.unit) out_ += ' ', word(quoted(*node.unit));
  }
  void form(const tree::Text& node) { word(quoted(node.text)); }
  void form(const tree::Length& node) { word(query::print(node.duration)); }
  void form(const tree::Moment& node) { word(record::print(node.time)); }
  void form(const tree::Code& node) { word(query::print(node.code)); }
  void form(const tree::List& node) { word(print_list(node.name)); }
  void form(const tree::AnyCode&) { word("*"); }
  void form(const tree::Name& node) { word(node.name); }

  void form(const tree::Logic& node) {
    const bool loose = node.word == tree::LogicWord::or_;
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      if (i) word(loose ? " or " : " and ");
      const bool last = i + 1 == node.parts.size();
      operand(*node.parts[i], loose ? Tightness::and_ : Tightness::not_, last ? Behind::nothing : Behind::logic);
    }
  }
  void form(const tree::Prefixed& node) {
    word(word_of(node.word));
    out_ += ' ';
    operand(*node.of, node.word == tree::Prefix::not_ ? Tightness::not_ : Tightness::unite, Behind::nothing);
  }
  void form(const tree::Binary& node) {
    const Tightness own = tightness(node.op);
    const bool right_to_left = node.op == Operator::otherwise;
    const bool chains = !is_comparison(node.op) && node.op != Operator::range;
    operand(*node.left, chains && !right_to_left ? own : next(own), Behind::more);
    const bool tight = node.op == Operator::range && !ends_in_code(*node.left);
    if (!tight) out_ += ' ';
    word(word_of(node.op));
    if (!tight) out_ += ' ';
    const Tightness right = right_to_left ? own : next(own);
    if (is_comparison(node.op)) {
      operand(*node.right, shows_clause(*node.right) ? Tightness::primary : right, Behind::nothing);
    } else {
      operand(*node.right, right, Behind::nothing);
    }
  }
  void form(const tree::IsMissing& node) {
    operand(*node.of, Tightness::otherwise, Behind::more);
    word(node.negated ? " is not missing" : " is missing");
  }
  void form(const tree::Negative& node) {
    out_ += '-';
    operand(*node.of, Tightness::negative, Behind::nothing);
  }
  void form(const tree::Convert& node) {
    // A quoted unit behind a bare number would be its own.
    operand(*node.of, Tightness::primary, Behind::more);
    words(" to ", quoted(node.unit));
  }
  void form(const tree::Field& node) {
    const bool bracketed =
        std::holds_alternative<tree::Code>(node.of->form) || std::holds_alternative<tree::List>(node.of->form);
    if (bracketed) out_ += '(';
    operand(*node.of, Tightness::primary, Behind::more);
    if (bracketed) out_ += ')';
    out_ += '.';
    word(node.name);
  }
  void form(const tree::CodeUnion& node) {
    word("{ ");
    list(node.parts);
    word(" }");
  }
  void form(const tree::Events& node) {
    word(node.kind ? record::name(*node.kind) : "any");
    out_ += '[';
    operand(*node.codes, Tightness::unite, Behind::nothing);
    out_ += ']';
  }
  void form(const tree::Case& node) {
    word("case");
    for (const auto& [condition, value] : node.branches) {
      word(" when ");
      expression(*condition);
      word(" then ");
      expression(*value);
    }
    if (node.otherwise) {
      word(" else ");
      expression(*node.otherwise);
    }
    word(" end");
  }
  void form(const tree::Elapsed& node) {
    word(plural(node.unit));
    word(" from ");
    closed(*node.from, Tightness::add);
    word(" to ");
    bound(*node.to);
  }
  void form(const tree::Call& node) {
    word(node.name);
    out_ += '(';
    list(node.arguments);
    if (node.gap) {
      const bool bare =
          std::holds_alternative<tree::Length>(node.gap->form) || std::holds_alternative<tree::Number>(node.gap->form);
      word(node.arguments.empty() ? "gap " : ", gap ");
      if (!bare) out_ += '(';
      expression(*node.gap);
      if (!bare) out_ += ')';
    }
    if (node.over) {
      word(" over ");
      operand(*node.over, Tightness::unite, Behind::nothing);
    }
    out_ += ')';
  }
  void form(const tree::Among& node) {
    word(word_of(node.bound));
    words(" ", std::to_string(node.count), " of (");
    list(node.parts);
    out_ += ')';
  }
  // A condition that would swallow the clause behind it is closed by brackets around all so far: (E where P) before T.
  void form(const tree::Filtered& node) {
    const std::size_t begin = out_.size();
    operand(*node.of, Tightness::primary, Behind::more);
    for (std::size_t i = 0; i < node.clauses.size(); ++i) {
      const tree::Clause& one = node.clauses[i];
      out_ += ' ';
      clause(one);
      const bool last = i + 1 == node.clauses.size();
      if (!last && one.word == ClauseWord::where && takes_clauses(*one.first)) {
        out_.insert(begin, 1, '(');
        out_ += ')';
      }
    }
  }

  // Whether a clause behind the condition would belong to its last part.
  static bool takes_clauses(const Expression& of) {
    // What stands in brackets takes clauses too.
    const auto last = [](const Expression& part, Tightness least) {
      return tightness(part) < least || takes_clauses(part);
    };
    if (tail(of) != Tail::closed) return true;
    if (const auto* logic = std::get_if<tree::Logic>(&of.form))
      return last(*logic->parts.back(), logic->word == tree::LogicWord::or_ ? Tightness::and_ : Tightness::not_);
    if (const auto* prefixed = std::get_if<tree::Prefixed>(&of.form); prefixed && prefixed->word == tree::Prefix::not_)
      return last(*prefixed->of, Tightness::not_);
    if (const auto* binary = std::get_if<tree::Binary>(&of.form)) return !is_comparison(binary->op);
    return !std::holds_alternative<tree::IsMissing>(of.form);
  }

  void clause(const tree::Clause& clause) {
    switch (clause.word) {
      case ClauseWord::where:
        word("where ");
        expression(*clause.first);
        return;
      case ClauseWord::within_before:
      case ClauseWord::within_after:
      case ClauseWord::within_of:
      case ClauseWord::within_on_or_before:
      case ClauseWord::within_on_or_after:
        word("within ");
        closed(*clause.first, Tightness::add);
        out_ += ' ';
        word(word_of(clause.word));
        out_ += ' ';
        closed(*clause.second, Tightness::add);
        return;
      case ClauseWord::between:
        word("between ");
        closed(*clause.first, Tightness::add);
        word(" and ");
        closed(*clause.second, Tightness::add);
        return;
      case ClauseWord::with:
      case ClauseWord::without:
        word(word_of(clause.word));
        word(" (");
        expression(*clause.first);
        out_ += ')';
        return;
      case ClauseWord::as: words("as ", clause.name); return;
      case ClauseWord::any_status:
      case ClauseWord::including_contributions: word(word_of(clause.word)); return;
      default: {
        const bool times = clause.word == ClauseWord::before || clause.word == ClauseWord::after ||
                           clause.word == ClauseWord::on_or_before || clause.word == ClauseWord::on_or_after ||
                           clause.word == ClauseWord::preceding || clause.word == ClauseWord::following ||
                           clause.word == ClauseWord::lasting || clause.word == ClauseWord::ending ||
                           clause.word == ClauseWord::starting;
        word(word_of(clause.word));
        out_ += ' ';
        closed(*clause.first, times ? Tightness::add : Tightness::range);
      }
    }
  }

  // -- statements
  void named(std::string_view statement, std::string_view name, const Expression& value) {
    word(statement);
    out_ += ' ';
    word(name);
    word(" = ");
    expression(value);
  }
  void by(const std::vector<Ptr>& groups) {
    if (groups.empty()) return;
    word(" by ");
    list(groups);
  }
  void form(const tree::Param& node) { named("param", node.name, *node.value); }
  void form(const tree::Codes& node) { named("codes", node.name, *node.codes); }
  void form(const tree::Let& node) { named("let", node.name, *node.value); }
  void form(const tree::Cohort& node) {
    words("cohort ", node.name);
    if (node.per) {
      word(" per ");
      // A name of the candidate at the edge would be taken for that of the index date.
      const bool bracketed = names_candidate(*node.per) || tightness(*node.per) < Tightness::unite;
      if (bracketed) out_ += '(';
      expression(*node.per);
      if (bracketed) out_ += ')';
      words(" as ", node.index);
      if (node.until) {
        word(" until ");
        closed(*node.until, Tightness::add);
      }
    }
    word(" = ");
    expression(*node.predicate);
  }
  void form(const tree::Count& node) {
    word("count ");
    expression(*node.predicate);
    by(node.by);
  }
  void form(const tree::Tally& node) {
    word("tally ");
    operand(*node.events, Tightness::unite, Behind::nothing);
    by(node.by);
  }
  void form(const tree::Rows& node) {
    word("list ");
    expression(*node.predicate);
    if (node.per) {
      word(" per ");
      operand(*node.per, Tightness::unite, Behind::nothing);
    }
    for (std::size_t i = 0; i < node.select.size(); ++i) {
      const tree::Column& column = node.select[i];
      word(i ? ", " : " select ");
      const bool bracketed = names_candidate(*column.value);
      if (bracketed) out_ += '(';
      expression(*column.value);
      if (bracketed) out_ += ')';
      if (!column.name.empty()) words(" as ", column.name);
    }
  }
  void form(const tree::EventsOf& node) {
    word("events ");
    operand(*node.events, Tightness::unite, Behind::nothing);
    words(" of ", node.cohort);
  }
  void form(const tree::Flow& node) {
    for (std::size_t i = 0; i < node.steps.size(); ++i) {
      word(i == 0 ? "flow " : ", ");
      expression(*node.steps[i]);
      if (!node.name_of(i).empty()) words(" as ", quoted(node.name_of(i)));
    }
  }
  void form(const tree::Measure& node) {
    word("measure ");
    expression(*node.numerator);
    word(" over ");
    expression(*node.denominator);
    by(node.by);
    words(" every ", query::print(node.every), " from ");
    closed(*node.from, Tightness::add);
    word(" to ");
    bound(*node.to);
  }
  void form(const tree::FollowUp& node) {
    word(node.word == tree::FollowUpWord::incidence ? "incidence " : "survival ");
    operand(*node.events, Tightness::unite, Behind::nothing);
    words(" in ", node.cohort);
    by(node.by);
  }
  void form(const tree::Why& node) { words("why ", quoted(node.patient), " in ", node.cohort); }
  void form(const tree::Explain& node) {
    word(node.analyze ? "explain analyze " : "explain ");
    statement(*node.of);
  }
  void form(const tree::AsOf& node) {
    word("as of ");
    closed(*node.instant, Tightness::add);
    out_ += ' ';
    statement(*node.of);
  }

  // Whether `as` shows outside brackets.
  static bool names_candidate(const Expression& of) {
    if (const auto* filtered = std::get_if<tree::Filtered>(&of.form)) {
      return std::ranges::any_of(filtered->clauses, [](const tree::Clause& c) {
        return c.word == ClauseWord::as || (c.word == ClauseWord::where && names_candidate(*c.first));
      });
    }
    const bool holds_its_own = tightness(of) == Tightness::primary && !std::holds_alternative<tree::Prefixed>(of.form);
    if (holds_its_own) return false;
    const std::vector<Ptr> parts = tree::parts_of(of.form);
    return std::ranges::any_of(parts, [](const Ptr& part) { return names_candidate(*part); });
  }

  std::string out_;
};

}  // namespace

std::string print(const tree::Expression& expression) {
  Printer printer;
  printer.expression(expression);
  return printer.take();
}

std::string print(const tree::Statement& statement) {
  Printer printer;
  printer.statement(statement);
  return printer.take();
}

std::string print(const tree::Query& query) {
  Printer printer;
  printer.query(query);
  return printer.take();
}

}  // namespace chartline::query
