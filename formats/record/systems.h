// Code systems: their short names, FHIR URIs and OMOP vocabularies, and the canonical form of a code in each.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/record/event.h"

namespace chartline::record {

struct System {
  std::string_view name;              // "icd10"
  std::string_view uri;               // "http://hl7.org/fhir/sid/icd-10"; "" where FHIR has none
  std::string_view omop_vocabulary;   // "ICD10"; "" where OMOP has none
};

std::span<const System> systems();                             // snomed loinc rxnorm icd9cm icd10 icd10cm icd10pcs opcs4 read2 ctv3 dmd atc bnf cvx cpt4 hcpcs ucum gender race ethnicity visit omop nhs ...
std::string_view system_from_uri(std::string_view uri);        // the short name, or the URI itself (also urn:oid: forms); "" gives "local"
std::string_view system_from_omop(std::string_view vocabulary);  // the short name, or the vocabulary's own name
std::optional<System> find_system(std::string_view name);

// One spelling for each code: ICD-10 and OPCS-4 upper case with their dot ("E119" -> "E11.9"), Read codes and others as
// they are, outer white space dropped.
std::string canonical_code(std::string_view system, std::string_view code);

// NHS numbers: ten digits (spaces and dashes allowed), the last a modulus-11 check digit. Gives the ten digits.
// https://www.datadictionary.nhs.uk/attributes/nhs_number.html
std::optional<std::string> parse_nhs_number(std::string_view text);
inline constexpr std::string_view nhs_system = "nhs";

}  // namespace chartline::record
