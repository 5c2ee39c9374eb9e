#include "tests/query/random_tree.h"

namespace chartline::query {

using tree::ClauseWord;
using tree::Ptr;

namespace {
Ptr made(tree::Form form) { return tree::make(std::move(form), {}); }
}  // namespace

std::string RandomTree::name() {
  static constexpr std::string_view names[] = {"dx",  "recent", "y",   "register", "value", "it",
                                               "gap", "days",   "end", "status",   "true"};
  return std::string(names[below(std::size(names))]);
}

std::string RandomTree::text() {
  static constexpr std::string_view texts[] = {"", "mmol/mol", "a 'quoted' one", "# no comment", "\xC3\xA9", "a*", "-"};
  return std::string(texts[below(std::size(texts))]);
}

CodeWord RandomTree::code() {
  static constexpr std::string_view codes[] = {"E11.9", "4548-4", "a code", "E1*",     "<x",
                                               "it''s", "#5",     "a,b",    "\xC3\xA9"};
  const bool uri = chance(4);
  return {.system = uri ? "http://example.org/x y" : "icd10",
          .is_uri = uri,
          .code = std::string(codes[below(std::size(codes))]),
          .reach = static_cast<Reach>(below(4))};
}

Duration RandomTree::duration() { return {static_cast<std::int64_t>(below(400)), static_cast<DurationUnit>(below(7))}; }

std::vector<Ptr> RandomTree::some(int depth, std::size_t least, std::size_t most) {
  std::vector<Ptr> parts;
  const std::size_t count = least + below(most - least + 1);
  for (std::size_t i = 0; i < count; ++i) parts.push_back(expression(depth - 1));
  return parts;
}

Ptr RandomTree::leaf() {
  static constexpr std::string_view times[] = {"2024-03-31", "2024-03", "2024-03-31T10:00:00+01:00",
                                               "2024-03-31T10:00:00.250Z"};
  switch (below(8)) {
    case 0:
      return made(tree::Number{record::decimal(static_cast<std::int64_t>(below(100'000)), static_cast<int>(below(4))),
                               chance(3) ? std::optional(text()) : std::nullopt});
    case 1: return made(tree::Text{text()});
    case 2: return made(tree::Length{duration()});
    case 3: return made(tree::Moment{*record::parse_time(times[below(std::size(times))])});
    case 4: return made(tree::Code{code()});
    case 5: return made(tree::List{chance(3) ? "a list" : "diabetes.v2"});
    case 6: return made(tree::AnyCode{});
    default: return made(tree::Name{name()});
  }
}

Ptr RandomTree::expression(int depth) { return depth <= 0 ? leaf() : inner(depth); }

Ptr RandomTree::inner(int depth) {
  const auto part = [&] { return expression(depth - 1 - static_cast<int>(below(2))); };
  switch (below(17)) {
    case 0: {
      const auto word = static_cast<tree::LogicWord>(below(2));
      std::vector<Ptr> parts;
      for (Ptr& one : some(depth, 2, 3)) {
        const auto* logic = std::get_if<tree::Logic>(&one->form);
        parts.push_back(logic && logic->word == word ? logic->parts.front() : one);
      }
      // What was taken out of a logic of the same word may itself be none of that word, as its parts never are.
      return made(tree::Logic{word, std::move(parts)});
    }
    case 1:
    case 2: {
      const auto word = static_cast<tree::Prefix>(below(8));
      return made(tree::Prefixed{word, word == tree::Prefix::in_cohort ? made(tree::Name{"register"}) : part()});
    }
    case 3:
    case 4: return made(tree::Binary{static_cast<tree::Operator>(below(14)), part(), part()});
    case 5: return made(tree::IsMissing{part(), chance(2)});
    case 6: return made(tree::Negative{part()});
    case 7: return made(tree::Convert{part(), text()});
    case 8: return made(tree::Field{part(), name()});
    case 9: return made(tree::CodeUnion{some(depth, 1, 3)});
    case 10: {
      std::optional<record::Kind> kind;
      if (!chance(4)) kind = static_cast<record::Kind>(below(record::kind_count));
      return made(tree::Events{kind, part()});
    }
    case 11: {
      tree::Case node;
      do node.branches.emplace_back(part(), part());
      while (chance(2));
      if (chance(2)) node.otherwise = part();
      return made(std::move(node));
    }
    case 12: return made(tree::Elapsed{static_cast<DurationUnit>(below(7)), part(), part()});
    case 13: {
      tree::Call node{
          .name = chance(2) ? "eras" : "greatest", .arguments = some(depth, 0, 3), .gap = nullptr, .over = nullptr};
      if (chance(3)) node.gap = part();
      if (!node.arguments.empty() && chance(3)) node.over = part();
      return made(std::move(node));
    }
    case 14:
      return made(
          tree::Among{static_cast<tree::Bound>(below(3)), static_cast<std::uint32_t>(below(9)), some(depth, 1, 3)});
    default: return filtered(depth);
  }
}

Ptr RandomTree::filtered(int depth) {
  Ptr of = expression(depth - 1);
  const auto* prefixed = std::get_if<tree::Prefixed>(&of->form);
  const auto* binary = std::get_if<tree::Binary>(&of->form);
  const auto& form = of->form;
  const bool takes_none = std::holds_alternative<tree::Number>(form) || std::holds_alternative<tree::Text>(form) ||
                          std::holds_alternative<tree::Length>(form) || std::holds_alternative<tree::Moment>(form) ||
                          std::holds_alternative<tree::Filtered>(form) || std::holds_alternative<tree::Logic>(form) ||
                          std::holds_alternative<tree::IsMissing>(form) || std::holds_alternative<tree::Among>(form) ||
                          (prefixed && prefixed->word <= tree::Prefix::no) ||
                          (binary && binary->op <= tree::Operator::greater_or_equal);
  if (takes_none) of = made(tree::Name{name()});
  std::vector<tree::Clause> clauses;
  do clauses.push_back(clause(depth));
  while (chance(2));
  return made(tree::Filtered{std::move(of), std::move(clauses)});
}

tree::Clause RandomTree::clause(int depth) {
  tree::Clause made{
      .word = static_cast<ClauseWord>(below(24)), .span = {}, .first = nullptr, .second = nullptr, .name = ""};
  switch (made.word) {
    case ClauseWord::as: made.name = "dx"; break;
    case ClauseWord::any_status:
    case ClauseWord::including_contributions: break;
    case ClauseWord::within_before:
    case ClauseWord::within_after:
    case ClauseWord::within_of:
    case ClauseWord::within_on_or_before:
    case ClauseWord::within_on_or_after:
    case ClauseWord::between:
      made.first = expression(depth - 1);
      made.second = expression(depth - 1);
      break;
    default: made.first = expression(depth - 1);
  }
  return made;
}

tree::Statement RandomTree::statement(int depth) {
  const auto some_by = [&] { return chance(2) ? some(depth, 1, 2) : std::vector<Ptr>{}; };
  switch (below(14)) {
    case 0: return {tree::Param{"y", expression(depth)}, {}};
    case 1: return {tree::Codes{"dm", expression(depth)}, {}};
    case 2: return {tree::Let{"dx", expression(depth)}, {}};
    case 3:
      return {tree::Cohort{.name = "gap", .per = nullptr, .index = "", .until = nullptr, .predicate = expression(depth)},
              {}};
    case 4:
      return {tree::Cohort{.name = "gap",
                           .per = expression(depth),
                           .index = "ix",
                           .until = chance(2) ? expression(depth) : nullptr,
                           .predicate = expression(depth)},
              {}};
    case 5: return {tree::Count{expression(depth), some_by()}, {}};
    case 6: return {tree::Tally{expression(depth), some_by()}, {}};
    case 7: {
      tree::Rows rows{.predicate = expression(depth), .per = chance(2) ? expression(depth) : nullptr, .select = {}};
      while (chance(2)) rows.select.push_back({expression(depth), chance(2) ? "first" : ""});
      return {std::move(rows), {}};
    }
    case 8: return {tree::EventsOf{expression(depth), "gap"}, {}};
    case 9: {
      tree::Flow flow{.steps = some(depth, 1, 3)};
      if (chance(2)) flow.names = {"entry, 'at first'"};
      return {std::move(flow), {}};
    }
    case 10:
      return {tree::Measure{.numerator = expression(depth),
                            .denominator = expression(depth),
                            .by = some_by(),
                            .every = duration(),
                            .from = expression(depth),
                            .to = expression(depth)},
              {}};
    case 11:
      return {tree::FollowUp{static_cast<tree::FollowUpWord>(below(2)), expression(depth), "gap", some_by()}, {}};
    case 12: return {tree::Why{"nhs|9434765919", "gap"}, {}};
    default: {
      auto of = std::make_shared<const tree::Statement>(statement(depth - 1));
      if (chance(2)) return {tree::Explain{chance(2), std::move(of)}, {}};
      return {tree::AsOf{expression(depth), std::move(of)}, {}};
    }
  }
}

}  // namespace chartline::query
