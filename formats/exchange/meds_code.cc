#include "formats/exchange/meds_code.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

using record::Kind;

constexpr std::array kind_of_prefix = std::to_array<std::pair<std::string_view, Kind>>({
    {"LAB", Kind::observation},
    {"VITAL", Kind::observation},
    {"MEASUREMENT", Kind::observation},
    {"OBSERVATION", Kind::observation},
    {"SUBJECT_FLUID_OUTPUT", Kind::observation},
    {"SUBJECT_WEIGHT_AT_INFUSION", Kind::observation},
    {"MEDICATION", Kind::medication},
    {"DRUG", Kind::medication},
    {"INFUSION_START", Kind::medication},
    {"INFUSION_END", Kind::medication},
    {"DIAGNOSIS", Kind::condition},
    {"CONDITION", Kind::condition},
    {"PROCEDURE", Kind::procedure},
    {"HCPCS", Kind::procedure},
    {"CPT", Kind::procedure},
    {"HOSPITAL_ADMISSION", Kind::encounter},
    {"HOSPITAL_DISCHARGE", Kind::encounter},
    {"ICU_ADMISSION", Kind::encounter},
    {"ICU_DISCHARGE", Kind::encounter},
    {"ED_REGISTRATION", Kind::encounter},
    {"ED_OUT", Kind::encounter},
    {"TRANSFER_TO", Kind::encounter},
    {"VISIT", Kind::encounter},
    {"MEDS_DEATH", Kind::death},
    {"MEDS_BIRTH", Kind::patient},
    {"GENDER", Kind::patient},
});

constexpr std::array kind_of_system = std::to_array<std::pair<std::string_view, Kind>>({
    {"icd9cm", Kind::condition},
    {"icd10", Kind::condition},
    {"icd10cm", Kind::condition},
    {"loinc", Kind::observation},
    {"rxnorm", Kind::medication},
    {"ndc", Kind::medication},
    {"atc", Kind::medication},
    {"icd9proc", Kind::procedure},
    {"icd10pcs", Kind::procedure},
    {"cpt4", Kind::procedure},
    {"hcpcs", Kind::procedure},
    {"cvx", Kind::immunization},
});

template <typename Table>
std::optional<Kind> find(const Table& table, std::string_view word) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == word; });
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string_view> segments(std::string_view code) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto bar = code.find("//");
    parts.push_back(code.substr(0, bar));
    if (bar == std::string_view::npos) return parts;
    code.remove_prefix(bar + 2);
  }
}

bool looks_like_code(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos && text.find(' ') == std::string_view::npos;
}

// "ICD", "10" and whether the fact is a procedure give the system; "" for another version.
std::string_view icd_system(std::string_view version, bool procedure) {
  if (version == "10") return procedure ? "icd10pcs" : "icd10cm";
  if (version == "9") return procedure ? "icd9proc" : "icd9cm";
  return "";
}

void find_known_system(MedsCode& meds, const std::vector<std::string_view>& parts) {
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    std::string_view system;
    std::string_view code = parts[i + 1];
    if (parts[i] == "ICD" && i + 2 < parts.size()) {
      system = icd_system(parts[i + 1], meds.kind == Kind::procedure);
      code = parts[i + 2];
    } else if (!parts[i].empty()) {
      system = record::system_from_omop(parts[i]);
    }
    if (!record::find_system(system) || !looks_like_code(code)) continue;
    meds.system = system;
    meds.code = record::canonical_code(system, code);
    return;
  }
}

std::string_view gender(std::string_view word) {
  if (word == "M" || word == "Male" || word == "MALE") return "male";
  if (word == "F" || word == "Female" || word == "FEMALE") return "female";
  if (word == "U" || word == "UNK" || word == "Unknown" || word.empty()) return "unknown";
  return "other";
}

}  // namespace

MedsCode parse_meds_code(std::string_view code) {
  MedsCode meds;
  const auto parts = segments(code);
  meds.kind = find(kind_of_prefix, parts[0]);
  if (parts[0] == "MEDS_BIRTH") {
    meds.role = MedsRole::birth;
  } else if (parts[0] == "GENDER") {
    meds.role = MedsRole::sex;
    meds.system = "gender";
    meds.code = gender(parts.size() > 1 ? parts[1] : "");
  } else {
    find_known_system(meds, parts);
    if (!meds.kind) meds.kind = find(kind_of_system, meds.system);
    if (meds.kind == Kind::observation && parts.size() == 3 && parts[2] != "UNK" && meds.code.empty())
      meds.unit = parts[2];
    if (parts[0] == "SUBJECT_WEIGHT_AT_INFUSION" && parts.size() == 2) meds.unit = parts[1];
  }
  return meds;
}

const MedsCode& MedsCodes::operator[](std::string_view code) {
  constexpr std::size_t codes_max = 100'000;
  key_ = code;
  if (const auto found = known_.find(key_); found != known_.end()) return found->second;
  if (known_.size() >= codes_max) known_.clear();
  return known_.emplace(key_, parse_meds_code(code)).first->second;
}

}  // namespace chartline::exchange
