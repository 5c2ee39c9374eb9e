#include "tests/query_random/random_query.h"

namespace chartline::query::random {

std::string RandomQuery::kind() {
  return chance_.one({"condition", "condition", "observation", "observation", "observation", "medication", "medication",
                      "encounter", "encounter", "procedure", "any", "any", "registration", "death", "patient",
                      "appointment"});
}

std::string RandomQuery::code() {
  if (one_in(25)) return "local:never";
  const CodeOf& one = chance_.of(world_codes);
  return cat({std::string(one.system), ":", std::string(one.code)});
}

std::string RandomQuery::codes(int depth) {
  if (depth <= 0 || one_in(3)) {
    if (const Definition* named = one_in(6) ? defined(What::codes) : nullptr) return named->name;
    if (const Definition* named = one_in(12) ? defined(What::code) : nullptr) return named->name;
    switch (below(9)) {
      case 0: return "*";
      case 1: return "@" + std::string(chance_.of(lists));
      case 2: return chance_.one({"icd10:E1*", "icd10:E11*", "local:c*", "atc:B01*", "loinc:4*"});
      case 3: return chance_.one({"snomed:<<100", "snomed:<<101", "snomed:<<103"});
      case 4: return chance_.one({"snomed:<100", "snomed:<101", "snomed:<104"});
      case 5: return "'http://snomed.info/sct'|" + chance_.one({"101", "<<101", "102"});
      default: return code();
    }
  }
  switch (below(5)) {
    case 4: return cat({"mapped(", codes(depth - 1), " )"});
    case 0: return cat({"{ ", codes(depth - 1), " , ", codes(0), " }"});
    case 1: return cat({"(", codes(depth - 1), " | ", codes(depth - 1), ")"});
    case 2: return cat({"(", codes(depth - 1), " & ", codes(depth - 1), ")"});
    default: return cat({"(", codes(depth - 1), " - ", codes(depth - 1), ")"});
  }
}

std::string RandomQuery::events(int depth) {
  if (const Definition* named = one_in(8) ? defined(What::events) : nullptr) return named->name;
  const auto simple = [&] { return cat({kind(), "[", one_in(3) ? "*" : codes(one_in(4) ? 1 : 0), " ]"}); };
  if (depth <= 0) return one_in(3) ? filtered(simple(), 0) : simple();
  switch (way(13, {0, 1, 2, 4, 5, 7, 8, 9})) {
    case 0: return cat({"(", events(depth - 1), " | ", events(depth - 1), ")"});
    case 1: return cat({"(", events(depth - 1), " & ", events(depth - 1), ")"});
    case 2: return cat({"(", events(depth - 1), " - ", events(depth - 1), ")"});
    case 3: return cat({chance_.one({"eras(", "episodes("}), events(depth - 1), ", gap ", duration(0), ")"});
    case 4: return event(depth);
    case 5: return simple();
    case 6: return filtered(events(depth - 1), depth - 1);
    case 12: return chosen_of_intervals(depth);
    default: return filtered(simple(), depth);
  }
}

// Made of events and chosen among, or a part of a set, and then narrowed: what is asked about is no event of the store.
std::string RandomQuery::chosen_of_intervals(int depth) {
  const std::string of = cat({kind(), "[", one_in(2) ? "*" : codes(0), " ]"});
  const auto made = [&]() -> std::string {
    switch (below(4)) {
      case 0: return cat({"(", of, " clipped to ", range(0), ")"});
      case 1: return cat({"(", of, " lasting ", duration(0), ")"});
      case 2: return cat({"(", of, chance_.one({" ending ", " starting "}), time_or_year(0), ")"});
      default: return cat({chance_.one({"eras(", "episodes("}), of, ", gap ", duration(0), ")"});
    }
  };
  const auto chosen = [&]() -> std::string {
    switch (below(4)) {
      case 0: return cat({"(", made(), chance_.one({" | ", " & ", " - "}), one_in(2) ? of : made(), ")"});
      case 1: return cat({"nth(", std::to_string(1 + below(2)), ", ", made(), ")"});
      default: return cat({chance_.one({"(first ", "(last ", "(lowest ", "(highest "}), made(), ")"});
    }
  };
  const std::string narrowed = cat({"(", chosen(), one_in(2) ? " in " + range(0) : clause(0), ")"});
  return one_in(3) ? filtered(narrowed, depth - 1) : narrowed;
}

std::string RandomQuery::event(int depth) {
  if (!place_.events.empty() && one_in(2)) return chance_.of(place_.events);
  if (place_.it && one_in(3)) return "it";
  if (const Definition* named = one_in(5) ? defined(What::event) : nullptr) return named->name;
  switch (depth <= 0 ? below(6) : way(10, {0, 1, 2, 3, 4, 5, 6})) {
    case 0:
    case 1: return cat({"(first ", events(depth - 1), ")"});
    case 2:
    case 3: return cat({"(last ", events(depth - 1), ")"});
    case 4: return cat({chance_.one({"(lowest ", "(highest "}), events(depth - 1), ")"});
    case 5: return cat({"nth(", std::to_string(1 + below(3)), ", ", events(depth - 1), ")"});
    case 6:
    case 7: return filtered(event(depth - 1), depth - 1);
    case 8: return cat({"(", event(depth - 1), " ?? ", event(depth - 1), ")"});
    default:
      return cat({"(case when ", condition(depth - 1), " then ", event(depth - 1), " else ", event(depth - 1), " end)"});
  }
}

// Brackets after each clause, because the condition of a `where` may be one to which a clause could belong.
std::string RandomQuery::filtered(std::string of, int depth) {
  do of = cat({"(", of, clause(depth), ")"});
  while (one_in(3));
  return of;
}

std::string RandomQuery::window(int depth) {
  const std::string side = chance_.one({" before ", " after ", " of ", " on or before ", " on or after ", " after "});
  return cat({" within ", duration(depth), side, time_or_year(depth)});
}

std::string RandomQuery::narrowing(int depth) {
  switch (way(8, {0, 1, 2, 3, 5, 6, 7})) {
    case 0: return cat({" in ", range(depth)});
    case 1: return cat({chance_.one({" before ", " after "}), time_or_year(depth)});
    case 2: return cat({chance_.one({" on or before ", " on or after "}), time_or_year(depth)});
    case 3: return cat({" between ", time_or_year(depth), " and ", time_or_year(depth)});
    case 4: return cat({" overlapping ", one_in(3) ? range(depth) : events(depth)});
    case 5:
      return cat({usual_ ? " same date as " : chance_.one({" same encounter as ", " same date as "}), events(depth)});
    default: return window(depth);
  }
}

std::string RandomQuery::about_it(std::string (RandomQuery::*of)(int), int depth) {
  const Inside within(*this, true);
  return (this->*of)(depth);
}

std::string RandomQuery::clause(int depth) {
  const int inner = depth - 1;
  switch (way(25, {0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 17, 19, 20, 22, 22})) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const Inside within(*this, true);
      return cat({" where ", condition(inner)});
    }
    case 4:
    case 5: return cat({" in ", range(inner)});
    case 6: return cat({chance_.one({" before ", " after "}), time_or_year(inner)});
    case 7: return cat({chance_.one({" on or before ", " on or after "}), time_or_year(inner)});
    case 8:
    case 9:
    case 10: return window(inner);
    case 11: return cat({" between ", time_or_year(inner), " and ", time_or_year(inner)});
    case 12: return cat({" during ", one_in(3) ? range(inner) : events(inner)});
    case 13: return cat({" overlapping ", one_in(3) ? range(inner) : events(inner)});
    case 14:
    case 15: {
      const Inside within(*this, true);
      std::string inside = cat({events(inner), one_in(2) ? window(inner) : ""});
      return cat({chance_.one({" with (", " without ("}), inside, ")"});
    }
    case 16: return cat({" same encounter as ", events(inner)});
    case 17: return cat({" same date as ", one_in(2) ? events(inner) : time_or_year(inner)});
    case 18: return cat({" lasting ", duration(inner)});
    case 19: return chance_.one({" any status", " including contributions"});
    case 20: return cat({chance_.one({" preceding ", " following "}), event(inner)});
    case 21: {
      if (!place_.may_name || !may_name) return " any status";
      const std::string name = new_name("e");
      place_.events.push_back(name);
      return " as " + name;
    }
    case 23: {
      const Inside within(*this, true);
      return cat({chance_.one({" ending ", " starting "}), time_or_year(inner)});
    }
    case 24: return cat({" clipped to ", range(inner)});
    default: {
      const Inside within(*this, true);
      return cat({" where ", cat({"value ", chance_.one({">", "<", ">=", "<=", "=", "!="}), " ", number(1)}),
                  one_in(2) ? " '" + chance_.one({"mg/dL", "mmol/L", "%", "mmol/mol", "kg", "g"}) + "'" : ""});
    }
  }
}

}  // namespace chartline::query::random
