#include "tests/query_random/random_query.h"

namespace chartline::query::random {

std::string RandomQuery::day() {
  if (one_in(6)) return record::print(record::day_time(first_day - static_cast<record::Day>(below(20'000))));
  std::string text = record::print(record::day_time(first_day + static_cast<record::Day>(below(days))));
  return one_in(6) ? text.substr(0, 7) : text;
}

std::string RandomQuery::moment() {
  if (one_in(8)) return record::print(record::at_instant(first_commit + static_cast<Micros>(below(600)) * commit_step));
  const Micros at = (first_day + static_cast<Micros>(below(days))) * record::micros_per_day +
                    static_cast<Micros>(below(24)) * 3'600 * record::micros_per_second;
  return record::print(record::at_instant(at, one_in(3) ? 60 : 0));
}

std::string RandomQuery::number(int places) {
  const auto whole = static_cast<std::int64_t>(below(one_in(3) ? 200 : 12));
  return record::print(record::decimal(places && one_in(2) ? whole * 10 + static_cast<std::int64_t>(below(10)) : whole,
                                       places && one_in(2) ? places : 0));
}

std::string RandomQuery::duration(int depth) {
  if (const Definition* named = one_in(8) ? defined(What::duration) : nullptr) return named->name;
  if (depth > 0 && !usual_ && one_in(8))
    return cat({chance_.one({"days(", "weeks(", "months(", "years(", "hours(", "minutes(", "seconds("}),
                plain(depth - 1), ")"});
  return std::to_string(below(one_in(3) ? 400 : 60)) +
         chance_.one({"d", "d", "d", "w", "mo", "y", "h", "h", "min", "s"});
}

std::string RandomQuery::range(int depth) {
  if (place_.interval && one_in(2)) return "interval";
  if (depth > 0 && one_in(4)) return cat({"(", time(depth - 1), " .. (", time(depth - 1), " + ", duration(0), "))"});
  if (one_in(4)) return chance_.one({"2019", "2020", "2019-06", "2020-02", "2019-03-31"});
  const auto from = first_day + static_cast<record::Day>(below(days));
  const auto to = from + static_cast<record::Day>(below(one_in(3) ? 10 : 400));
  return cat({record::print(record::day_time(from)), "..", record::print(record::day_time(to))});
}

std::string RandomQuery::time_or_year(int depth) {
  if (one_in(12)) return chance_.one({"2019", "2020", "1970"});
  return one_in(3) ? event(depth) : time(depth);
}

std::string RandomQuery::field(std::string_view name, int depth) {
  if (place_.it && one_in(2)) return std::string(name);
  return cat({event(depth), ".", std::string(name)});
}

std::string RandomQuery::attribute(int depth) {
  const std::string name =
      chance_.one({"attr.dose", "attr.dose", "attr.due", "attr.flag", "attr.site", "attr.region", "attr.never"});
  return one_in(2) ? name : cat({event(depth), ".", name});
}

// Values of one type out of others of that type.
std::string RandomQuery::choice(int depth, std::string (RandomQuery::*of)(int), bool more) {
  const auto one = [&] { return (this->*of)(depth - 1); };
  switch (below(more ? 4 : 2)) {
    case 0: return cat({"(", one(), " ?? ", one(), ")"});
    case 1:
      return cat({"(case when ", condition(depth - 1), " then ", one(),
                  one_in(3) ? " when " + condition(0) + " then " + one() : "", one_in(3) ? "" : " else " + one(),
                  " end)"});
    case 2: return cat({"least(", one(), ", ", one(), ")"});
    default: return cat({"greatest(", one(), ", ", one(), one_in(3) ? ", " + one() : "", ")"});
  }
}

std::string RandomQuery::time(int depth) {
  if (const Definition* named = one_in(8) ? defined(What::time) : nullptr) return named->name;
  if (place_.interval && one_in(3)) return chance_.one({"interval.start", "interval.end"});
  if (depth <= 0) {
    switch (below(6)) {
      case 0: return chance_.one({"birth", "death"});
      case 1: return moment();
      case 2: return field(usual_ ? chance_.one({"start", "date"}) : chance_.one({"start", "date", "end"}), 0);
      default: return day();
    }
  }
  switch (way(12, {0, 1, 2, 3, 8})) {
    case 0:
    case 1: return cat({"(", time(depth - 1), chance_.one({" + ", " - "}), duration(depth - 1), ")"});
    case 2: return cat({"(", event(depth - 1), chance_.one({" + ", " - "}), duration(depth - 1), ")"});
    case 3: return cat({chance_.one({"date(", "month("}), time_or_year(depth - 1), ")"});
    case 4: return choice(depth, &RandomQuery::time, true);
    case 5:
      return cat({chance_.one({"min(", "max("}), events(depth - 1),
                  chance_.one({".date)", ".start)", ".end)", ".recorded)"})});
    case 6: {
      const std::string word = chance_.one({"min((", "max(("});
      std::string over = events(depth - 1);
      const Inside within(*this, true);
      return cat({word, time(depth - 1), ") over ", over, ")"});
    }
    case 7: return field("recorded", depth - 1);
    default: return field(usual_ ? chance_.one({"start", "date"}) : chance_.one({"start", "date", "end"}), depth - 1);
  }
}

// A fold of values in a unit; "" as recorded.
std::string RandomQuery::fold(int depth, std::string_view unit) {
  const std::string word = chance_.one({"sum(", "avg(", "min(", "max(", "median("});
  if (one_in(2)) {
    return cat({word, events(depth - 1), ".value", unit.empty() ? "" : " to '" + std::string(unit) + "'", ")"});
  }
  std::string over = events(depth - 1);
  const Inside within(*this, true);
  return cat({word, unit.empty() ? recorded(depth - 1) : measured(depth - 1, unit), " over ", over, ")"});
}

std::string RandomQuery::plain(int depth) {
  if (const Definition* named = one_in(10) ? defined(What::plain) : nullptr) return named->name;
  if (depth <= 0) {
    switch (below(5)) {
      case 0: return cat({"count(", events(0), ")"});
      case 1: return cat({"age(", time_or_year(0), ")"});
      default: return number(1);
    }
  }
  switch (way(18, {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13})) {
    case 16: return cat({"floor(", plain(depth - 1), ")"});
    case 17:
      return cat({"power(", one_in(2) ? plain(depth - 1) : recorded(depth - 1), ", ",
                  chance_.one({"2", "0.5", "(- 1)", "3"}), ")"});
    case 0:
    case 1:
    case 2: return cat({"count(", events(depth - 1), ")"});
    case 3:
      return cat({"distinct(", events(depth - 1),
                  usual_ ? chance_.one({".date)", ".code)"})
                         : chance_.one({".date)", ".code)", ".value)", ".source)", ".status)", ".attr.dose)"})});
    case 4: return cat({"age(", time_or_year(depth - 1), ")"});
    case 5: return cat({"year(", time_or_year(depth - 1), ")"});
    case 6:
      return cat({"(", chance_.one({"days", "weeks", "months", "years", "hours", "minutes", "seconds"}), " from ",
                  time_or_year(depth - 1), " to ", time_or_year(depth - 1), ")"});
    case 7:
      return cat({"covered(", events(depth - 1), ", ", time_or_year(depth - 1), ", ", time_or_year(depth - 1), ")"});
    case 8: return cat({"slope(", events(depth - 1), ".value)"});
    case 9:
    case 10: return cat({"(", plain(depth - 1), chance_.one({" + ", " - ", " * ", " / "}), plain(depth - 1), ")"});
    case 11: return cat({"(- ", plain(depth - 1), ")"});
    case 12: return choice(depth, &RandomQuery::plain, true);
    case 13: {
      const std::string word = chance_.one({"sum(", "avg(", "min(", "max(", "median(", "slope(", "count(", "distinct("});
      std::string over = events(depth - 1);
      const Inside within(*this, true);
      return cat({word, plain(depth - 1), " over ", over, ")"});
    }
    default: return cat({event(depth - 1), chance_.one({".length", ".count"})});
  }
}

std::string RandomQuery::recorded(int depth) {
  if (const Definition* named = one_in(10) ? defined(What::recorded) : nullptr) return named->name;
  if (depth <= 0) return field("value", 0);
  switch (way(10, {0, 1, 2, 3, 4, 6})) {
    case 9: return cat({"floor(", recorded(depth - 1), ")"});
    case 0:
    case 1: return fold(depth, "");
    case 2: return cat({"(", recorded(depth - 1), chance_.one({" + ", " - "}), recorded(depth - 1), ")"});
    case 3: return cat({"(", recorded(depth - 1), chance_.one({" + ", " * ", " / ", " - "}), plain(depth - 1), ")"});
    case 4: return cat({"(- ", recorded(depth - 1), ")"});
    case 5: return choice(depth, &RandomQuery::recorded, true);
    default: return field("value", depth - 1);
  }
}

std::string RandomQuery::measured(int depth, std::string_view unit) {
  const std::string in = "'" + std::string(unit) + "'";
  if (depth <= 0) return one_in(2) ? cat({number(1), " ", in}) : cat({"(", field("value", 0), " to ", in, ")"});
  switch (way(7, {0, 1, 2, 3, 5, 6})) {
    case 0: return cat({"(", number(1), " ", in, ")"});
    case 1: return fold(depth, unit);
    case 2: return cat({"(", measured(depth - 1, unit), chance_.one({" + ", " - "}), measured(depth - 1, unit), ")"});
    case 3: return cat({"(", measured(depth - 1, unit), chance_.one({" * ", " / "}), plain(depth - 1), ")"});
    case 4: return cat({"least(", measured(depth - 1, unit), ", ", measured(depth - 1, unit), ")"});
    default: return cat({"(", recorded(depth - 1), " to ", in, ")"});
  }
}

std::string RandomQuery::text_value(int depth) {
  if (const Definition* named = one_in(8) ? defined(What::text) : nullptr) return named->name;
  if (depth > 0 && one_in(4)) return choice(depth, &RandomQuery::text_value, false);
  switch (below(7)) {
    case 0: return chance_.one({"'left'", "'org0'", "'mg/dL'", "'enc1'", "''", "'it''s'"});
    case 1: return "patient";
    case 2: return cat({"band(", plain(depth - 1), ", 10)"});
    case 3:
      return cat({chance_.one({"min(", "max("}), events(depth - 1), chance_.one({".source)", ".unit)", ".encounter)"})});
    default: return field(chance_.one({"source", "unit", "text", "encounter"}), depth - 1);
  }
}

std::string RandomQuery::code_value(int depth) {
  if (depth > 0 && one_in(5)) return choice(depth, &RandomQuery::code_value, false);
  return one_in(3) ? code() : field("code", depth - 1);
}

}  // namespace chartline::query::random
