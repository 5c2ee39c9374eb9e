// 1. The entry events: primary criteria, within their observation window, the first or the last of them.
// 2. Those that meet the additional criteria and every inclusion rule.
// 3. Each becomes a stay: to the end of its registration, or an earlier exit.
// 4. Stays are joined to eras, and cut to the censor window.
// Concept sets come first in the text, and are written last: only those that something asked for.
#include "formats/exchange/circe.h"

#include <algorithm>

#include "formats/exchange/circe_criteria.h"
#include "formats/exchange/circe_node.h"

namespace chartline::exchange {
namespace {

// Text of a definition within a comment: one line.
std::string commented(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

class CirceCohort {
 public:
  CirceCohort(CirceNode root, const CirceOptions& options)
      : root_(std::move(root)), options_(options), criteria_(options) {}

  Result<std::string> text() {
    TRY(root_.only({"cdmVersionRange", "PrimaryCriteria", "AdditionalCriteria", "ConceptSets", "QualifiedLimit",
                    "ExpressionLimit", "InclusionRules", "EndStrategy", "CensoringCriteria", "CollapseSettings",
                    "CensorWindow", "Title"}));
    TRY(entries());
    TRY(included());
    TRY(stays());
    TRY(cohort());
    std::string text = "# An OHDSI cohort definition\n" + TRY(concept_sets());
    for (const std::string& name : criteria_.of_person())
      text += "let " + name + " = attr." + name + "  # the person's\n";
    return text + body_;
  }

 private:
  // `let NAME = ...` of the first or last events of another.
  Result<void> limit(const CirceNode& limit, const std::string& name) {
    const std::string type = TRY(limit["Type"].word());
    if (type.empty() || type == "ALL") return {};
    if (type != "FIRST" && type != "LAST") return limit["Type"].refusal("it is not known");
    std::string chosen = "first " + events_;
    // Of several on the last day the first is taken.
    if (type == "LAST") chosen += " on or after date(last " + events_ + ")";
    body_ += "# " + limit.path().substr(limit.path().rfind('/') + 1) + ": " + TRY(limit["Type"].text()) + "\n";
    body_ += "let " + name + " = " + chosen + "\n";
    events_ = name;
    return {};
  }

  Result<void> entries() {
    const CirceNode primary = root_["PrimaryCriteria"];
    TRY(primary.only({"CriteriaList", "ObservationWindow", "PrimaryCriteriaLimit"}));
    const CirceNode window = primary["ObservationWindow"];
    TRY(window.only({"PriorDays", "PostDays"}));
    const std::int64_t prior = TRY(window["PriorDays"].whole()).value_or(0);
    const std::int64_t post = TRY(window["PostDays"].whole()).value_or(0);
    std::string all;
    for (const CirceNode& one : primary["CriteriaList"].items())
      all.append(all.empty() ? "" : "\n  | ").append(TRY(criteria_.events(one)));
    if (all.empty()) return primary["CriteriaList"].refusal("there are no entry events");
    body_ += "# entry events, observed " + std::to_string(prior) + " days before and " + std::to_string(post) +
             " days after\n";
    body_ += "let entries = (" + all + ")\n  as e with (registration[*] where " + holds("e");
    if (prior != 0) body_ += " and " + date_moved("start", prior) + " <= date(e)";
    if (post != 0) body_ += " and " + date_moved("e", post) + " <= date(end)";
    body_ += ")\n";
    events_ = "entries";
    return limit(primary["PrimaryCriteriaLimit"], "entry");
  }

  Result<void> filter(const CirceNode& group, const std::string& name, const std::string& comment) {
    const std::string condition = TRY(criteria_.group(group, "ix"));
    body_ += "# " + comment + "\nlet " + name + " = " + events_ + " as ix";
    if (!condition.empty()) body_ += " where (\n  " + condition + ")";
    body_ += "\n";
    events_ = name;
    return {};
  }

  Result<void> included() {
    if (const CirceNode additional = root_["AdditionalCriteria"]) {
      TRY(filter(additional, "qualified", "additional criteria"));
      TRY(limit(root_["QualifiedLimit"], "qualified_one"));
    }
    int number = 0;
    for (const CirceNode& rule : root_["InclusionRules"].items()) {
      TRY(rule.only({"name", "description", "expression"}));
      const std::string place = std::to_string(++number);
      TRY(filter(rule["expression"], "rule_" + place,
                 "inclusion rule " + place + ": " + commented(TRY(rule["name"].text()))));
    }
    return limit(root_["ExpressionLimit"], "included");
  }

  Result<std::string> exit(const CirceNode& strategy) {
    TRY(strategy.only({"DateOffset", "CustomEra"}));
    if (const CirceNode offset = strategy["DateOffset"]) {
      TRY(offset.only({"DateField", "Offset"}));
      const std::string field = TRY(offset["DateField"].text());
      if (field != "StartDate" && field != "EndDate") return offset["DateField"].refusal("it is not known");
      const std::int64_t days = TRY(offset["Offset"].whole()).value_or(0);
      const std::string end = date_moved(field == "StartDate" ? "ix" : "ix.end", days);
      // An exit before the entry is none.
      return days < 0 ? "case when " + end + " >= date(ix) then " + end + " end" : end;
    }
    return exposed(strategy["CustomEra"]);
  }

  // Exposures to a drug, joined where the gap allows; the offset is behind all of them, and so widens the gap.
  Result<std::string> exposed(const CirceNode& era) {
    TRY(era.only({"DrugCodesetId", "GapDays", "Offset", "DaysSupplyOverride"}));
    const auto codes = TRY(era["DrugCodesetId"].whole()), supply = TRY(era["DaysSupplyOverride"].whole());
    if (!codes || *codes < 0) return era["DrugCodesetId"].refusal("it is no concept set");
    exit_codes_ = *codes;
    const std::int64_t days = TRY(era["Offset"].whole()).value_or(0);
    const std::int64_t gap = TRY(era["GapDays"].whole()).value_or(0) + days;
    if (gap < 0) return era["GapDays"].refusal("with the offset it is below 0");
    std::string end = "end ?? start + days(attr.days_supply) ?? start + 1d";
    if (supply) end = "start + " + std::to_string(*supply) + "d";
    if (supply && *supply < 0) return era["DaysSupplyOverride"].refusal("it is below 0");
    body_ += "# exposures in one: at most " + std::to_string(gap) + " days between them\n";
    body_ += "let exposed = eras(medication[cs_" + std::to_string(*codes) + "] ending (" + end + "), gap " +
             std::to_string(gap) + "d)\n";
    const auto by = [days](const std::string& time) { return date_moved(time, days); };
    const std::string ended = days == 0 ? "date(end)" : by("end");
    const std::string of_ix = "(first exposed where date <= date(ix) and date(ix) <= " + ended + ").end";
    return by(of_ix);
  }

  Result<void> stays() {
    std::string ends = "date((first registration[*] where " + holds("ix") + ").end)";
    if (const CirceNode strategy = root_["EndStrategy"]; !strategy.keys().empty())
      ends += ",\n    " + TRY(exit(strategy));
    for (const CirceNode& one : root_["CensoringCriteria"].items())
      ends += ",\n    date(first " + TRY(criteria_.events(one)) + " on or after date(ix))";
    body_ += "# stays: until the registration, an exit or a censoring event ends them\n";
    body_ += "let stays = " + events_ + " as ix ending ";
    body_ += ends.find('\n') == std::string::npos ? ends : "least(\n    " + ends + ")";
    body_ += "\n";
    return {};
  }

  Result<void> cohort() {
    const CirceNode collapse = root_["CollapseSettings"], window = root_["CensorWindow"];
    TRY(collapse.only({"CollapseType", "EraPad"}));
    TRY(window.only({"StartDate", "EndDate"}));
    if (const std::string type = TRY(collapse["CollapseType"].text()); !type.empty() && type != "ERA")
      return collapse["CollapseType"].refusal("it is not known");
    const std::int64_t pad = TRY(collapse["EraPad"].whole()).value_or(0);
    if (pad < 0) return collapse["EraPad"].refusal("it is below 0");
    std::string eras = "eras(stays, gap " + std::to_string(pad) + "d)";
    if (window["StartDate"] || window["EndDate"]) {
      const std::string from = TRY(window["StartDate"].text()), to = TRY(window["EndDate"].text());
      eras += " clipped to " + (from.empty() ? "0001-01-01" : from) + ".." + (to.empty() ? "9999-12-31" : to);
    }
    body_ += "# stays that touch, or are at most " + std::to_string(pad) + " days apart, are one\n";
    body_ += "cohort " + options_.cohort + " per " + eras + " as stay until date(stay.end) = true\n";
    return {};
  }

  Result<std::string> concept_sets() {
    std::set<std::int64_t> wanted = criteria_.concept_sets();
    if (exit_codes_) wanted.insert(*exit_codes_);
    std::string text;
    for (const CirceNode& set : root_["ConceptSets"].items()) {
      const auto id = TRY(set["id"].whole());
      if (!id || wanted.erase(*id) == 0) continue;
      text += "# concept set " + std::to_string(*id) + ": " + commented(TRY(set["name"].text())) + "\n";
      text += "codes cs_" + std::to_string(*id) + " = " + TRY(concepts(set["expression"])) + "\n";
    }
    if (!wanted.empty())
      return root_["ConceptSets"].refusal("there is no concept set " + std::to_string(*wanted.begin()));
    return text;
  }

  // Both sides of a concept set: the concepts by themselves, and those of which what maps to them is meant too.
  struct Concepts {
    std::string listed, mapped;
    std::string text() const {
      const std::string both = "{" + listed + " }";
      return mapped.empty() ? both : "(" + both + " | mapped({" + mapped + " }))";
    }
  };

  Result<std::string> concepts(const CirceNode& expression) {
    TRY(expression.only({"items"}));
    Concepts included, excluded;
    const auto add = [](std::string& to, const std::string& code) {
      to.append(to.empty() ? "\n  " : ",\n  ").append(code);
    };
    for (const CirceNode& item : expression["items"].items()) {
      TRY(item.only({"concept", "isExcluded", "includeDescendants", "includeMapped"}));
      const auto id = TRY(item["concept"]["CONCEPT_ID"].whole());
      if (!id) return item["concept"].refusal("it has no CONCEPT_ID");
      const bool with_descendants = TRY(item["includeDescendants"].flag());
      const std::string code = std::string("omop:") + (with_descendants ? "<<" : "") + std::to_string(*id);
      Concepts& side = TRY(item["isExcluded"].flag()) ? excluded : included;
      add(side.listed, code);
      if (TRY(item["includeMapped"].flag())) add(side.mapped, code);
    }
    if (included.listed.empty()) included.listed = " omop:0";  // the concept that no event has
    return included.text() + (excluded.listed.empty() ? "" : " - " + excluded.text());
  }

  const CirceNode root_;
  const CirceOptions& options_;
  CirceCriteria criteria_;
  std::optional<std::int64_t> exit_codes_{};
  std::string body_{}, events_{};  // the text so far; the name of the events at hand
};

}  // namespace

Result<std::string> cohort_from_circe(std::string_view json, const CirceOptions& options) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object())
    return invalid_request("it is no cohort definition: not an object of JSON");
  return CirceCohort(CirceNode(root), options).text();
}

}  // namespace chartline::exchange
