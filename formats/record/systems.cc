#include "formats/record/systems.h"

#include <algorithm>
#include <array>

#include "formats/record/words.h"

namespace chartline::record {
namespace {

constexpr std::array systems_table = std::to_array<System>({
    {"snomed", "http://snomed.info/sct", "SNOMED"},
    {"loinc", "http://loinc.org", "LOINC"},
    {"rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"},
    {"rxnorm_extension", "", "RxNorm Extension"},
    {"icd9cm", "http://hl7.org/fhir/sid/icd-9-cm", "ICD9CM"},
    {"icd9proc", "urn:oid:2.16.840.1.113883.6.104", "ICD9Proc"},
    {"icd10", "http://hl7.org/fhir/sid/icd-10", "ICD10"},
    {"icd10cm", "http://hl7.org/fhir/sid/icd-10-cm", "ICD10CM"},
    {"icd10pcs", "http://www.cms.gov/Medicare/Coding/ICD10", "ICD10PCS"},
    {"icd11", "http://id.who.int/icd/release/11/mms", ""},
    {"icpc2", "http://hl7.org/fhir/sid/icpc-2", ""},
    {"opcs4", "https://fhir.hl7.org.uk/Id/opcs-4", "OPCS4"},
    {"read2", "http://read.info/readv2", "Read"},
    {"ctv3", "http://read.info/ctv3", ""},
    {"dmd", "https://dmd.nhs.uk", "dm+d"},
    {"atc", "http://www.whocc.no/atc", "ATC"},
    {"bnf", "https://fhir.hl7.org.uk/Id/bnf-drug-codes", ""},
    {"gemscript", "https://fhir.hl7.org.uk/Id/resipuk-gemscript-drug-codes", "Gemscript"},
    {"multilex", "https://fhir.hl7.org.uk/Id/multilex-drug-codes", "Multilex"},
    {"emis", "https://fhir.hl7.org.uk/Id/emis-drug-codes", ""},
    {"egton", "https://fhir.hl7.org.uk/Id/egton-codes", ""},
    {"ndc", "http://hl7.org/fhir/sid/ndc", "NDC"},
    {"cvx", "http://hl7.org/fhir/sid/cvx", "CVX"},
    {"cpt4", "http://www.ama-assn.org/go/cpt", "CPT4"},
    {"hcpcs", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "HCPCS"},
    {"ucum", "http://unitsofmeasure.org", "UCUM"},
    {"gender", "http://hl7.org/fhir/administrative-gender", "Gender"},
    {"race", "urn:oid:2.16.840.1.113883.6.238", "Race"},
    {"ethnicity", "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategory", "Ethnicity"},
    {"visit", "", "Visit"},
    {"omop", "https://fhir-terminology.ohdsi.org", ""},
    {"nhs", "https://fhir.nhs.uk/Id/nhs-number", ""},
    {"local", "", ""},
});

// Other spellings of a system: older and national FHIR releases, and the OIDs that HL7 registered.
constexpr std::array uri_aliases = std::to_array<Word<std::string_view>>({
    {"snomed", "urn:oid:2.16.840.1.113883.6.96"},
    {"snomed", "urn:oid:2.16.840.1.113883.2.1.3.2.4.15"},
    {"loinc", "urn:oid:2.16.840.1.113883.6.1"},
    {"rxnorm", "urn:oid:2.16.840.1.113883.6.88"},
    {"icd9cm", "urn:oid:2.16.840.1.113883.6.103"},
    {"icd9cm", "http://terminology.hl7.org/CodeSystem/icd9cm"},
    {"icd10", "urn:oid:2.16.840.1.113883.6.3"},
    {"icd10", "http://hl7.org/fhir/sid/icd-10-uk"},
    {"icd10cm", "urn:oid:2.16.840.1.113883.6.90"},
    {"icd10pcs", "urn:oid:2.16.840.1.113883.6.4"},
    {"icd10pcs", "http://hl7.org/fhir/sid/icd-10-pcs"},
    {"read2", "urn:oid:2.16.840.1.113883.2.1.6.2"},
    {"ctv3", "urn:oid:2.16.840.1.113883.2.1.3.2.4.14"},
    {"egton", "urn:oid:2.16.840.1.113883.2.1.6.3"},
    {"multilex", "urn:oid:2.16.840.1.113883.2.1.6.4"},
    {"emis", "urn:oid:2.16.840.1.113883.2.1.6.9"},
    {"gemscript", "urn:oid:2.16.840.1.113883.2.1.6.15"},
    {"atc", "urn:oid:2.16.840.1.113883.6.73"},
    {"ndc", "urn:oid:2.16.840.1.113883.6.69"},
    {"cvx", "urn:oid:2.16.840.1.113883.12.292"},
    {"cvx", "http://www2a.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=cvx"},
    {"cpt4", "urn:oid:2.16.840.1.113883.6.12"},
    {"hcpcs", "urn:oid:2.16.840.1.113883.6.285"},
    {"hcpcs", "urn:oid:2.16.840.1.113883.6.14"},
    {"hcpcs", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"},
    {"hcpcs", "http://terminology.hl7.org/CodeSystem/HCPCS"},
    {"hcpcs", "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes"},
    {"hcpcs", "http://terminology.hl7.org/CodeSystem/hcpcs-Level-II"},
    {"ucum", "urn:oid:2.16.840.1.113883.6.8"},
    {"gender", "urn:oid:2.16.840.1.113883.5.1"},
    {"gender", "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"},
    {"gender", "http://hl7.org/fhir/v3/AdministrativeGender"},
    {"gender", "http://terminology.hl7.org/CodeSystem/v2-0001"},
    {"race", "urn:oid:2.16.840.1.113883.5.104"},
    {"race", "http://terminology.hl7.org/CodeSystem/v3-Race"},
    {"ethnicity", "urn:oid:2.16.840.1.113883.5.50"},
    {"ethnicity", "http://terminology.hl7.org/CodeSystem/v3-Ethnicity"},
    {"ethnicity", "https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-EthnicCategory-1"},
    {"ethnicity", "https://fhir.hl7.org.uk/CareConnect-EthnicCategory-1"},
    {"nhs", "urn:oid:2.16.840.1.113883.2.1.4.1"},
    {"nhs", "https://fhir.hl7.org.uk/Id/nhs-number"},
    {"nhs", "http://fhir.nhs.net/Id/nhs-number"},
});

constexpr std::size_t count_with(std::string_view System::*field) {
  return static_cast<std::size_t>(
      std::ranges::count_if(systems_table, [field](const System& s) { return !(s.*field).empty(); }));
}

// The systems that fill the field, as words that stand for their short names.
template <std::size_t count>
consteval std::array<Word<std::string_view>, count> words_of(std::string_view System::*field) {
  std::array<Word<std::string_view>, count> words{};
  std::size_t filled = 0;
  for (const System& system : systems_table) {
    if (!(system.*field).empty()) words[filled++] = {system.name, system.*field};
  }
  return words;
}

constexpr std::size_t uri_count = count_with(&System::uri);
constexpr WordMap by_uri([] {
  std::array<Word<std::string_view>, uri_count + uri_aliases.size()> words{};
  std::ranges::copy(uri_aliases, std::ranges::copy(words_of<uri_count>(&System::uri), words.begin()).out);
  return words;
}());
constexpr WordMap by_omop(words_of<count_with(&System::omop_vocabulary)>(&System::omop_vocabulary));
constexpr WordMap by_name([] {
  std::array<Word<const System*>, systems_table.size()> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = {&systems_table[i], systems_table[i].name};
  return words;
}());

constexpr std::string_view white = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Upper case, with a dot after `places` characters where more follow and none at the end.
std::string dotted(std::string_view code, std::size_t places) {
  while (!code.empty() && (code.back() == '.' || white.find(code.back()) != white.npos)) code.remove_suffix(1);
  std::string canonical;
  canonical.reserve(code.size() + 1);
  for (const char c : code) canonical += upper(c);
  if (canonical.size() > places && canonical.find('.') == canonical.npos) canonical.insert(places, 1, '.');
  return canonical;
}

// The NHS fills categories of three characters up to four with an X, which no code of the WHO's has there.
std::string without_filler(std::string code) {
  const auto is_digit = [&code](std::size_t place) { return code[place] >= '0' && code[place] <= '9'; };
  if (code.size() == 5 && code.ends_with(".X") && is_digit(1) && is_digit(2)) code.resize(3);
  return code;
}

// HL7 version 2, version 3 and OMOP write letters for FHIR's words.
constexpr WordMap gender_words(std::to_array<Word<std::string_view>>({
    {"female", "F"},
    {"female", "f"},
    {"female", "FEMALE"},
    {"female", "Female"},
    {"male", "M"},
    {"male", "m"},
    {"male", "MALE"},
    {"male", "Male"},
    {"other", "O"},
    {"other", "A"},
    {"other", "UN"},
    {"unknown", "U"},
    {"unknown", "UNK"},
}));

}  // namespace

std::span<const System> systems() { return systems_table; }

std::string_view system_from_uri(std::string_view uri) {
  if (uri.empty()) return "local";
  const std::string_view* name = by_uri.find(uri);
  return name ? *name : uri;
}

std::string_view system_from_omop(std::string_view vocabulary) {
  if (vocabulary.empty()) return "local";
  const std::string_view* name = by_omop.find(vocabulary);
  return name ? *name : vocabulary;
}

std::optional<System> find_system(std::string_view name) {
  const System* const* system = by_name.find(name);
  return system ? std::optional(**system) : std::nullopt;
}

std::string canonical_code(std::string_view system, std::string_view code) {
  code = trimmed(code);
  if (system == "icd10cm" || system == "opcs4") return dotted(code, 3);
  if (system == "icd10") return without_filler(dotted(code, 3));
  if (system == "icd9cm") return dotted(code, code.starts_with('E') || code.starts_with('e') ? 4 : 3);
  if (system == "icd9proc") return dotted(code, 2);
  if (system == "gender") {
    if (const std::string_view* word = gender_words.find(code)) return std::string(*word);
  }
  return std::string(code);
}

std::optional<std::string> parse_nhs_number(std::string_view text) {
  std::string digits;
  for (const char c : trimmed(text)) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c != ' ' && c != '-') {
      return std::nullopt;
    }
    if (digits.size() > 10) return std::nullopt;
  }
  if (digits.size() != 10) return std::nullopt;
  // The first nine digits weigh 10 down to 2; with the check digit, which weighs 1, the sum is a multiple of 11.
  int sum = 0;
  for (int i = 0; i < 10; ++i) sum += (digits[static_cast<std::size_t>(i)] - '0') * (10 - i);
  if (sum % 11 != 0) return std::nullopt;
  return digits;
}

}  // namespace chartline::record
