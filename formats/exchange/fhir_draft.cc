#include "formats/exchange/fhir_draft.h"

#include <algorithm>
#include <utility>

#include "formats/record/systems.h"

namespace chartline::exchange::fhir {
namespace {

using record::Author;
using record::Certainty;
using record::End;
using record::Event;
using record::Kind;
using record::Status;
using record::text_system;
using record::Time;
using record::Value;

constexpr std::string_view encounter_paths = "encounter|context.encounter|context|item.encounter|partOf";

// The word of a status, whether it is a code or a CodeableConcept.
std::string_view word_at(Node from, std::string_view paths) {
  const Node node = list_at_any(from, paths).first();
  if (node.is_text()) return node.text();
  return node.at("coding.code").text();
}

bool is_open(Status status) {
  switch (status) {
    case Status::active:
    case Status::recurrence:
    case Status::relapse:
    case Status::arrived:
    case Status::triaged:
    case Status::in_progress:
    case Status::onleave:
    case Status::on_hold:
    case Status::accepted:
    case Status::suspended: return true;
    default: return false;
  }
}

// The first of several paths that holds a time, with the path it stood at; what is malformed is noted on the way.
struct Found {
  std::optional<Time> time;
  std::string_view path;
};
Found time_at(Draft& draft, std::string_view paths) {
  Found found;
  any_path(paths, [&](std::string_view path) {
    const Node node = draft.resource.at(path);
    if (node) found = {draft.elements.time(node, draft.field(path)), path};
    return found.time.has_value();
  });
  return found;
}

// What was given up before it began must not count as a fact...
bool is_given_up(Status status) {
  return status == Status::not_taken || status == Status::cancelled || status == Status::rejected ||
         status == Status::declined;
}

// ...nor what has not begun: it is told as what it is, planned or proposed, and the source's own word stays beside it.
std::optional<Status> plan_of(Status status) {
  switch (status) {
    case Status::draft: return Status::proposed;
    case Status::intended:
    case Status::preparation:
    case Status::not_started: return Status::planned;
    default: return std::nullopt;
  }
}

void draft_status(Draft& draft) {
  const auto word = word_at(draft.resource, draft.shape.status);
  if (!word.empty()) {
    if (const auto status = record::parse_status(word)) {
      draft.common.status = *status;
    } else {
      draft.attributes.add_text("status", draft.elements.text(word));
      if (draft.shape.kind != Kind::other)
        draft.elements.note(draft.field(draft.shape.status), "unknown_status",
                            "a status is none of FHIR's words; it is kept as an attribute");
    }
  }
  if (const auto certainty = word_at(draft.resource, "verificationStatus"); !certainty.empty()) {
    if (certainty == "entered-in-error") draft.common.status = Status::entered_in_error;
    else if (const auto known = record::parse_certainty(certainty)) draft.common.certainty = *known;
    else
      draft.elements.note(draft.field("verificationStatus"), "unknown_status",
                          "a verification status is none of FHIR's words; it is left out");
  }
  // An order not to do something must not read as the order to do it, nor what was not done as done: older versions of FHIR
  // say so beside the status.
  static constexpr std::pair<std::string_view, std::string_view> denials[] = {
      {"doNotPerform", "do_not_perform"}, {"notDone", "not_done"},     {"notPerformed", "not_done"},
      {"notGiven", "not_done"},           {"wasNotGiven", "not_done"}, {"wasNotTaken", "not_done"}};
  for (const auto& [field, attribute] : denials) {
    if (!draft.resource[field].boolean().value_or(false)) continue;
    draft.common.certainty = Certainty::refuted;
    draft.attributes.add(attribute, draft.elements.value(draft.resource[field]));
  }
  if (is_given_up(draft.common.status) || draft.resource["taken"].text() == "n")
    draft.common.certainty = Certainty::refuted;
  if (const auto plan = plan_of(draft.common.status)) {
    draft.attributes.add_text("status", record::name(draft.common.status));
    draft.common.status = *plan;
  }
}

void draft_times(Draft& draft) {
  const Found start = time_at(draft, draft.shape.start);
  if (start.time) draft.common.start = *start.time;
  const Found end = time_at(draft, draft.shape.end);
  const bool lasts =
      draft.shape.ending != Ending::point || (start.time && start.path.find("eriod.start") != std::string_view::npos);
  if (end.time) {
    draft.common.end = {End::Form::at, *end.time};
  } else if (lasts) {
    const bool ongoing = draft.shape.ending != Ending::unknown && is_open(draft.common.status);
    draft.common.end = {ongoing ? End::Form::ongoing : End::Form::unknown, {}};
  }
}

Author author_of(std::string_view type) {
  if (type == "Patient") return Author::patient;
  if (type == "RelatedPerson") return Author::carer;
  if (type == "Device") return Author::device;
  if (type == "Practitioner" || type == "PractitionerRole" || type == "CareTeam") return Author::clinician;
  return Author::unknown;
}

void draft_links(Draft& draft) {
  const Node encounter = list_at_any(draft.resource, encounter_paths).first();
  if (encounter) {
    const Reference link = draft.references.resolve(encounter, draft.elements, draft.field("encounter"));
    const bool is_encounter = link.type == "Encounter" || (link.type.empty() && draft.resource["encounter"]);
    if (is_encounter && !link.id.empty())
      draft.common.encounter = draft.elements.text(std::string("Encounter/").append(link.id));
  }
  const Node author = list_at_any(draft.resource, draft.shape.author).first();
  if (author)
    draft.common.author =
        author_of(draft.references.resolve(author, draft.elements, draft.field(draft.shape.author)).type);
}

}  // namespace

void Attributes::add(std::string_view name, const record::Code& code) {
  if (code.empty()) return;
  Value value;
  if (code.system == text_system) return add_text(name, code.code);
  value.form = Value::Form::code;
  value.code = code;
  list_.push_back({name, value});
}

void Attributes::add(std::string_view name, const Time& date) {
  Value value;
  value.form = Value::Form::date;
  value.date = date;
  list_.push_back({name, value});
}

void Attributes::add_text(std::string_view name, std::string_view kept_text) {
  if (kept_text.empty()) return;
  Value value;
  value.form = Value::Form::text;
  value.text = kept_text;
  list_.push_back({name, value});
}

void Attributes::add(Node from, std::span<const AttributeShape> shapes, std::string_view type, Elements& elements) {
  for (const AttributeShape& attribute : shapes) {
    any_path(attribute.paths, [&](std::string_view path) {
      const auto before = list_.size();
      const auto name = path.substr(path.rfind('.') + 1);  // npos + 1 is 0: the whole
      switch (attribute.take) {
        case AttributeShape::Take::all:
          at_all(from, path, [&](Node node) { add(attribute.name, elements.value(node, name)); });
          break;
        case AttributeShape::Take::first: add(attribute.name, elements.value(from.at(path), name)); break;
        case AttributeShape::Take::date:
          if (const auto date = elements.time(from.at(path), std::string(type).append(".").append(path)))
            add(attribute.name, *date);
          break;
      }
      return list_.size() > before;
    });
  }
}

std::span<const record::Attribute> Attributes::take(record::Arena& into) {
  std::ranges::stable_sort(list_, {}, &record::Attribute::name);
  const auto taken = into.array(list_);
  list_.clear();
  return taken;
}

Event& Draft::add_part(const Coded& coded, const Value& value, Attributes& of_part) {
  Event& part = parts.emplace_back(common);
  part.part = static_cast<std::uint32_t>(parts.size());
  part.code = coded.primary;
  part.translations = coded.translations;
  part.value = value;
  part.attributes = of_part.take(elements.arena());
  return part;
}

void draft_events(Draft& draft) {
  draft_status(draft);
  draft_times(draft);
  draft_links(draft);
  draft.first = draft.common;
  const Coded coded = draft.elements.codeable_concept(list_at_any(draft.resource, draft.shape.code));
  draft.first.code = coded.primary;
  draft.first.translations = coded.translations;
  draft.attributes.add(draft.resource, draft.shape.attributes, draft.type, draft.elements);
  if (draft.shape.kind == Kind::other) draft.attributes.add_text("resource_type", draft.elements.text(draft.type));
  if (draft.resource["modifierExtension"]) {
    draft.elements.note(draft.field("modifierExtension"), "modifier_extension",
                        "an extension that is not understood may change the meaning");
    Value modified;
    modified.form = Value::Form::boolean;
    modified.boolean = true;
    draft.attributes.add("modified", modified);
  }
  if (draft.shape.more != nullptr) draft.shape.more(draft);
  draft.first.attributes = draft.attributes.take(draft.elements.arena());
}

}  // namespace chartline::exchange::fhir
