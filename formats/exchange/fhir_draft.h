// Draft: the events of one resource while they are made. draft_events() follows the resource's shape for the first
// event; the add_* functions, named in the table of shapes, add what the table cannot say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/exchange/fhir_elements.h"
#include "formats/exchange/fhir_reference.h"
#include "formats/exchange/fhir_shape.h"
#include "formats/record/event.h"

namespace chartline::exchange::fhir {

// The attributes of one event, put in order at the end. Equal names stay in the order in which they were added.
class Attributes {
 public:
  void add(std::string_view name, const record::Value& value) {
    if (value.form != record::Value::Form::none) list_.push_back({name, value});
  }
  void add(std::string_view name, const record::Code& code);
  void add(std::string_view name, const record::Time& date);
  void add_text(std::string_view name, std::string_view kept_text);
  void add(Node from, std::span<const AttributeShape> shapes, std::string_view type, Elements& elements);
  std::span<const record::Attribute> take(record::Arena& into);

 private:
  std::vector<record::Attribute> list_;
};

struct Draft {
  Node resource;
  std::string_view type;
  const Shape& shape;
  Elements& elements;
  References& references;
  record::Event common;                         // what all events of the record share
  record::Event first;                          // the first event
  Attributes attributes;                        // of the first event
  std::vector<record::Event> parts;             // further events
  std::vector<record::Identifier> identifiers;  // further names of the person

  std::string field(std::string_view path) const { return std::string(type).append(".").append(path); }

  // Another event of the record: the common facts, with these.
  record::Event& add_part(const Coded& coded, const record::Value& value, Attributes& of_part);
};

// Fills first, attributes, parts and identifiers from the resource.
void draft_events(Draft& draft);

void add_demographics(Draft& draft);       // Patient: who the person is; and the death, as an event
void add_components(Draft& draft);         // Observation.value[x] and Observation.component
void add_medication(Draft& draft);         // the medicine, where it is a reference
void add_device(Draft& draft);             // the device, where it is a reference
void add_answers(Draft& draft);            // QuestionnaireResponse.item, at any depth
void add_family_conditions(Draft& draft);  // FamilyMemberHistory.condition

}  // namespace chartline::exchange::fhir
