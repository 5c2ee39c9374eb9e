#include "formats/exchange/circe_criteria.h"

#include <algorithm>
#include <array>
#include <vector>

namespace chartline::exchange {
namespace {

// How events of a criterion are found and when they end. Eras, measurements and observations share their kind with other
// tables of OMOP.
struct Domain {
  std::string_view name, kind, table, end;
};
constexpr std::string_view next_day = "start + 1d", or_next_day = "(end ?? start + 1d)";
constexpr std::array domains = std::to_array<Domain>({
    {"ConditionOccurrence", "condition", "", or_next_day},
    {"DrugExposure", "medication", "", or_next_day},
    {"ProcedureOccurrence", "procedure", "", next_day},
    {"DeviceExposure", "device", "", or_next_day},
    {"Measurement", "observation", "measurement", next_day},
    {"Observation", "observation", "observation", next_day},
    {"VisitOccurrence", "encounter", "visit_occurrence", or_next_day},
    {"VisitDetail", "encounter", "visit_detail", or_next_day},
    {"Death", "death", "", next_day},
    {"Specimen", "other", "specimen", next_day},
    {"ConditionEra", "other", "condition_era", ""},
    {"DrugEra", "other", "drug_era", ""},
    {"ObservationPeriod", "registration", "", ""},
});

// Concepts of OMOP's own; https://athena.ohdsi.org.
std::string_view sex_of(std::int64_t concept_id) {
  switch (concept_id) {
    case 8507: return "male";
    case 8532: return "female";
    case 8521: return "other";
    case 8551: return "unknown";
    default: return {};
  }
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : between).append(part);
  return text;
}

Result<std::string> operator_of(const CirceNode& op) {
  const std::string word = TRY(op.text());
  if (word == "lt") return std::string("<");
  if (word == "lte") return std::string("<=");
  if (word == "eq") return std::string("=");
  if (word == "gt") return std::string(">");
  if (word == "gte") return std::string(">=");
  return op.refusal("it is no operator that is known");
}

Result<std::string> date_literal(const CirceNode& node) {
  const std::string text = TRY(node.text());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  bool is_date = text.size() == 10;
  for (std::size_t i = 0; is_date && i < text.size(); ++i)
    is_date = i == 4 || i == 7 ? text[i] == '-' : is_digit(text[i]);
  return is_date ? Result<std::string>(text) : node.refusal("it is no date");
}

template <typename Literal>
Result<std::string> in_range(const CirceNode& range, const std::string& what, Literal literal) {
  TRY(range.only({"Value", "Op", "Extent"}));
  const std::string op = TRY(range["Op"].text()), value = TRY(literal(range["Value"]));
  if (op != "bt" && op != "!bt") return what + " " + TRY(operator_of(range["Op"])) + " " + value;
  const std::string extent = TRY(literal(range["Extent"]));
  if (op == "bt") return what + " >= " + value + " and " + what + " <= " + extent;
  return "(" + what + " < " + value + " or " + what + " > " + extent + ")";
}

std::string ended(const Domain& domain) {
  return domain.end.empty() ? std::string() : " ending " + std::string(domain.end);
}

}  // namespace

std::string date_moved(const std::string& time, std::int64_t days) {
  const std::string date = "date(" + time + ")";
  if (days == 0) return date;
  return date + (days < 0 ? " - " : " + ") + std::to_string(days < 0 ? -days : days) + "d";
}

Result<std::string> number_in(const CirceNode& range, const std::string& what) {
  return in_range(range, what, [](const CirceNode& node) { return node.number(); });
}

Result<std::string> date_in(const CirceNode& range, const std::string& what) {
  return in_range(range, what, date_literal);
}

std::string holds(const std::string& event) {
  return "date <= date(" + event + ") and date(" + event + ") <= date(end)";
}

std::string CirceCriteria::new_name(std::string_view stem) {
  return std::string(stem) + "_" + std::to_string(++names_);
}

Result<std::string> CirceCriteria::codes(const CirceNode& id) {
  const auto number = TRY(id.whole());
  if (!number) return std::string("*");
  if (*number < 0) return id.refusal("it is no concept set");
  concept_sets_.insert(*number);
  return "cs_" + std::to_string(*number);
}

Result<std::string> CirceCriteria::events(const CirceNode& criterion) {
  const std::vector<std::string> keys = criterion.keys();
  if (keys.size() != 1) return criterion.refusal("a criterion has one domain");
  const auto* domain = std::ranges::find(domains, keys[0], &Domain::name);
  const CirceNode body = criterion[keys[0]];
  if (domain == domains.end()) return body.refusal("its domain is not covered");

  std::string text = std::string(domain->kind) + "[" + TRY(codes(body["CodesetId"])) + "]";
  if (!domain->table.empty()) text += " where attr.table = '" + std::string(domain->table) + "'";
  if (TRY(body["First"].flag())) text = "(first " + text + ")";
  const std::string named = new_name("e");
  return "(" + text + ended(*domain) + TRY(conditions(body, named)) + ")";
}

// Everything but codes and `First`, which come before it.
Result<std::string> CirceCriteria::conditions(const CirceNode& body, const std::string& named) {
  // The ...TypeExclude say how a list of types is meant, of which there is none.
  TRY(body.only({"CodesetId", "First", "Age", "AgeAtStart", "AgeAtEnd", "Gender", "OccurrenceStartDate",
                 "OccurrenceEndDate", "EraStartDate", "EraEndDate", "EraLength", "DaysSupply", "Quantity", "Refills",
                 "ValueAsNumber", "OccurrenceCount", "Unit", "ValueAsConcept", "CorrelatedCriteria"}));
  std::vector<std::string> all;
  const auto ask = [&](std::string_view key, auto how, const std::string& what) -> Result<void> {
    if (body[key]) all.push_back(TRY(how(body[key], what)));
    return {};
  };
  for (const char* key : {"OccurrenceStartDate", "EraStartDate"}) TRY(ask(key, date_in, "date"));
  for (const char* key : {"OccurrenceEndDate", "EraEndDate"}) TRY(ask(key, date_in, "date(end)"));
  TRY(ask("EraLength", number_in, "(days from date to date(end))"));
  TRY(ask("DaysSupply", number_in, "attr.days_supply"));
  TRY(ask("Quantity", number_in, "attr.quantity"));
  TRY(ask("Refills", number_in, "attr.refills"));
  TRY(ask("OccurrenceCount", number_in, "attr.occurrence_count"));
  TRY(ask("ValueAsNumber", number_in, "value"));
  for (const char* key : {"Age", "AgeAtStart"})
    if (body[key]) all.push_back(TRY(age(body[key], "start")));
  if (body["AgeAtEnd"]) all.push_back(TRY(age(body["AgeAtEnd"], "end")));
  if (!body["Gender"].items().empty()) all.push_back(TRY(sexes(body["Gender"])));
  if (!body["Unit"].items().empty()) all.push_back("attr.unit in " + TRY(concepts(body["Unit"])));
  if (!body["ValueAsConcept"].items().empty()) {
    const std::string codes = TRY(concepts(body["ValueAsConcept"]));
    all.push_back("(value in " + codes + " or attr.value_as_concept in " + codes + ")");
  }

  std::string text;
  if (!all.empty()) text += " where " + joined(all, " and ");
  if (!body["CorrelatedCriteria"]) return text;
  const std::string nested = TRY(group(body["CorrelatedCriteria"], named));
  text += " as " + named + " with (registration[*] where " + holds(named) + ")";
  return nested.empty() ? text : text + " where (" + nested + ")";
}

Result<std::string> CirceCriteria::age(const CirceNode& range, const std::string& time) {
  return number_in(range, options_.as_circe ? "(year(" + time + ") - year(birth))" : "age(" + time + ")");
}

Result<std::string> CirceCriteria::sexes(const CirceNode& concepts) {
  std::vector<std::string> any;
  for (const CirceNode& one : concepts.items()) {
    const std::string_view sex = sex_of(TRY(one["CONCEPT_ID"].whole()).value_or(0));
    if (sex.empty()) return one.refusal("it is no gender that is known");
    any.push_back("sex = " + std::string(sex));
  }
  return any.size() == 1 ? any[0] : "(" + joined(any, " or ") + ")";
}

Result<std::string> CirceCriteria::concepts(const CirceNode& list) {
  std::string text;
  for (const CirceNode& one : list.items()) {
    const auto id = TRY(one["CONCEPT_ID"].whole());
    if (!id) return one.refusal("it is no concept");
    text.append(text.empty() ? "{ " : ", ").append("omop:" + std::to_string(*id));
  }
  return text + " }";
}

Result<std::string> CirceCriteria::demographic(const CirceNode& one, const std::string& index) {
  TRY(one.only({"Age", "Gender", "Race", "Ethnicity", "OccurrenceStartDate", "OccurrenceEndDate"}));
  std::vector<std::string> all;
  if (one["Age"]) all.push_back(TRY(age(one["Age"], index)));
  if (!one["Gender"].items().empty()) all.push_back(TRY(sexes(one["Gender"])));
  for (const auto& [key, attribute] : {std::pair("Race", "race"), std::pair("Ethnicity", "ethnicity")}) {
    if (one[key].items().empty()) continue;
    all.push_back(attribute + std::string(" in ") + TRY(concepts(one[key])));
    of_person_.insert(attribute);
  }
  if (one["OccurrenceStartDate"]) all.push_back(TRY(date_in(one["OccurrenceStartDate"], "date(" + index + ")")));
  if (one["OccurrenceEndDate"]) all.push_back(TRY(date_in(one["OccurrenceEndDate"], "date(" + index + ".end)")));
  return all.empty() ? std::string("true") : "(" + joined(all, " and ") + ")";
}

Result<std::string> CirceCriteria::group(const CirceNode& group, const std::string& index) {
  TRY(group.only({"Type", "Count", "CriteriaList", "DemographicCriteriaList", "Groups"}));
  std::vector<std::string> parts;
  for (const CirceNode& one : group["CriteriaList"].items()) parts.push_back(TRY(correlated(one, index)));
  for (const CirceNode& one : group["DemographicCriteriaList"].items()) parts.push_back(TRY(demographic(one, index)));
  for (const CirceNode& one : group["Groups"].items())
    if (std::string inner = TRY(this->group(one, index)); !inner.empty()) parts.push_back("(" + inner + ")");
  if (parts.empty()) return std::string();

  const std::string type = TRY(group["Type"].text());
  const auto count = TRY(group["Count"].whole());
  if (type == "ALL") return joined(parts, "\n  and ");
  if (type == "ANY") return joined(parts, "\n  or ");
  if ((type != "AT_LEAST" && type != "AT_MOST") || !count || *count < 0)
    return group["Type"].refusal("it is not known");
  return std::string(type == "AT_LEAST" ? "at least " : "at most ") + std::to_string(*count) + " of (\n  " +
         joined(parts, ",\n  ") + ")";
}

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
    if (event_end)
      made.clauses += " where date(end)" + compared + bound;
    else
      made.clauses += (is_start ? " on or after " : " on or before ") + bound;
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
    if (column == "START_DATE")
      field = "date";
    else if (column == "VISIT_ID")
      field = "encounter";
    else if (!column.empty() && column != "DOMAIN_CONCEPT")
      return occurrence["CountColumn"].refusal("it is not covered");
    counted = "distinct((" + text + ")." + std::string(field) + ")";
  }
  constexpr std::string_view compared[] = {" = ", " <= ", " >= "};
  return "(" + counted + std::string(compared[*type]) + std::to_string(*count) + ")";
}

}  // namespace chartline::exchange
