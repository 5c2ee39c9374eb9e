#include "formats/exchange/circe_criteria.h"

#include <vector>

#include "formats/exchange/circe_domains.h"

namespace chartline::exchange {
namespace {

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

std::string in_brackets(const std::vector<std::string>& conditions) {
  if (conditions.empty()) return "true";
  return conditions.size() == 1 ? conditions[0] : "(" + joined(conditions, " and ") + ")";
}

// Clauses may follow: what stands behind `in` takes them for its own, without brackets around the whole.
std::string narrowed(const std::string& events, const std::vector<std::string>& all) {
  if (all.empty()) return events;
  const std::string asked = joined(all, " and "), text = events + " where " + asked;
  return asked.find(" in ") == std::string::npos ? text : "(" + text + ")";
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

}  // namespace

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
  const CirceDomain* domain = circe_domain(keys[0]);
  const CirceNode body = criterion[keys[0]];
  if (!domain) return body.refusal("its domain is not covered");
  TRY(body.only(circe_keys(*domain)));

  // Codes of both kinds come before `First`, all else behind it.
  std::string text = std::string(domain->kind) + "[" + TRY(codes(body["CodesetId"])) + "]";
  std::vector<std::string> of_row;
  if (!domain->table.empty()) of_row.push_back("attr.table = '" + std::string(domain->table) + "'");
  for (const CirceAsked& asked : domain->asked)
    if (asked.form == CirceForm::source && body[asked.key])
      of_row.push_back(std::string(asked.what) + " in " + TRY(codes(body[asked.key])));
  text = narrowed(text, of_row);
  if (TRY(body["First"].flag())) text = "(first " + text + ")";
  if (!domain->end.empty()) text += " ending " + std::string(domain->end);
  text += TRY(moved(body["DateAdjustment"]));

  std::vector<std::string> all;
  std::string behind;
  for (const CirceAsked& asked : domain->asked) {
    if (asked.form == CirceForm::visit) behind += TRY(visit(asked.key, body));
    else if (asked.form == CirceForm::period) behind += TRY(user_defined(body[asked.key]));
    else TRY(ask(asked, body, all));
  }
  text = narrowed(text, all) + behind;

  if (const CirceNode nested = body["CorrelatedCriteria"]) {
    const std::string named = new_name("e");
    const std::string asked = TRY(group(nested, named));
    text += " as " + named + " with (registration[*] where " + holds(named) + ")";
    if (!asked.empty()) text += " where (" + asked + ")";
  }
  return "(" + text + ")";
}

// One thing that is asked of an event, if it is.
Result<void> CirceCriteria::ask(const CirceAsked& asked, const CirceNode& body, std::vector<std::string>& all) {
  const CirceNode node = body[asked.key], set = body[std::string(asked.key) + "CS"];
  const std::string what(options_.as_circe && !asked.as_circe.empty() ? asked.as_circe : asked.what);
  if (asked.form == CirceForm::gender || asked.form == CirceForm::concepts) {
    const bool is_gender = asked.form == CirceForm::gender;
    if (!node.is_empty()) all.push_back(is_gender ? TRY(sexes(node)) : TRY(listed(node, what, body)));
    if (set["CodesetId"]) all.push_back(is_gender ? TRY(of_person(set, "gender", "gender")) : TRY(selected(set, what)));
    return {};
  }
  if (node.is_empty()) return {};
  switch (asked.form) {
    case CirceForm::number: all.push_back(TRY(number_in(node, what))); return {};
    case CirceForm::date: all.push_back(TRY(date_in(node, what))); return {};
    case CirceForm::age: all.push_back(TRY(age(node, what))); return {};
    case CirceForm::set: all.push_back(what + " in " + TRY(codes(node))); return {};
    case CirceForm::text: all.push_back(TRY(text_like(node, what))); return {};
    case CirceForm::abnormal: {
      const std::string signs = any_in("value|attr.value_as_concept", "{ omop:4155142, omop:4155143 }");
      all.push_back("(value < attr.range_low or value > attr.range_high or " + signs + ")");
      return {};
    }
    default: return {};
  }
}

Result<std::string> CirceCriteria::listed(const CirceNode& node, const std::string& what, const CirceNode& body) {
  const std::string set = any_in(what, TRY(concepts(node)));
  const std::string key = node.path().substr(node.path().rfind('/') + 1);
  return TRY(body[key + "Exclude"].flag()) ? without(set, what) : set;
}

// What OMOP never leaves out is 0 where there is no concept, and the store keeps no 0.
std::string CirceCriteria::without(const std::string& set, const std::string& what) {
  const bool is_required = what == "attr.type" || what == "gender" || what == "race" || what == "ethnicity";
  return is_required ? "(" + what + " is missing or not " + set + ")" : "not " + set;
}

// `value` and the attribute beside it are two places for one thing: "value|attr.value_as_concept".
std::string CirceCriteria::any_in(const std::string& what, const std::string& codes) {
  const std::size_t bar = what.find('|');
  if (bar == std::string::npos) return what + " in " + codes;
  return "(" + what.substr(0, bar) + " in " + codes + " or " + what.substr(bar + 1) + " in " + codes + ")";
}

// A concept set where a list of concepts may stand too: {"CodesetId": 1, "IsExclusion": true}.
Result<std::string> CirceCriteria::selected(const CirceNode& node, const std::string& what) {
  TRY(node.only({"CodesetId", "IsExclusion"}));
  if (!node["CodesetId"]) return std::string();
  const std::string set = any_in(what, TRY(codes(node["CodesetId"])));
  return TRY(node["IsExclusion"].flag()) ? without(set, what) : set;
}

// An attribute of the person. circe reads race and ethnicity that are given by concept sets from the column of the gender.
Result<std::string> CirceCriteria::of_person(const CirceNode& node, std::string_view attribute,
                                             std::string_view as_circe) {
  const std::string read(options_.as_circe ? as_circe : attribute);
  of_person_.insert(read);
  if (node.is_list()) return read + " in " + TRY(concepts(node));
  return selected(node, read);
}

Result<std::string> CirceCriteria::text_like(const CirceNode& node, const std::string& what) {
  TRY(node.only({"Text", "Op"}));
  std::string op = TRY(node["Op"].text());
  const bool is_negated = op.starts_with('!');
  if (is_negated) op.erase(0, 1);
  const std::string words = in_quotes(TRY(node["Text"].text()));
  const std::string_view function = op == "contains"     ? "contains"
                                    : op == "startsWith" ? "starts_with"
                                    : op == "endsWith"   ? "ends_with"
                                                         : "";
  if (function.empty()) return node["Op"].refusal("it is no operator that is known");
  const auto asked = [&](std::string_view of) {
    return std::string(function) + "(" + std::string(of) + ", " + words + ")";
  };
  const std::size_t bar = what.find('|');
  const std::string one = bar == std::string::npos
                              ? asked(what)
                              : "(" + asked(what.substr(0, bar)) + " or " + asked(what.substr(bar + 1)) + ")";
  return is_negated ? "not " + one : one;
}

// Dates of the event moved by days. What would end before it starts is left out.
Result<std::string> CirceCriteria::moved(const CirceNode& adjustment) {
  if (!adjustment) return std::string();
  is_recast_ = true;
  TRY(adjustment.only({"StartWith", "StartOffset", "EndWith", "EndOffset"}));
  const auto side = [&](const char* with, const char* offset, std::string_view otherwise) -> Result<std::string> {
    const std::string from = adjustment[with] ? TRY(adjustment[with].text()) : std::string(otherwise);
    if (from != "START_DATE" && from != "END_DATE") return adjustment[with].refusal("it is not known");
    const std::int64_t days = TRY(adjustment[offset].whole()).value_or(0);
    return date_moved(from == "START_DATE" ? "start" : "end", days);
  };
  const std::string start = TRY(side("StartWith", "StartOffset", "START_DATE"));
  const std::string end = TRY(side("EndWith", "EndOffset", "END_DATE"));
  // Each side is set while the other is as it was recorded.
  const std::string kept = " where " + start + " <= " + end;
  if (start.starts_with("date(start")) return kept + " ending " + end + " starting " + start;
  if (end.starts_with("date(end")) return kept + " starting " + start + " ending " + end;
  return adjustment.refusal("its dates are exchanged");
}

// A period of the definition's own, within the recorded one.
Result<std::string> CirceCriteria::user_defined(const CirceNode& period) {
  TRY(period.only({"StartDate", "EndDate"}));
  std::string text, recast;
  for (const auto& [key, word] : {std::pair("StartDate", " starting "), std::pair("EndDate", " ending ")}) {
    if (!period[key] || TRY(period[key].text()).empty()) continue;
    const std::string day = TRY(date_literal(period[key]));
    text += " where date <= " + day + " and date(end) >= " + day;
    recast += word + day;
  }
  return text + recast;
}

// What is asked of the visit that an event is linked to.
Result<std::string> CirceCriteria::visit(std::string_view key, const CirceNode& body) {
  std::string text;
  const auto with = [](const std::string& codes) {
    return " with (encounter[" + codes + "] where attr.table = 'visit_occurrence' same encounter as it)";
  };
  if (!body[key].is_empty()) text += with(TRY(concepts(body[key])));
  if (const CirceNode set = body[std::string(key) + "CS"]; set["CodesetId"]) {
    TRY(set.only({"CodesetId", "IsExclusion"}));
    const std::string codes = TRY(this->codes(set["CodesetId"]));
    text += with(TRY(set["IsExclusion"].flag()) ? "* - " + codes : codes);
  }
  return text;
}

Result<std::string> CirceCriteria::age(const CirceNode& range, const std::string& time) {
  return number_in(range, options_.as_circe ? "(year(" + time + ") - year(birth))" : "age(" + time + ")");
}

Result<std::string> CirceCriteria::sexes(const CirceNode& list) {
  std::vector<std::string> any;
  for (const CirceNode& one : list.items()) {
    const std::string_view sex = sex_of(TRY(one["CONCEPT_ID"].whole()).value_or(0));
    if (sex.empty()) return of_person(list, "gender", "gender");
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
  return text.empty() ? list.refusal("it is no list of concepts") : Result<std::string>(text + " }");
}

Result<std::string> CirceCriteria::demographic(const CirceNode& one, const std::string& index) {
  TRY(one.only({"Age", "Gender", "GenderCS", "Race", "RaceCS", "Ethnicity", "EthnicityCS", "OccurrenceStartDate",
                "OccurrenceEndDate"}));
  std::vector<std::string> all;
  if (one["Age"]) all.push_back(TRY(age(one["Age"], index)));
  if (!one["Gender"].is_empty()) all.push_back(TRY(sexes(one["Gender"])));
  for (const std::string_view attribute : {"Gender", "Race", "Ethnicity"}) {
    const CirceNode list = one[attribute], set = one[std::string(attribute) + "CS"];
    std::string name(attribute);
    name[0] = static_cast<char>(name[0] - 'A' + 'a');
    if (!list.is_empty() && attribute != "Gender") all.push_back(TRY(of_person(list, name, name)));
    if (set["CodesetId"]) all.push_back(TRY(of_person(set, name, "gender")));
  }
  if (one["OccurrenceStartDate"]) all.push_back(TRY(date_in(one["OccurrenceStartDate"], "date(" + index + ")")));
  if (one["OccurrenceEndDate"]) all.push_back(TRY(date_in(one["OccurrenceEndDate"], "date(" + index + ".end)")));
  return in_brackets(all);
}

Result<std::string> CirceCriteria::group(const CirceNode& group, const std::string& index) {
  TRY(group.only({"Type", "Count", "CriteriaList", "DemographicCriteriaList", "Groups"}));
  std::vector<std::string> parts;
  for (const CirceNode& one : group["CriteriaList"].items()) parts.push_back(TRY(correlated(one, index)));
  for (const CirceNode& one : group["DemographicCriteriaList"].items()) parts.push_back(TRY(demographic(one, index)));
  for (const CirceNode& one : group["Groups"].items())
    if (std::string inner = TRY(this->group(one, index)); !inner.empty()) parts.push_back("(" + inner + ")");
  if (parts.empty()) return std::string();

  const std::string type = TRY(group["Type"].word());
  const auto count = TRY(group["Count"].whole());
  if (type == "ALL") return joined(parts, "\n  and ");
  if (type == "ANY") return joined(parts, "\n  or ");
  if ((type != "AT_LEAST" && type != "AT_MOST") || !count || *count < 0)
    return group["Type"].refusal("it is not known");
  return std::string(type == "AT_LEAST" ? "at least " : "at most ") + std::to_string(*count) + " of (\n  " +
         joined(parts, ",\n  ") + ")";
}

}  // namespace chartline::exchange
