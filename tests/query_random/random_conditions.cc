#include "tests/query_random/random_query.h"

#include <utility>

namespace chartline::query::random {

std::string RandomQuery::under_no(std::string (RandomQuery::*of)(int), int depth) {
  const bool before = std::exchange(place_.may_name, false);
  std::string text = (this->*of)(depth);
  place_.may_name = before;
  return text;
}

std::string RandomQuery::in_interval(int depth) {
  const bool before = std::exchange(place_.interval, true);
  std::string text = condition(depth);
  place_.interval = before;
  return text;
}

std::string RandomQuery::condition(int depth) {
  if (const Definition* named = one_in(10) ? defined(What::condition) : nullptr) return named->name;
  if (const Definition* named = one_in(10) ? defined(What::cohort) : nullptr) return cat({"(in ", named->name, ")"});
  if (depth <= 0) {
    switch (below(8)) {
      case 0: return cat({"(no ", under_no(&RandomQuery::events, 0), ")"});
      case 1: return cat({usual_ ? "alive(" : chance_.one({"alive(", "registered("}), time_or_year(0), ")"});
      case 2:
        return one_in(4) ? chance_.one({"true", "false"})
                         : cat({"(sex = ", chance_.one({"female", "male", "'unknown'"}), ")"});
      case 3:
      case 4: return compared(0);
      default: return cat({"(exists ", events(0), ")"});
    }
  }
  const int inner = depth - 1;
  const auto some = [&](std::string_view between) {
    std::string text = cat({"(", condition(inner), std::string(between), condition(inner)});
    if (one_in(3)) text += cat({std::string(between), condition(inner)});
    if (const Definition* named = one_in(12) ? defined(What::cohort) : nullptr)
      text += cat({std::string(between), named->name});
    return text + ")";
  };
  switch (way(22, {0, 1, 2, 3, 4, 5, 7, 11, 12, 13, 14, 15, 17, 18})) {
    case 0:
    case 1: return some(" and ");
    case 2:
    case 3: return some(" or ");
    case 4: return cat({"(not ", under_no(&RandomQuery::condition, inner), ")"});
    case 5: {
      const std::string bound = chance_.one({"(at least ", "(at most ", "(exactly "});
      std::string text = cat(
          {bound, std::to_string(below(4)), " of (", condition(inner), ", ", condition(inner), ", ", condition(inner)});
      if (one_in(3)) text += cat({", ", condition(0)});
      return text + "))";
    }
    case 6: {
      static constexpr std::string (RandomQuery::*asked[])(int) = {&RandomQuery::recorded,  &RandomQuery::plain,
                                                                   &RandomQuery::time,      &RandomQuery::event,
                                                                   &RandomQuery::condition, &RandomQuery::attribute};
      return cat({"(", (this->*chance_.of(asked))(inner), chance_.one({" is missing)", " is not missing)"})});
    }
    case 7: return cat({"(date(", time_or_year(inner), ") in ", range(inner), ")"});
    case 8:
      return cat({"(", one_in(3) ? recorded(inner) : code_value(inner), " in ", "{ ", codes(1), " , ", code(), " })"});
    case 9: return choice(depth, &RandomQuery::condition, false);
    case 10: return cat({"observed(", time_or_year(inner), ", ", time_or_year(inner), ")"});
    case 11: return cat({usual_ ? "alive(" : chance_.one({"alive(", "registered("}), time_or_year(inner), ")"});
    case 12: return cat({"(no ", under_no(&RandomQuery::events, inner), ")"});
    case 13:
    case 14:
    case 15: return cat({"(exists ", events(inner), ")"});
    case 16:
      return one_in(2) ? cat({"(", condition(inner), chance_.one({" = ", " != "}), condition(inner), ")"})
                       : attribute(inner);
    default: return compared(inner);
  }
}

std::string RandomQuery::compared(int depth) {
  return cat({"(", !usual_ && one_in(3) ? compared_words(depth) : compared_values(depth), ")"});
}

std::string RandomQuery::compared_values(int depth) {
  const std::string op = chance_.one({" = ", " != ", " < ", " <= ", " > ", " >= ", " > ", " < "});
  switch (way(8, {0, 2, 3, 3, 4, 5})) {
    case 0:
    case 1: return cat({plain(depth), op, plain(depth)});
    case 2: return cat({recorded(depth), op, recorded(depth)});
    case 3:
      return cat({recorded(depth), op, number(1),
                  one_in(2) ? " '" + chance_.one({"mg/dL", "mmol/L", "%", "mmol/mol", "g"}) + "'" : ""});
    case 4: {
      static constexpr std::pair<std::string_view, std::string_view> pairs[] = {
          {"mg/dL", "mmol/L"}, {"mmol/L", "mmol/L"}, {"%", "mmol/mol"}, {"g", "kg"}, {"%", "%"}};
      const auto& [left, right] = chance_.of(pairs);
      return cat({measured(depth, left), op, measured(depth, right)});
    }
    case 5:
    case 6: return cat({time(depth), op, time_or_year(depth)});
    default: return cat({chance_.one({"days(", "hours(", "weeks("}), plain(depth), ")", op, duration(depth)});
  }
}

std::string RandomQuery::compared_words(int depth) {
  const std::string op = chance_.one({" = ", " = ", " != "});
  const auto of = [&](std::string_view name, std::initializer_list<std::string_view> words) {
    return cat({field(name, depth), op, chance_.one(words)});
  };
  switch (below(16)) {
    case 12:
    case 14:
    case 15:
      return cat({chance_.one({"contains(", "starts_with(", "ends_with("}),
                  one_in(3) ? attribute(depth) : text_value(depth), ", ", chance_.one({"'e'", "'org'", "'ef'", "''"}),
                  ")"});
    case 0: return of("status", {"final", "entered_in_error", "planned", "not_done", "in_progress", "'completed'"});
    case 1: return of("certainty", {"confirmed", "refuted", "provisional"});
    case 2: return of("author", {"clinician", "patient", "device", "carer"});
    case 3: return of("kind", {"observation", "condition", "encounter"});
    case 4: return of("comparator", {"'='", "'<'", "'>='"});
    case 5: return cat({"sex", op, chance_.one({"female", "male", "other", "unknown"})});
    case 6: return cat({text_value(depth), op, text_value(depth)});
    case 7: return cat({code_value(depth), op, code_value(depth)});
    case 8:
      return cat(
          {recorded(depth), op, one_in(2) ? code_value(depth) : chance_.one({"'left'", "'both'", "true", "false"})});
    case 9: return cat({attribute(depth), op, chance_.one({"'left'", "true", "2019-06-01", "5", "2 'kg'"})});
    case 10: return cat({attribute(depth), chance_.one({" < ", " >= "}), one_in(2) ? plain(depth) : day()});
    case 11: return cat({event(depth), op, event(depth)});
    default: return cat({condition(depth), op, condition(depth)});
  }
}

}  // namespace chartline::query::random
