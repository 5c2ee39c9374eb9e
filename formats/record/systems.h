// Code systems: their short names, FHIR URIs and OMOP vocabularies, and the canonical form of a code in each.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/record/event.h"

namespace chartline::record {

struct System {
  std::string_view name;             // "icd10"
  std::string_view uri;              // "http://hl7.org/fhir/sid/icd-10"; "" where FHIR has none
  std::string_view omop_vocabulary;  // "ICD10"; "" where OMOP has none
};

// snomed loinc rxnorm icd9cm icd9proc icd10 icd10cm icd10pcs opcs4 read2 ctv3 dmd atc bnf ndc cvx cpt4 hcpcs ucum
// gender race ethnicity visit omop nhs local, and more: the table in systems.cc.
std::span<const System> systems();

// The short name for a URI (the one above, older and national spellings, urn:oid: forms) or a vocabulary; for an
// unknown one the text given, borrowed; for "" "local". CDC's race and ethnicity codes are one system,
// urn:oid:2.16.840.1.113883.6.238, known as race. A few nanoseconds.
std::string_view system_from_uri(std::string_view uri);
std::string_view system_from_omop(std::string_view vocabulary);
std::optional<System> find_system(std::string_view name);

// One spelling for each code. ICD-10, ICD-10-CM, ICD-9-CM and OPCS-4: upper case with their dot ("E119" -> "E11.9",
// "25000" -> "250.00", "E8490" -> "E849.0"), in ICD-10 without the NHS's filler ("I10X" -> "I10"). Gender: FHIR's words
// ("F" -> "female"). Read codes and all others as they are. Outer white space is dropped everywhere.
std::string canonical_code(std::string_view system, std::string_view code);

// NHS numbers: ten digits (spaces and dashes allowed), the last a modulus-11 check digit. Gives the ten digits.
// https://www.datadictionary.nhs.uk/attributes/nhs_number.html
std::optional<std::string> parse_nhs_number(std::string_view text);
inline constexpr std::string_view nhs_system = "nhs";

// Of what a source says in words alone, where it has no code: the words are the code.
inline constexpr std::string_view text_system = "text";

}  // namespace chartline::record
