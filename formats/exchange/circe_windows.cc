// Criteria that are counted around an index event.
#include "formats/exchange/circe_criteria.h"

namespace chartline::exchange {

namespace {

// One window: clauses on the event, and what is asked of the registration that holds both.
struct Window {
  std::string clauses, of_registration;
};

Result<Window> window_of(const CirceNode& window, const std::string& index, const std::string& event, bool to_event_end) {
  TRY(window.only({"Start", "End", "UseIndexEnd", "UseEventEnd"}));
  const bool event_end = window["UseEventEnd"] ? TRY(window["UseEventEnd"].flag()) : to_event_end;
  const std::string anchor = TRY(window["UseIndexEnd"].flag()) ? index + ".end" : index;
  Window made;
  for (const bool is_start : {true, false}) {
    const CirceNode side = window[is_start ? "Start" : "End"];
    TRY(side.only({"Days", "Coeff"}));
    const auto days = TRY(side["Days"].whole()), coefficient = TRY(side["Coeff"].whole());
    if (!coefficient) return side.refusal("it has no coefficient");
    const std::string compared = is_start ? " >= " : " <= ";
    if (!days) {
      made.of_registration += " and date(" + event + (event_end ? ".end" : "") + ")" + compared +
                              (*coefficient == -1 ? "date" : "date(end)");
      continue;
    }
    const std::string bound = date_moved(anchor, *days * *coefficient);
    if (event_end) made.clauses += " where date(end)" + compared + bound;
    else made.clauses += (is_start ? " on or after " : " on or before ") + bound;
  }
  return made;
}

}  // namespace

// Counts events around the index event.
Result<std::string> CirceCriteria::correlated(const CirceNode& one, const std::string& index) {
  TRY(one.only({"Criteria", "StartWindow", "EndWindow", "Occurrence", "RestrictVisit", "IgnoreObservationPeriod"}));
  const std::string event = new_name("e");
  std::string text = TRY(events(one["Criteria"]));
  std::string of_registration;
  for (const char* key : {"StartWindow", "EndWindow"}) {
    if (!one[key]) continue;
    const Window window = TRY(window_of(one[key], index, event, key == std::string_view("EndWindow")));
    text += window.clauses;
    of_registration += window.of_registration;
  }
  if (is_recast_ && TRY(one["RestrictVisit"].flag()))
    return one["RestrictVisit"].refusal("events whose dates are adjusted are linked to no visit");
  if (TRY(one["RestrictVisit"].flag())) text += " same encounter as " + index;
  if (!TRY(one["IgnoreObservationPeriod"].flag()))
    text +=
        " as " + event + " with (registration[*] where " + holds(index) + " and " + holds(event) + of_registration + ")";

  const CirceNode occurrence = one["Occurrence"];
  TRY(occurrence.only({"Type", "Count", "IsDistinct", "CountColumn"}));
  const auto type = TRY(occurrence["Type"].whole()), count = TRY(occurrence["Count"].whole());
  if (!type || *type < 0 || *type > 2) return occurrence["Type"].refusal("it is not known");
  if (!count || *count < 0) return occurrence["Count"].refusal("it is no count");
  std::string counted = "count(" + text + ")";
  if (TRY(occurrence["IsDistinct"].flag())) {
    const std::string column = TRY(occurrence["CountColumn"].text());
    std::string_view field = "code";
    if (column == "START_DATE") field = "date";
    else if (column == "VISIT_ID") field = "encounter";
    else if (!column.empty() && column != "DOMAIN_CONCEPT")
      return occurrence["CountColumn"].refusal("it is not covered");
    const CirceNode criterion = one["Criteria"];
    const bool has_own_period = !criterion[criterion.keys()[0]]["UserDefinedPeriod"].is_empty();
    if ((is_recast_ || has_own_period) && field != "date")
      return occurrence["IsDistinct"].refusal("events whose dates are adjusted have no code and no visit");
    counted = "distinct((" + text + ")." + std::string(field) + ")";
  }
  constexpr std::string_view compared[] = {" = ", " <= ", " >= "};
  return "(" + counted + std::string(compared[*type]) + std::to_string(*count) + ")";
}

}  // namespace chartline::exchange
