// References: what a FHIR Reference points at, and whose a resource is.
//
//   "Patient/7", "http://host/fhir/Patient/7"   Patient 7, whatever the host: each server needs its own --source
//   "urn:uuid:X"                                the bundle's entry with that full URL, by its own id; elsewhere id X
//   "#x"                                        the contained resource
//   "Patient?identifier=system|value"           by business identifier (a conditional reference)
//   {"identifier": {system, value}}             by business identifier (a logical reference)
//
// A person is known by Identifier{scope, logical id}: scope is "fhir", or "fhir:NAME" for the source NAME, because
// servers number their patients each from their own 1. What belongs to nobody (organisations, code systems, groups) is
// kept under Identifier{scope, nobody}, which no logical id can equal.
#pragma once

#include <string>
#include <string_view>

#include "formats/exchange/fhir_bundle.h"
#include "formats/exchange/fhir_elements.h"

namespace chartline::exchange::fhir {

struct Reference {
  std::string_view type;                         // "" where nothing tells
  std::string_view id;                           // logical id; "" where there is none
  Node contained;                                // for "#x"
  std::optional<record::Identifier> identifier;  // by business identifier
  std::string_view display;

  bool names_something() const { return !id.empty() || identifier || contained; }
};

// Made once per thread; set to each document and resource in turn. What it returns lives as long as they do.
class References {
 public:
  explicit References(std::string scope) : scope_(std::move(scope)) {}

  void enter(const Bundle* bundle) { bundle_ = bundle; }  // null outside of one
  void enter(Node resource, std::string_view name) { resource_ = resource, name_ = name; }

  std::string_view scope() const { return scope_; }
  Reference resolve(Node reference, Elements& elements, std::string_view field);

  // The resource meant, contained or in this bundle; absent where it is elsewhere. Valid until the next call.
  Node target(Node reference);

  // The identifier of a Patient reference; nullopt if it means something else, or names nobody.
  std::optional<record::Identifier> person(Node reference, Elements& elements, std::string_view field);
  record::Identifier no_person() const { return {scope_, record::nobody}; }

 private:
  Node contained(std::string_view local_id) const;

  std::string scope_;
  const Bundle* bundle_ = nullptr;
  Node resource_;
  std::string_view name_;
  simdjson::dom::parser target_parser_;
};

}  // namespace chartline::exchange::fhir
