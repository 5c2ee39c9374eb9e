#include "formats/synth/catalogue.h"

#include <algorithm>

#include "base/check.h"
#include "formats/synth/catalogue_tables.h"

namespace chartline::synth {
namespace {

constexpr std::uint32_t problem_codes = 3'000, test_codes = 1'500, drug_codes = 1'200, operation_codes = 800;

char letter(std::string_view of, std::size_t i) { return of[i % of.size()]; }
std::string two_digits(std::size_t n) {
  return {static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)};
}

// Neighbours in rank stand far apart: 7,919 shares no factor with the numbers of places below.
std::size_t place(std::uint32_t rank, std::size_t places) { return rank * std::size_t{7'919} % places; }

// "S52.4": chapters in which none of the long-term conditions is found.
std::string problem_code(std::uint32_t rank) {
  const std::size_t at = place(rank, 10'000);
  return letter("ABHKLMRSTZ", at / 1'000) + two_digits(at / 10) + '.' + static_cast<char>('0' + at % 10);
}

// "87123-4": a number and its check digit (modulus 10), above all those that are named.
std::string test_code(std::uint32_t rank) {
  const std::string number = std::to_string(70'000 + place(rank, 29'000));
  unsigned sum = 0;
  for (std::size_t i = 0; i < number.size(); ++i) {
    const unsigned digit = static_cast<unsigned>(number[number.size() - 1 - i] - '0');
    const unsigned counted = i % 2 == 0 ? 2 * digit : digit;
    sum += counted / 10 + counted % 10;
  }
  return number + '-' + static_cast<char>('0' + (10 - sum % 10) % 10);
}

// "D07CB55": the last number above those that are given.
std::string drug_code(std::uint32_t rank) {
  const std::size_t at = place(rank, 14u * 9 * 16 * 50);
  return letter("ABCDGHJLMNPRSV", at / 7'200) + two_digits(1 + at / 800 % 9) + letter("ABCD", at / 200 % 4) +
         letter("ABCX", at / 50 % 4) + two_digits(50 + at % 50);
}

// "K40.1"
std::string operation_code(std::uint32_t rank) {
  const std::size_t at = place(rank, 15'000);
  return letter("ABCEFGHJKLMSTVW", at / 1'000) + two_digits(at / 10) + '.' + static_cast<char>('0' + at % 10);
}

}  // namespace

Catalogue::Catalogue()
    : measures_(common_measures()),
      conditions_(common_conditions()),
      problems_(problem_codes, 4),
      tests_(test_codes, 2),
      drugs_(drug_codes, 4),
      operations_(operation_codes, 4) {
  check(measures_.size() == static_cast<std::size_t>(MeasureId::count_), "every measure has its name");
  check(conditions_.size() == condition_count, "every condition has its name");
  codes_.emplace_back();
  for (Measure& measure : measures_) measure.code = add("loinc", std::string(measure.loinc));
  for (Condition& condition : conditions_) {
    for (const std::string_view code : condition.icd10) condition.codes.push_back(add("icd10", std::string(code)));
    for (Drug& drug : condition.drugs) drug.code = add("atc", std::string(drug.atc));
  }
  visit = add("local", "consultation"), admission = add("local", "admission"), referral = add("local", "referral");
  dialysis = add("opcs4", "X40.3"), influenza = add("atc", "J07BB02");
  for (const char* atc : {"J07CA09", "J07BH01", "J07AH09", "J07BD52", "J07CA02", "J07AM51"})
    childhood.push_back(add("atc", atc));
  const auto many = [&](std::string_view system, std::uint32_t count, std::string (*code)(std::uint32_t)) {
    const auto first = static_cast<CodeId>(codes_.size());
    for (std::uint32_t rank = 0; rank < count; ++rank)
      codes_.push_back({std::string(system), code(rank), std::string(system) + '|' + code(rank)});
    return first;
  };
  many_problems_ = many("icd10", problem_codes, problem_code), many_tests_ = many("loinc", test_codes, test_code);
  many_drugs_ = many("atc", drug_codes, drug_code), many_operations_ = many("opcs4", operation_codes, operation_code);
}

CodeId Catalogue::add(std::string_view system, std::string code) {
  std::string cell = std::string(system) + '|' + code;
  const auto known = std::ranges::find(codes_, cell, &CodeText::cell);
  if (known != codes_.end()) return static_cast<CodeId>(known - codes_.begin());
  codes_.push_back({std::string(system), std::move(code), std::move(cell)});
  return static_cast<CodeId>(codes_.size() - 1);
}

std::uint32_t Catalogue::prevalence(std::size_t condition, Sex sex, int age) const {
  const Condition& it = conditions_[condition];
  const auto decade = static_cast<std::size_t>(std::clamp(age / 10, 0, 8));
  const std::uint32_t from = it.prevalence[decade], to = it.prevalence[decade + 1];
  const auto along = static_cast<std::uint32_t>(std::clamp(10 * age + 5 - 100 * static_cast<int>(decade), 0, 100));
  const std::uint32_t of_a_million = (from * (100 - along) + to * along);
  return of_a_million / 100 * (sex == Sex::female ? it.women_percent : 200u - it.women_percent);
}

}  // namespace chartline::synth
