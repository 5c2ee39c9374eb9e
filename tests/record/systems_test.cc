// Code systems under all their names, one spelling for each code, and NHS numbers with their check digit.
#include "formats/record/systems.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace chartline::record {
namespace {

TEST(Systems, HaveEveryShortNameOfTheQueryLanguage) {
  for (const char* name : {"snomed", "loinc",  "rxnorm", "icd9cm",    "icd10", "icd10cm", "icd10pcs", "opcs4",
                           "read2",  "ctv3",   "dmd",    "atc",       "bnf",   "cvx",     "cpt4",     "hcpcs",
                           "ucum",   "gender", "race",   "ethnicity", "visit", "omop",    "nhs",      "local"}) {
    EXPECT_TRUE(find_system(name).has_value()) << name;
  }
  EXPECT_EQ(find_system("SNOMED"), std::nullopt);
  EXPECT_EQ(find_system(""), std::nullopt);
}

TEST(Systems, EachNameUriAndVocabularyStandsForOne) {
  std::set<std::string_view> names;
  for (const System& system : systems()) {
    EXPECT_TRUE(names.insert(system.name).second) << system.name;
    const auto found = find_system(system.name);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->uri, system.uri);
    EXPECT_EQ(found->omop_vocabulary, system.omop_vocabulary);
    if (!system.uri.empty()) {
      EXPECT_EQ(system_from_uri(system.uri), system.name);
    }
    if (!system.omop_vocabulary.empty()) {
      EXPECT_EQ(system_from_omop(system.omop_vocabulary), system.name);
    }
  }
}

TEST(SystemFromUri, KnowsOtherSpellings) {
  EXPECT_EQ(system_from_uri("urn:oid:2.16.840.1.113883.6.96"), "snomed");
  EXPECT_EQ(system_from_uri("urn:oid:2.16.840.1.113883.2.1.3.2.4.15"), "snomed");
  EXPECT_EQ(system_from_uri("urn:oid:2.16.840.1.113883.6.1"), "loinc");
  EXPECT_EQ(system_from_uri("urn:oid:2.16.840.1.113883.6.103"), "icd9cm");
  EXPECT_EQ(system_from_uri("urn:oid:2.16.840.1.113883.6.104"), "icd9proc");
  EXPECT_EQ(system_from_uri("http://hl7.org/fhir/sid/icd-10-pcs"), "icd10pcs");
  EXPECT_EQ(system_from_uri("urn:oid:2.16.840.1.113883.6.238"), "race");
  EXPECT_EQ(system_from_uri("https://fhir.hl7.org.uk/Id/nhs-number"), "nhs");
  EXPECT_EQ(system_from_uri("https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-EthnicCategory-1"), "ethnicity");
}

TEST(SystemFromUri, KeepsWhatItDoesNotKnow) {
  const std::string own = "http://acme.org/lab/codes/tests";
  EXPECT_EQ(system_from_uri(own).data(), own.data());
  EXPECT_EQ(system_from_uri(own), own);
  EXPECT_EQ(system_from_uri(""), "local");
  EXPECT_EQ(system_from_uri("http://loinc.org/"), "http://loinc.org/");
  EXPECT_EQ(system_from_uri("loinc"), "loinc");
  EXPECT_EQ(system_from_omop("mimiciv_drug_ndc"), "mimiciv_drug_ndc");
  EXPECT_EQ(system_from_omop(""), "local");
  EXPECT_EQ(system_from_omop("RxNorm Extension"), "rxnorm_extension");
}

TEST(CanonicalCode, IsOneSpelling) {
  const struct {
    const char* system;
    const char* written;
    const char* canonical;
  } cases[] = {
      {"icd10", "E119", "E11.9"},
      {"icd10", "e11.9", "E11.9"},
      {"icd10", " E11.9\t", "E11.9"},
      {"icd10", "E11", "E11"},
      {"icd10", "E11.", "E11"},
      {"icd10", "I10X", "I10"},
      {"icd10", "I10.X", "I10"},
      {"icd10", "M0500", "M05.00"},
      {"icd10cm", "T360X1A", "T36.0X1A"},
      {"icd10cm", "W20XXXA", "W20.XXXA"},
      {"icd10cm", "s72.001a", "S72.001A"},
      {"icd10pcs", "0DTJ4ZZ", "0DTJ4ZZ"},
      {"icd9cm", "25000", "250.00"},
      {"icd9cm", "250.00", "250.00"},
      {"icd9cm", "V5867", "V58.67"},
      {"icd9cm", "E8490", "E849.0"},
      {"icd9cm", "e849", "E849"},
      {"icd9proc", "4513", "45.13"},
      {"opcs4", "k401", "K40.1"},
      {"opcs4", "K40.1", "K40.1"},
      {"read2", "C10F.", "C10F."},
      {"read2", "c10f.", "c10f."},
      {"ctv3", "XaELQ", "XaELQ"},
      {"snomed", " 44054006 ", "44054006"},
      {"loinc", "4548-4", "4548-4"},
      {"bnf", "0601022B0", "0601022B0"},
      {"gender", "F", "female"},
      {"gender", "male", "male"},
      {"gender", "x", "x"},
      {"local", " a b ", "a b"},
      {"icd10", "", ""},
      {"icd10", "   ", ""},
      {"icd10", ".", ""},
      {"icd10", "E11 . .", "E11"},
      {"icd10", "I10.X.", "I10"},
      {"icd10", "A. .X", "A. .X"},
  };
  for (const auto& [system, written, canonical] : cases) {
    EXPECT_EQ(canonical_code(system, written), canonical) << system << " " << written;
    EXPECT_EQ(canonical_code(system, canonical), canonical) << "again: " << system << " " << canonical;
  }
}

TEST(NhsNumber, ChecksTheLastDigit) {
  EXPECT_EQ(parse_nhs_number("9434765919"), "9434765919");
  EXPECT_EQ(parse_nhs_number("943 476 5919"), "9434765919");
  EXPECT_EQ(parse_nhs_number("943-476-5919"), "9434765919");
  EXPECT_EQ(parse_nhs_number(" 943 476 5919 "), "9434765919");
  EXPECT_EQ(parse_nhs_number("9000000009"), "9000000009");
  for (const char* text : {"", "943476591", "94347659190", "9434765918", "9434765910", "943476591X", "943.476.5919",
                           "+9434765919", "９４３４７６５９１９", "4349765919"}) {
    EXPECT_EQ(parse_nhs_number(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_nhs_number(std::string(1'000'000, ' ')), std::nullopt);
}

// A remainder of 1 would need the check digit 10: no such number is given out. For all others exactly one digit fits.
TEST(NhsNumber, ExactlyOneCheckDigitFitsEachNineDigits) {
  constexpr std::uint64_t seed = 9434765919;
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string digits;
    int sum = 0;
    for (int place = 0; place < 9; ++place) {
      digits += static_cast<char>('0' + random() % 10);
      sum += (digits.back() - '0') * (10 - place);
    }
    const int check_digit = (11 - sum % 11) % 11;
    for (int last = 0; last < 10; ++last) {
      const std::string number = digits + static_cast<char>('0' + last);
      ASSERT_EQ(parse_nhs_number(number).has_value(), last == check_digit) << "seed " << seed << ", " << number;
    }
  }
}

}  // namespace
}  // namespace chartline::record
