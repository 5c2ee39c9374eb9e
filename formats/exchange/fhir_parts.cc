// What a table of shapes cannot say: records of several events, and codes that stand in another resource.

#include "formats/exchange/fhir_draft.h"

namespace chartline::exchange::fhir {
namespace {

using record::Value;

// The depth to which questionnaire items are followed; below it the original has them.
constexpr int answer_depth_max = 32;

constexpr AttributeShape component_attributes[] = {
    {"interpretation", "interpretation"},
    {"data_absent_reason", "dataAbsentReason"},
    {"reference_low", "referenceRange.low", AttributeShape::Take::first},
    {"reference_high", "referenceRange.high", AttributeShape::Take::first},
    {"reference_text", "referenceRange.text", AttributeShape::Take::first},
};
constexpr AttributeShape medication_attributes[] = {
    {"form", "form"},
    {"ingredient", "ingredient.itemCodeableConcept"},
    {"lot_number", "batch.lotNumber"},
};
constexpr AttributeShape family_condition_attributes[] = {
    {"outcome", "outcome"},
    {"onset", "onsetAge|onsetRange|onsetPeriod|onsetString", AttributeShape::Take::first},
    {"contributed_to_death", "contributedToDeath"},
};

// The code of what a reference means: of the resource itself where it is at hand, else the reference as a code of its
// own system, "fhir/Medication", which the Medication's own record links to its codes when it is read.
Coded code_of_target(Draft& draft, Node reference, std::string_view expected_type, std::string_view code_path) {
  if (!reference) return {};
  if (const Node target = draft.references.target(reference)) {
    const Coded coded = draft.elements.codeable_concept(target.list_at(code_path));
    if (!coded.primary.empty()) return coded;
  }
  const Reference link = draft.references.resolve(reference, draft.elements, draft.field("reference"));
  const auto display = draft.elements.text(link.display);
  if (link.id.empty()) return {draft.elements.text_code(link.display), {}};
  const auto system = std::string(draft.references.scope()).append("/").append(expected_type);
  return {{draft.elements.text(system), draft.elements.text(link.id), display}, {}};
}

void add_item_answers(Draft& draft, Node items, std::string_view questionnaire, int depth) {
  if (depth > answer_depth_max) {
    draft.elements.note(draft.field("item"), "too_deep",
                        "items are nested too deeply; the lowest stand in the original only");
    return;
  }
  for (const Node item : items.items()) {
    const auto link = item["linkId"].text();
    const Coded question{{questionnaire, draft.elements.text(link), draft.elements.text(item["text"].text())}, {}};
    for (const Node answer : item["answer"].items()) {
      Attributes none;
      draft.add_part(link.empty() ? Coded{} : question, draft.elements.choice(answer, "value"), none);
      add_item_answers(draft, answer["item"], questionnaire, depth + 1);
    }
    add_item_answers(draft, item["item"], questionnaire, depth + 1);
  }
}

}  // namespace

void add_components(Draft& draft) {
  draft.first.value = draft.elements.choice(draft.resource, "value");
  for (const Node component : draft.resource["component"].items()) {
    Attributes attributes;
    attributes.add(component, component_attributes, "Observation.component", draft.elements);
    draft.add_part(draft.elements.codeable_concept(component["code"]), draft.elements.choice(component, "value"),
                   attributes);
  }
}

void add_medication(Draft& draft) {
  // "frequency" times in each "period".
  const Node dosage = draft.resource.at("dosageInstruction");
  const Node repeat = (dosage ? dosage : draft.resource.at("dosage")).at("timing.repeat");
  Value period = draft.elements.value(repeat["period"]);
  if (period.form == Value::Form::number) period.unit = draft.elements.text(repeat["periodUnit"].text());
  draft.attributes.add("period", period);

  if (!draft.first.code.empty()) return;
  const Node medicine = draft.resource.at("medicationReference");
  const Node reference = medicine ? medicine : draft.resource.at("medication.reference");
  const Coded coded = code_of_target(draft, reference, "Medication", "code");
  draft.first.code = coded.primary;
  draft.first.translations = coded.translations;
  draft.attributes.add(draft.references.target(reference), medication_attributes, "Medication", draft.elements);
}

void add_device(Draft& draft) {
  if (!draft.first.code.empty()) return;
  const Node reference = draft.resource.at("device");
  const Coded coded =
      code_of_target(draft, reference ? reference : draft.resource.at("codeReference"), "Device", "type");
  draft.first.code = coded.primary;
  draft.first.translations = coded.translations;
}

void add_answers(Draft& draft) {
  auto questionnaire = draft.resource["questionnaire"].text();
  if (questionnaire.empty()) questionnaire = draft.resource.at("questionnaire.reference").text();
  // A canonical URL may carry "|version": answers to two versions of one question have one code.
  questionnaire = questionnaire.substr(0, questionnaire.find('|'));
  const auto system = questionnaire.empty() ? draft.elements.system("") : draft.elements.text(questionnaire);
  if (!questionnaire.empty()) draft.first.code = {"questionnaire", system, {}};
  add_item_answers(draft, draft.resource["item"], system, 0);
}

void add_family_conditions(Draft& draft) {
  const record::Code relation = draft.first.code;
  for (const Node condition : draft.resource["condition"].items()) {
    Attributes attributes;
    attributes.add("relationship", relation);
    attributes.add(condition, family_condition_attributes, "FamilyMemberHistory.condition", draft.elements);
    draft.add_part(draft.elements.codeable_concept(condition["code"]), {}, attributes);
  }
}

}  // namespace chartline::exchange::fhir
