// What can happen: codes, measurements, drugs and long-term conditions. A few are the real codes of common things, so that
// questions read like questions; the many are codes of the right shape by number, drawn by Zipf. None is SNOMED's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/record/kind.h"
#include "formats/synth/demography.h"
#include "formats/synth/random.h"

namespace chartline::synth {

using CodeId = std::uint16_t;  // 0: none

struct CodeText {
  std::string system;  // "icd10"
  std::string code;    // "E11.9"
  std::string cell;    // "icd10|E11.9"
};

// A number that is measured again and again. Values in units of its last decimal.
struct Measure {
  std::string_view loinc;
  std::string_view unit;  // UCUM
  int decimals;
  std::int32_t mean, between, within;  // of everyone; spread between people; spread of one person
  std::int32_t least, most;
  CodeId code = 0;
};

enum class MeasureId : std::uint8_t {
  systolic,
  diastolic,
  weight,
  height,
  heart_rate,
  temperature,
  breaths,
  saturation,
  hba1c,
  egfr,
  creatinine,
  albumin_ratio,
  cholesterol,
  hdl,
  haemoglobin,
  white_cells,
  platelets,
  sodium,
  potassium,
  alt,
  crp,
  tsh,
  peak_flow,
  fev1,
  inr,
  phq9,
  count_,
};

struct Drug {
  std::string_view atc;
  std::uint16_t share;      // of those with the condition, percent, who are ever given it
  std::uint16_t years_max;  // after the diagnosis
  CodeId code = 0;
};

struct Monitored {
  MeasureId measure;
  std::uint16_t times_of_100_years;
  std::int32_t shift;  // of the mean, from everyone's
};

struct Condition {
  std::string_view name;
  std::vector<std::string_view> icd10;  // one of these
  // Of 10,000 people of the ages 0, 10, ... 90: so many have it. Between them a straight line; never falling.
  std::array<std::uint16_t, 10> prevalence;
  std::uint16_t women_percent;  // of the same in women, and so much less in men
  bool metabolic;               // goes together with the others that are so
  std::vector<Drug> drugs;
  std::vector<Monitored> monitored;
  std::uint16_t admissions_of_1000_years;
  std::vector<CodeId> codes{};
};

enum class ConditionId : std::uint8_t {
  hypertension,
  diabetes_1,
  diabetes_2,
  asthma,
  copd,
  kidney,
  heart,
  fibrillation,
  failure,
  stroke,
  depression,
  dementia,
  epilepsy,
  cancer,
  psychosis,
  arthritis,
  thyroid,
  arteries,
  count_,
};
inline constexpr std::size_t condition_count = static_cast<std::size_t>(ConditionId::count_);

// Immutable once made; shared by all threads.
class Catalogue {
 public:
  Catalogue();

  const CodeText& text(CodeId code) const { return codes_[code]; }
  std::size_t codes() const { return codes_.size(); }
  const Measure& measure(MeasureId id) const { return measures_[static_cast<std::size_t>(id)]; }
  const std::vector<Condition>& conditions() const { return conditions_; }
  // Of a million people of this sex and age.
  std::uint32_t prevalence(std::size_t condition, Sex sex, int age) const;

  // One of the many, by Zipf.
  CodeId problem(Random& random) const { return static_cast<CodeId>(many_problems_ + problems_.pick(random)); }
  CodeId test(Random& random) const { return static_cast<CodeId>(many_tests_ + tests_.pick(random)); }
  CodeId drug(Random& random) const { return static_cast<CodeId>(many_drugs_ + drugs_.pick(random)); }
  CodeId operation(Random& random) const { return static_cast<CodeId>(many_operations_ + operations_.pick(random)); }

  CodeId visit = 0, admission = 0, dialysis = 0, referral = 0, influenza = 0;
  std::vector<CodeId> childhood;  // immunisations

 private:
  CodeId add(std::string_view system, std::string code);

  std::vector<CodeText> codes_;
  std::vector<Measure> measures_;
  std::vector<Condition> conditions_;
  Zipf problems_, tests_, drugs_, operations_;
  CodeId many_problems_ = 0, many_tests_ = 0, many_drugs_ = 0, many_operations_ = 0;
};

}  // namespace chartline::synth
