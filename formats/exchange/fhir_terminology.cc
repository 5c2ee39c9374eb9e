// Terminology in FHIR's form: what CodeSystem, ValueSet and ConceptMap say about codes. A Medication, too, links the
// code by which requests in other files refer to it to the codes that it stands for.
#include "formats/exchange/fhir_document.h"
#include "formats/record/systems.h"

namespace chartline::exchange::fhir {
namespace {

using record::Code;
using record::Concept;
using record::ConceptLink;
using record::Relation;

class Terminology {
 public:
  Terminology(Elements& elements, std::vector<Outcome>& into) : elements_(elements), into_(into) {}

  Code code(std::string_view system, Node entry) {
    const auto word = entry["code"].text();
    if (word.empty()) return {};
    return {system, elements_.text(record::canonical_code(system, word)), elements_.text(entry["display"].text())};
  }

  void add_entry(const Code& code) {
    if (code.empty()) return;
    Concept entry;
    entry.code = code;
    into_.emplace_back(entry);
  }

  void add_link(Relation relation, const Code& from, const Code& to) {
    if (!from.empty() && !to.empty() && !same(from, to)) into_.emplace_back(ConceptLink{relation, from, to, 1});
  }

  // A CodeSystem's concepts; nested ones are kinds of the one around them, and of any that a property names as parent.
  void add_concepts(std::string_view system, Node list, const Code& around) {
    for (const Node item : list.items()) {
      const Code own = code(system, item);
      add_entry(own);
      add_link(Relation::is_a, own, around);
      for (const Node property : item["property"].items()) {
        const auto name = property["code"].text();
        const auto parent = property["valueCode"].text();
        if ((name == "parent" || name == "subsumedBy") && !parent.empty())
          add_link(Relation::is_a, own, {system, elements_.text(record::canonical_code(system, parent)), {}});
      }
      if (!own.empty()) add_concepts(system, item["concept"], own);
    }
  }

  void add_code_system(Node resource) {
    add_concepts(elements_.system(resource["url"].text()), resource["concept"], {});
  }

  void add_expansion(Node list) {
    for (const Node item : list.items()) {
      add_entry(code(elements_.system(item["system"].text()), item));
      add_expansion(item["contains"]);
    }
  }

  void add_value_set(Node resource) {
    for (const Node include : resource.at("compose")["include"].items()) {
      const auto system = elements_.system(include["system"].text());
      for (const Node item : include["concept"].items()) add_entry(code(system, item));
    }
    add_expansion(resource.at("expansion")["contains"]);
  }

  // Equal meanings map; a wider target makes the source a kind of it, a narrower one the reverse. Others say nothing
  // that holds. R4 says so in `equivalence`, R5 in `relationship`.
  void add_mapping(const Code& from, const Code& to, std::string_view equivalence, std::string_view relationship) {
    if (equivalence == "equal" || equivalence == "equivalent" || relationship == "equivalent")
      add_link(Relation::maps_to, from, to);
    if (equivalence == "wider" || equivalence == "subsumes" || relationship == "source-is-narrower-than-target")
      add_link(Relation::is_a, from, to);
    if (equivalence == "narrower" || equivalence == "specializes" || relationship == "source-is-broader-than-target")
      add_link(Relation::is_a, to, from);
  }

  void add_concept_map(Node resource) {
    for (const Node group : resource["group"].items()) {
      const auto source = elements_.system(group["source"].text());
      const auto target = elements_.system(group["target"].text());
      for (const Node element : group["element"].items()) {
        const Code from = code(source, element);
        for (const Node item : element["target"].items())
          add_mapping(from, code(target, item), item["equivalence"].text(), item["relationship"].text());
      }
    }
  }

  void add_medication(Node resource, std::string_view scope) {
    const auto id = resource["id"].text();
    const Coded coded = elements_.codeable_concept(resource["code"]);
    if (id.empty() || coded.primary.empty()) return;
    const Code own{elements_.text(std::string(scope).append("/Medication")), elements_.text(id), coded.primary.display};
    add_entry(own);
    add_link(Relation::maps_to, own, coded.primary);
    for (const Code& translation : coded.translations) add_link(Relation::maps_to, own, translation);
  }

 private:
  Elements& elements_;
  std::vector<Outcome>& into_;
};

}  // namespace

void add_terminology(Node resource, Elements& elements, std::string_view scope, std::vector<Outcome>& into) {
  const auto type = resource["resourceType"].text();
  Terminology terminology(elements, into);
  if (type == "CodeSystem") terminology.add_code_system(resource);
  if (type == "ValueSet") terminology.add_value_set(resource);
  if (type == "ConceptMap") terminology.add_concept_map(resource);
  if (type == "Medication") terminology.add_medication(resource, scope);
}

}  // namespace chartline::exchange::fhir
