// Patient: who the person is, as one source tells it, and their other identifiers.
#include "formats/exchange/fhir_draft.h"

namespace chartline::exchange::fhir {
namespace {

using record::Time;
using record::Value;

constexpr AttributeShape demographics[] = {
    {"active", "active"},
    {"address_city", "address.city"},
    {"address_country", "address.country"},
    {"address_district", "address.district"},
    {"address_line", "address.line"},
    {"address_postal_code", "address.postalCode"},
    {"address_state", "address.state"},
    {"general_practitioner",
     "generalPractitioner.display|generalPractitioner.identifier.value|generalPractitioner.reference"},
    {"language", "communication.language"},
    {"link", "link.other.reference|link.other.identifier.value"},
    {"managing_organisation",
     "managingOrganization.display|managingOrganization.identifier.value|managingOrganization.reference"},
    {"marital_status", "maritalStatus"},
    {"multiple_birth", "multipleBirthInteger|multipleBirthBoolean"},
};

// Extensions by the last part of their URL, which national profiles keep across their versions.
struct Extension {
  std::string_view ending;
  std::string_view attribute;
};
constexpr Extension extensions[] = {
    {"us-core-race", "race"},
    {"us-core-ethnicity", "ethnicity"},
    {"us-core-birthsex", "birth_sex"},
    {"Extension-UKCore-EthnicCategory", "ethnicity"},
    {"Extension-CareConnect-EthnicCategory-1", "ethnicity"},
    {"Extension-CareConnect-GPC-EthnicCategory-1", "ethnicity"},
    {"Extension-UKCore-DeathNotificationStatus", "death_notification_status"},
    {"Extension-UKCore-BirthSex", "birth_sex"},
    {"patient-mothersMaidenName", "mothers_maiden_name"},
    {"patient-birthPlace", "birth_place"},
    {"patient-religion", "religion"},
    {"patient-nationality", "nationality"},
    {"patient-genderIdentity", "gender_identity"},
    {"patient-interpreterRequired", "interpreter_required"},
};

std::string_view ending_of(std::string_view url) { return url.substr(url.rfind('/') + 1); }

void add_extension(Draft& draft, std::string_view name, Node extension) {
  Elements& elements = draft.elements;
  if (const Node place = extension["valueAddress"]) {
    draft.attributes.add(name, elements.value(place["city"] ? place["city"] : place["text"]));
    return;
  }
  draft.attributes.add(name, elements.choice(extension, "value"));
  for (const Node inner : extension["extension"].items())  // US Core: categories apart from their details and text
    if (inner["url"].text() == "ombCategory") draft.attributes.add(name, elements.choice(inner, "value"));
}

// The name in use: an official one, else the first that is not old.
Node current_name(Node names) {
  Node chosen;
  for (const Node name : names.items()) {
    const auto use = name["use"].text();
    if (use == "official") return name;
    if (!chosen && use != "old" && use != "maiden") chosen = name;
  }
  return chosen ? chosen : names.first();
}

void add_names(Draft& draft) {
  const Node name = current_name(draft.resource["name"]);
  std::string given;
  for (const Node part : name["given"].items()) given.append(given.empty() ? "" : " ").append(part.text());
  draft.attributes.add_text(record::attribute::given_name, draft.elements.text(given));
  const Node family = name["family"];
  if (family) draft.attributes.add(record::attribute::family_name, draft.elements.value(family));
  if (given.empty() && !family) draft.attributes.add("name", draft.elements.value(name["text"]));
  draft.attributes.add("name_prefix", draft.elements.value(name["prefix"]));
  for (const Node contact : draft.resource["telecom"].items()) {
    const auto system = contact["system"].text();
    for (const std::string_view known : {"phone", "email"})
      if (system == known) draft.attributes.add(known, draft.elements.value(contact["value"]));
  }
}

void add_identifiers(Draft& draft) {
  for (const Node item : draft.resource["identifier"].items()) {
    if (const auto identifier = draft.elements.identifier(item, draft.field("identifier")))
      draft.identifiers.push_back(*identifier);
    else  // without a system it names nobody for certain
      draft.attributes.add("identifier", draft.elements.value(item["value"]));
  }
}

void add_death(Draft& draft) {
  const bool dead = draft.resource["deceasedBoolean"].boolean().value_or(false);
  const Node at = draft.resource["deceasedDateTime"];
  if (!dead && !at) return;
  const Time time = draft.elements.time(at, draft.field("deceasedDateTime")).value_or(Time{});
  draft.attributes.add(record::attribute::death, time);
  Attributes none;
  record::Event& death = draft.add_part({}, {}, none);
  death.kind = record::Kind::death;
  death.start = time;
}

}  // namespace

void add_demographics(Draft& draft) {
  Elements& elements = draft.elements;
  if (const auto birth = elements.time(draft.resource["birthDate"], draft.field("birthDate")))
    draft.attributes.add(record::attribute::birth, *birth);
  if (const auto word = draft.resource["gender"].text(); !word.empty()) {
    const auto kept = elements.text(word);
    draft.attributes.add(record::attribute::sex, record::Code{"gender", kept, {}});
  }
  add_names(draft);
  draft.attributes.add(draft.resource, demographics, draft.type, elements);
  for (const Node extension : draft.resource["extension"].items()) {
    const auto ending = ending_of(extension["url"].text());
    for (const Extension& known : extensions)
      if (ending == known.ending) add_extension(draft, known.attribute, extension);
  }
  add_identifiers(draft);
  add_death(draft);
}

}  // namespace chartline::exchange::fhir
