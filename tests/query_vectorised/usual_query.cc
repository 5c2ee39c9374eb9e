#include "tests/query_vectorised/usual_query.h"

namespace chartline::query::vectorised {

using random::world_codes;

std::string UsualQuery::text(int statements) {
  std::string text = "param today = 2020-06-30\nlet recent = " + events(1, "");
  recent_ = true;
  text += "\nlet dx = first " + events(1, "");
  dx_ = true;
  text += "\ncohort some = " + condition(1);
  text += "\ncohort treated per " + events(1, "") + " as ix = exists ";
  text += events(1, "ix") + "\n";
  for (int i = 0; i < statements; ++i) text += statement() + "\n";
  return text;
}

std::string UsualQuery::codes() {
  const auto code = [&] {
    const random::CodeOf& of = chance_.of(world_codes);
    return std::string(of.system) + ":" + std::string(of.code);
  };
  switch (chance_.below(5)) {
    case 0: return "*";
    case 1: return "{ " + code() + ", " + code() + ", " + code() + " }";
    case 2: return "icd10:E11*";
    default: return code();
  }
}

std::string UsualQuery::date() {
  return record::print(record::day_time(random::first_day + static_cast<int>(chance_.below(random::days))));
}

std::string UsualQuery::event(int depth) {
  if (dx_ && chance_.one_in(6)) return "dx";
  return one({"first ", "last ", "last ", "nth(2, ", "lowest ", "highest "}) + "\x01" + events(depth, "");
}

std::string UsualQuery::events(int depth, const std::string& it) {
  if (depth > 0 && chance_.one_in(8))
    return "(" + events(depth - 1, it) + one({" | ", " & ", " - "}) + events(depth - 1, it) + ")";
  if (recent_ && chance_.one_in(12)) return "recent";
  std::string text = one({"condition", "observation", "medication", "any", "any", "any"}) + "[" + codes() + "]";
  for (std::uint64_t i = chance_.below(3); i > 0; --i) text += " " + clause(depth, it);
  return "(" + text + ")";
}

std::string UsualQuery::clause(int depth, const std::string& it) {
  const auto anchor = [&]() -> std::string {
    if (!it.empty() && !chance_.one_in(3)) return it;
    switch (chance_.below(4)) {
      case 0: return "birth";
      case 1: return "(first any[" + codes() + "])";
      case 2: return dx_ ? "dx" : "birth";
      default: return date();
    }
  };
  switch (chance_.below(depth > 0 ? 20 : 14)) {
    case 0: return "in 2019-03-01..2020-02-29";
    case 1: return one({"before ", "after ", "on or before ", "on or after "}) + anchor();
    case 2:
    case 3:
      return "within " + one({"30d", "12mo", "1y", "2w", "6h", "90d"}) +
             one({" before ", " after ", " of ", " on or before ", " on or after "}) + anchor();
    case 4:
      return "where value " + one({">", "<", ">=", "=", "!="}) + " " +
             one({"5", "-2", "50 'mg/dL'", "7 'mmol/L'", "100", "0.5 'kg'"});
    case 5: return "between " + anchor() + " and " + date();
    case 6: return "any status";
    case 7: return "including contributions";
    case 8: return "where source " + one({"=", "!="}) + " '" + one({"org0", "org1", "org0|sys"}) + "'";
    case 9: return "where kind = " + one({"condition", "observation", "medication"});
    case 10:
      return "where " +
             one({"author = clinician", "author != unknown", "status = final", "status != active",
                  "status != in_progress", "certainty = confirmed", "status is missing", "not (author = device)"});
    case 11: return one({"during ", "overlapping "}) + one({"2019-03-01..2020-02-29", "2019-06-01..2019-06-01"});
    case 12: return one({"where it.end > ", "where it.end <= "}) + date();
    case 13:
      return one({"where attr.dose > ", "where attr.dose <= ", "where attr.never = "}) + one({"5", "50 'mg/dL'"});
    case 14: return one({"during ", "overlapping "}) + events(0, it);
    case 15: return "same date as " + events(depth - 1, it);
    case 16: return one({"preceding ", "following "}) + (it.empty() ? "(first any[" + codes() + "])" : it);
    default: return one({"with (", "without ("}) + events(depth - 1, "it") + ")";
  }
}

std::string UsualQuery::number(int depth, const std::string& it) {
  const auto place = [&](std::string text) {
    const std::size_t at = text.find('\x01');
    if (at == std::string::npos) return text;
    const bool nth = text.starts_with("nth");
    text.erase(at, 1);
    return nth ? text + ")" : text;
  };
  switch (chance_.below(9)) {
    case 0: return "count(" + events(depth, it) + ")";
    case 1: return "age(today)";
    case 2: return "(" + place(event(depth)) + ").value";
    case 3: return one({"min", "max", "avg", "sum", "median"}) + "(" + events(depth, it) + ".value)";
    case 4: return "(days from birth to (" + place(event(depth)) + "))";
    case 5: return "distinct(" + events(depth, it) + one({".date)", ".code)", ".kind)", ".source)", ".unit)"});
    case 7: return "slope(" + events(depth, it) + ".value)";
    case 6: return "(" + number(0, it) + one({" + ", " - ", " * ", " / "}) + number(0, it) + ")";
    default: return "count(episodes(" + events(depth, it) + ", gap " + one({"7d", "2mo", "6h"}) + "))";
  }
}

std::string UsualQuery::condition(int depth) {
  switch (chance_.below(depth > 0 ? 12 : 6)) {
    case 0: return "no " + events(depth, "");
    case 1: return "sex = " + one({"female", "male"});
    case 2: return number(depth, "") + one({" > ", " < ", " >= ", " = "}) + one({"0", "1", "2", "40", "700"});
    case 3: return one({"alive(", "registered("}) + date() + ")";
    case 6: return "(" + condition(depth - 1) + one({" and ", " or "}) + condition(depth - 1) + ")";
    case 7: return "not (" + condition(depth - 1) + ")";
    case 8:
      return "at least 2 of (" + condition(depth - 1) + ", " + condition(depth - 1) + ", " + condition(depth - 1) + ")";
    case 9: return !dx_ ? "exists any[*]" : "(dx is missing or date(dx) < " + date() + ")";
    case 10: return "(exists " + events(depth, "") + " and " + condition(depth - 1) + ")";
    default: return "exists " + events(depth, "");
  }
}

std::string UsualQuery::groups(bool of_event) {
  if (chance_.one_in(3)) return "";
  std::string text =
      " by " + one({"sex", "band(age(today), 10)", "year(birth)", "in some", "age(today)", "count(recent)",
                    "distinct(recent.date)", "distinct(recent.code)", "slope((days from 2019-01-01 to it) over recent)",
                    "case when sex = female then 'a' when age(today) > 40 then 'b' else 'c' end",
                    "case when age(today) > 40 then count(recent) when in some then 7 end"});
  if (of_event)
    text += ", " + one({"month(it)", "year(it)", "kind", "date(it)", "unit", "start", "it.code", "source", "author",
                        "status", "certainty", "date(it.end)", "it.length"});
  return text;
}

std::string UsualQuery::totals() {
  const std::string leaf =
      one({"any", "any", "observation", "condition"}) + "[*]" +
      one({"", "", "", " any status", " including contributions", " in 2019-03-01..2020-02-29", " where value > 5"});
  if (chance_.one_in(8)) return "cohort everything per " + leaf + " as each = true\ncount in everything by each.code\n";
  std::string text = "tally " + leaf + " by ";
  for (std::uint64_t i = 0, n = 1 + chance_.below(3); i < n; ++i)
    text += (i ? ", " : "") + one({"code", "it.code", "kind", "source", "author", "status", "certainty", "year(it)",
                                   "month(it)", "date(it)"});
  return text + "\n";
}

std::string UsualQuery::statement() {
  switch (chance_.below(8)) {
    case 0: return "tally " + events(2, "") + groups(true);
    case 1: return "flow " + condition(1) + ", " + condition(1) + ", " + condition(1);
    case 2:
      return "count in treated" + one({"", " by ix.code", " by sex, ix.code", " by ix.code, year(ix)", " by ix.source"});
    case 3:
      return "measure " + condition(1) + " over exists any[" + codes() +
             "] in interval every 6mo from 2019-01-01 to 2020-12-31";
    case 4: return "count in some" + groups(false);
    case 5: return "list " + condition(2) + " select patient, age(today)";
    default: return "count " + condition(2) + groups(false);
  }
}

}  // namespace chartline::query::vectorised
