// 1. leave out statements, from the last to the first
// 2. simpler statements: without a group, a column, a step, an `until`
// 3. simpler expressions, from the outside in: a part in place of the whole, a clause or a part less
// until nothing helps any more.
#include "query/parse.h"
#include "query/print.h"
#include "tests/query_random/shrink.h"

namespace chartline::query::random {
namespace {

using tree::Expression;
using tree::Ptr;

template <typename... Forms>
struct Visit : Forms... {
  using Forms::operator()...;
};

// Where the direct parts of a form stand, for those that the tree has.
std::vector<Ptr*> places(tree::Form& form) {
  std::vector<Ptr*> all;
  const auto add = [&](Ptr& part) {
    if (part) all.push_back(&part);
  };
  const auto add_all = [&](std::vector<Ptr>& parts) {
    for (Ptr& part : parts) add(part);
  };
  std::visit(Visit{[&](tree::Logic& node) { add_all(node.parts); },
                   [&](tree::Prefixed& node) {
                     if (node.word != tree::Prefix::in_cohort) add(node.of);
                   },
                   [&](tree::Binary& node) { add(node.left), add(node.right); },
                   [&](tree::IsMissing& node) { add(node.of); }, [&](tree::Negative& node) { add(node.of); },
                   [&](tree::Convert& node) { add(node.of); }, [&](tree::Field& node) { add(node.of); },
                   [&](tree::CodeUnion& node) { add_all(node.parts); }, [&](tree::Events& node) { add(node.codes); },
                   [&](tree::Case& node) {
                     for (auto& [when, then] : node.branches) add(when), add(then);
                     add(node.otherwise);
                   },
                   [&](tree::Elapsed& node) { add(node.from), add(node.to); },
                   [&](tree::Call& node) { add_all(node.arguments), add(node.gap), add(node.over); },
                   [&](tree::Among& node) { add_all(node.parts); },
                   [&](tree::Filtered& node) {
                     add(node.of);
                     for (tree::Clause& clause : node.clauses) add(clause.first), add(clause.second);
                   },
                   [](auto&) {}},
             form);
  return all;
}

// The form with one of several parts side by side left out.
std::vector<tree::Form> with_one_less(const tree::Form& form) {
  std::vector<tree::Form> all;
  const auto each = [&](const auto& node, auto list, std::size_t least) {
    for (std::size_t i = 0; (node.*list).size() > least && i < (node.*list).size(); ++i) {
      auto less = node;
      (less.*list).erase((less.*list).begin() + static_cast<std::ptrdiff_t>(i));
      all.emplace_back(std::move(less));
    }
  };
  std::visit(Visit{[&](const tree::Logic& node) { each(node, &tree::Logic::parts, 2); },
                   [&](const tree::Among& node) { each(node, &tree::Among::parts, 1); },
                   [&](const tree::CodeUnion& node) { each(node, &tree::CodeUnion::parts, 1); },
                   [&](const tree::Case& node) { each(node, &tree::Case::branches, 1); },
                   [&](const tree::Filtered& node) { each(node, &tree::Filtered::clauses, 1); }, [](const auto&) {}},
             form);
  return all;
}

std::vector<Ptr> simpler(const Ptr& of) {
  std::vector<Ptr> all = tree::parts_of(of->form);
  for (tree::Form& form : with_one_less(of->form)) all.push_back(tree::make(std::move(form), {}));
  if (of->height > 1) {
    all.push_back(tree::make(tree::Name{"true"}, {}));
    all.push_back(tree::make(tree::Number{record::decimal(1, 0)}, {}));
    all.push_back(tree::make(tree::Moment{record::day_time(first_day + 100)}, {}));
  }
  tree::Form form = of->form;
  const std::size_t parts = places(form).size();
  for (std::size_t i = 0; i < parts; ++i) {
    tree::Form copy = of->form;
    Ptr* place = places(copy)[i];
    for (const Ptr& one : simpler(Ptr(*place))) {
      *place = one;
      all.push_back(tree::make(copy, {}));
    }
  }
  return all;
}

std::vector<Ptr*> places(tree::Statement& statement) {
  std::vector<Ptr*> all;
  const auto add = [&](Ptr& part) {
    if (part) all.push_back(&part);
  };
  const auto add_all = [&](std::vector<Ptr>& parts) {
    for (Ptr& part : parts) add(part);
  };
  std::visit(Visit{[&](tree::Param& node) { add(node.value); }, [&](tree::Codes& node) { add(node.codes); },
                   [&](tree::Let& node) { add(node.value); },
                   [&](tree::Cohort& node) { add(node.per), add(node.until), add(node.predicate); },
                   [&](tree::Count& node) { add(node.predicate), add_all(node.by); },
                   [&](tree::Tally& node) { add(node.events), add_all(node.by); },
                   [&](tree::Rows& node) {
                     add(node.predicate), add(node.per);
                     for (tree::Column& column : node.select) add(column.value);
                   },
                   [&](tree::EventsOf& node) { add(node.events); }, [&](tree::Flow& node) { add_all(node.steps); },
                   [&](tree::Measure& node) { add(node.numerator), add(node.denominator), add_all(node.by); },
                   [&](tree::FollowUp& node) { add(node.events), add_all(node.by); }, [](auto&) {}},
             statement.form);
  return all;
}

std::vector<tree::Statement> simpler(const tree::Statement& statement) {
  std::vector<tree::Statement> all;
  const auto each = [&](const auto& node, auto list, std::size_t least) {
    for (std::size_t i = 0; (node.*list).size() > least && i < (node.*list).size(); ++i) {
      auto less = node;
      (less.*list).erase((less.*list).begin() + static_cast<std::ptrdiff_t>(i));
      all.push_back({std::move(less), {}});
    }
  };
  std::visit(Visit{[&](const tree::Explain& node) { all.push_back(*node.of); },
                   [&](const tree::AsOf& node) { all.push_back(*node.of); },
                   [&](const tree::Count& node) { each(node, &tree::Count::by, 0); },
                   [&](const tree::Tally& node) { each(node, &tree::Tally::by, 0); },
                   [&](const tree::Measure& node) { each(node, &tree::Measure::by, 0); },
                   [&](const tree::FollowUp& node) { each(node, &tree::FollowUp::by, 0); },
                   [&](const tree::Flow& node) { each(node, &tree::Flow::steps, 1); },
                   [&](const tree::Rows& node) { each(node, &tree::Rows::select, 0); },
                   [&](const tree::Cohort& node) {
                     tree::Cohort less = node;
                     less.until = nullptr;
                     if (node.until) all.push_back({less, {}});
                   },
                   [](const auto&) {}},
             statement.form);
  if (const auto* rows = std::get_if<tree::Rows>(&statement.form)) {
    if (!rows->select.empty()) all.push_back({tree::Count{rows->predicate, {}}, {}});
  }
  tree::Statement copy = statement;
  const std::vector<Ptr*> parts = places(copy);
  for (Ptr* place : parts) {
    const Ptr whole = *place;
    for (const Ptr& one : simpler(whole)) {
      *place = one;
      all.push_back(copy);
    }
    *place = whole;
  }
  return all;
}

constexpr int tries_max = 6'000;

}  // namespace

std::string shrink_query(const std::string& text, const TextFails& fails) {
  Complaints complaints;
  tree::Query query = parse(text, complaints);
  std::string best = text;
  int tries = 0;
  const auto try_this = [&](tree::Query& made) {
    if (++tries > tries_max) return false;
    std::string printed = query::print(made);
    if (printed.size() >= best.size() || !fails(printed)) return false;
    best = std::move(printed);
    Complaints none;
    query = parse(best, none);
    return true;
  };
  for (bool smaller = true; smaller && tries < tries_max;) {
    smaller = false;
    for (std::size_t i = query.statements.size(); i-- > 0;) {
      tree::Query made = query;
      made.statements.erase(made.statements.begin() + static_cast<std::ptrdiff_t>(i));
      smaller = try_this(made) || smaller;
    }
    for (std::size_t i = query.statements.size(); i-- > 0;) {
      for (const tree::Statement& one : simpler(tree::Statement(query.statements[i]))) {
        tree::Query made = query;
        made.statements[i] = one;
        if (!try_this(made)) continue;
        smaller = true;
        break;
      }
      if (smaller) break;
    }
  }
  return best;
}

std::string shrink_expression(const std::string& text, const TextFails& fails) {
  const auto value_of = [](const std::string& let) {
    const std::string value = let.substr(let.find('=') + 2);
    return "(" + value.substr(0, value.find('\n')) + ")";
  };
  const std::string let = shrink_query("let x = " + text + "\n", [&](const std::string& made) {
    return made.starts_with("let x = ") && fails(value_of(made));
  });
  return value_of(let);
}

}  // namespace chartline::query::random
