#include "tests/query_random/random_query.h"

namespace chartline::query::random {

std::string cat(std::initializer_list<std::string> parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

const RandomQuery::Definition* RandomQuery::defined(What what) {
  const Definition* found = nullptr;
  std::uint64_t seen = 0;
  for (const Definition& one : definitions_) {
    if (one.what == what && below(++seen) == 0) found = &one;
  }
  return found;
}

const RandomQuery::Definition* RandomQuery::index_cohort() {
  const Definition* found = nullptr;
  std::uint64_t seen = 0;
  for (const Definition& one : definitions_) {
    if (!one.index.empty() && below(++seen) == 0) found = &one;
  }
  return found;
}

std::string RandomQuery::text(int statements) {
  std::string text = definitions();
  for (int i = 0; i < statements; ++i) {
    if (one_in(6)) text += define();
    text += statement() + "\n";
  }
  return text;
}

std::string RandomQuery::definitions() {
  definitions_.clear();
  place_ = {};
  std::string text;
  for (int i = 0; i < 5; ++i) text += define();
  text += cohort(false);
  text += cohort(true);
  return text;
}

std::string RandomQuery::define() {
  const Inside within(*this, false);
  usual_ = one_in(2);
  const auto made = [&](std::string_view word, What what, const std::string& value) {
    const std::string name = new_name("n");
    definitions_.push_back({what, name});
    return cat({std::string(word), " ", name, " = ", value, "\n"});
  };
  switch (below(13)) {
    case 0: return made("param", What::time, one_in(3) ? moment() : day());
    case 1: return made("param", What::plain, number(1));
    case 2: return made("param", What::duration, chance_.one({"30d", "3mo", "12h"}));
    case 3: return made("param", What::text, "'left'");
    case 4: return made("param", What::code, code());
    case 5: return made("codes", What::codes, codes(2));
    case 6: return made("let", What::events, events(2));
    case 7: return made("let", What::event, event(2));
    case 8: return made("let", What::condition, condition(2));
    case 9: return made("let", What::plain, plain(2));
    case 10: return made("let", What::recorded, recorded(2));
    case 11: return made("let", What::time, time(2));
    default: return cohort(one_in(2));
  }
}

// cohort NAME [per E as IX [until T]] = P
std::string RandomQuery::cohort(bool with_index) {
  const Inside within(*this, false);
  const std::string name = new_name("c");
  std::string index, per;
  if (with_index) {
    per = cat({" per ", one_in(2) ? cat({kind(), "[", code(), "]"}) : events(1), " as "});
    index = new_name("ix");
    place_.events.push_back(index);
    per += index;
    if (one_in(2)) per += cat({" until (", one_in(2) ? index + " + " + duration(0) : time(1), ")"});
  }
  std::string text = cat({"cohort ", name, per, " = ", condition(static_cast<int>(below(3))), "\n"});
  definitions_.push_back({What::cohort, name, index});
  return text;
}

std::string RandomQuery::statement() {
  switch (below(16)) {
    case 0: return cat({!may_explain ? "" : one_in(2) ? "explain analyze " : "explain ", counted_form()});
    case 1:
      if (!may_look_back) return counted_form();
      return cat({"as of ",
                  record::print(record::at_instant(first_commit + static_cast<Micros>(below(1000)) * commit_step +
                                                   commit_step / 2)),
                  " ", counted_form()});
    case 2: {
      if (!may_ask_why) return counted_form();
      const Definition* of = defined(What::cohort);
      return cat({"why 'test|p", std::to_string(below(40)), "' in ", of->name});
    }
    default: return counted_form();
  }
}

std::string RandomQuery::grouped() {
  if (one_in(2)) return "";
  std::string text = cat({" by ", group(1)});
  if (one_in(3)) text += cat({", ", group(1)});
  return text;
}

std::string RandomQuery::counted_form() {
  const Inside within(*this, false);
  usual_ = one_in(2);
  const int depth = one_in(2) ? 1 : 1 + static_cast<int>(below(3));
  // A statement about one cohort knows the name of its index date.
  const auto of_cohort = [&](const Definition& cohort) {
    if (!cohort.index.empty()) place_.events.push_back(cohort.index);
    return one_in(2) ? "in " + cohort.name : cohort.name;
  };
  switch (below(14)) {
    case 0: return cat({"count exists ", chosen_of_intervals(depth), grouped()});
    case 1:
    case 2:
    case 13: {
      const bool cohort = one_in(4);
      return cat({"count ", cohort ? of_cohort(*defined(What::cohort)) : condition(depth), grouped()});
    }
    case 3: {
      std::string text = cat({"tally ", events(depth)});
      place_.it = true;
      return cat({text, grouped()});
    }
    case 4:
    case 5:
    case 6: {
      const bool cohort = one_in(3);
      const bool per = one_in(2);
      place_.may_name = !per;  // the rows are looked for before the condition
      std::string text = cat({"list ", cohort ? of_cohort(*defined(What::cohort)) : condition(depth - 1)});
      if (per) {
        text += cat({" per ", events(depth - 1)});
        place_.it = true;
      }
      for (std::uint64_t i = 0, n = below(4); i < n; ++i) {
        text += cat({i == 0 ? " select (" : ", (", column(depth - 1), ")"});
        if (one_in(2)) text += " as " + new_name("x");
      }
      return text;
    }
    case 7: {
      const Definition& cohort = *defined(What::cohort);
      of_cohort(cohort);
      return cat({"events ", events(depth - 1), " of ", cohort.name});
    }
    case 8:
      return cat({"flow ", condition(depth - 1), ", ", condition(depth - 1), one_in(2) ? ", " + condition(1) : ""});
    case 9:
    case 10: {
      place_.interval = true;
      std::string text = cat({"measure ", condition(depth - 1), " over ", condition(one_in(2) ? 0 : 1), grouped()});
      place_.interval = false;
      static constexpr std::string_view spans[] = {
          " every 1mo from 2019-01-01 to 2019-12-31", " every 90d from 2019-03-15 to 2020",
          " every 1y from 2018-02-28 to 2021-01-01", " every 2w from 2019-05 to 2019-07-04",
          " every 1mo from 2019-01-31 to 2019-06-15"};
      return text + std::string(chance_.of(spans));
    }
    default: {
      const Definition& cohort = *index_cohort();
      place_.events.push_back(cohort.index);
      std::string text = cat({chance_.one({"incidence ", "survival "}), events(depth - 1)});
      if (one_in(3)) text += " after " + cohort.index;
      return cat({text, " in ", cohort.name, grouped()});
    }
  }
}

std::string RandomQuery::group(int depth) {
  switch (way(8, {0, 1, 2, 2})) {
    case 0: return "sex";
    case 1: return cat({"band(", plain(depth), ", ", chance_.one({"10", "5", "2.5"}), ")"});
    case 2: return cat({chance_.one({"year(", "month("}), time_or_year(depth), ")"});
    case 3: return condition(depth);
    case 4: return plain(depth);
    case 5: return text_value(depth);
    case 6: return attribute(depth);
    default:
      return one_in(2) ? code_value(depth) : field(chance_.one({"status", "kind", "author", "certainty"}), depth);
  }
}

std::string RandomQuery::column(int depth) {
  switch (below(11)) {
    case 0: return "patient";
    case 1:
    case 2: return recorded(depth);
    case 3: return measured(depth, chance_.one({"mmol/L", "%", "kg"}));
    case 4:
    case 5: return time(depth);
    case 6: return event(depth);
    case 7: return condition(depth);
    case 8: return plain(depth);
    default: return group(depth);
  }
}

}  // namespace chartline::query::random
