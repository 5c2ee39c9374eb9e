#include "tests/suites/question_text.h"

#include <charconv>

#include "formats/record/time.h"

namespace chartline::suites {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

// any[{ snomed:'1', loinc:'1' }]
std::string events_of(const std::string& code, const Systems& systems) {
  const auto found = systems.find(code);
  if (found == systems.end()) return "any[local:" + in_quotes(code) + "]";
  std::string codes;
  for (const std::string& system : found->second) codes += (codes.empty() ? "" : ", ") + system + ":" + in_quotes(code);
  return found->second.size() == 1 ? "any[" + codes + "]" : "any[{ " + codes + " }]";
}

std::string instant(const std::string& seconds) {
  Micros at = 0;
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), at);
  return record::print(record::at_instant(at * record::micros_per_second));
}

}  // namespace

std::optional<std::string> question_text(const Question& question, const Systems& systems) {
  const auto number = [&](const char* name) { return question.numbers.at(name); };
  const auto span = [&] { return number("n") + "s"; };
  const auto at = [&](const char* name) { return instant(number(name)); };
  std::string text;
  for (const auto& [name, code] : question.codes) text += "let " + name + " = " + events_of(code, systems) + "\n";
  const std::string& kind = question.kind;

  if (kind == "count_between")
    return text + "let between_them = x where start >= " + at("a") + " and start < " + at("b") +
           "\nlist exists between_them select patient, count(between_them) as events";
  if (kind == "distinct_codes")
    return "let between_them = (any[*] | patient[*]) where start >= " + at("a") + " and start < " + at("b") +
           "\nlist exists between_them select patient, distinct(between_them.code) as codes";
  if (kind == "first_last")
    return text +
           "list exists x select patient, (first x).start as first_at, (first x).value as first_value,\n"
           "     (last x).start as last_at, (last x).value as last_value";
  if (kind == "followed_by")
    return text + "let pairs = sum(count(y within " + span() +
           " after it) over x)\nlist pairs > 0 select patient, pairs";
  if (kind == "washout")
    return text + "list exists x select patient, count(x without (x within " + span() + " before it)) as events";
  if (kind == "episodes")
    return text + "let together = episodes(x lasting 0s, gap " + span() +
           ")\nlist exists x select patient, count(together) as episodes, max(seconds from it.start to it.end over "
           "together) as longest";
  // (t - n, t]: `within` holds the far end too.
  if (kind == "rolling_max")
    return text + "list exists x select patient, max(count(x within " + span() + " on or before it after it - " +
           span() + ") over x) as most";
  if (kind == "as_of")
    return text +
           "let anchor = first y\n"
           "let latest = last x where value is not missing and start <= anchor.start\n"
           "list exists y select patient, anchor.start as at, latest.start as found_at, latest.value as found";
  if (kind == "around")
    return text +
           "let anchor = first y\n"
           "let near = x where value is not missing and start > anchor.start - " +
           span() +
           " and start <= anchor.start\n"
           "list exists y select patient, count(near) as n, min(near.value) as low, max(near.value) as high, "
           "avg(near.value) as mean";
  if (kind == "threshold_then")
    return text + "let hit = first x where value > " + number("th") +
           "\nlist exists hit select patient, hit.start as at, exists y within " + span() + " after hit as followed";
  if (kind == "never_after") return text + "list exists x and no y after first x";
  if (kind == "sequence")
    return text + "list exists x with (y within " + span() + " after it with (z within " + span() + " after it))";
  if (kind == "delta")
    return text +
           "let valued = x where value is not missing\n"
           "list exists valued\n"
           "     select patient, count(valued as now where value - (last valued preceding now).value >= " +
           number("d") + ") as rises";
  if (kind == "per_year")
    return text +
           "tally x as now without (x preceding now where year(start) = year(now.start)) by year(it)\n"
           "tally x by year(it)";
  return std::nullopt;
}

}  // namespace chartline::suites
