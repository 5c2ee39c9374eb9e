// MEDS codes: what "VOCABULARY//x//y" says of an event besides its code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "formats/record/event.h"

namespace chartline::exchange {

inline constexpr std::string_view meds_system = "meds";

enum class MedsRole : std::uint8_t { event, birth, sex };

struct MedsCode {
  MedsRole role = MedsRole::event;
  std::optional<record::Kind> kind;  // nullopt: the code does not tell
  std::string system, code;          // the same fact in a known code system; empty if there is none
  std::string unit;                  // of the number beside it; "" where not said
};

// The code stays whole, as code of the system "meds"; its segments tell the rest:
//
//   LAB//50933//mmol/L              observation, with that unit (UNK is none)
//   DIAGNOSIS//ICD//10//A047        condition, also icd10cm A04.7 (ICD 9: icd9cm; in a PROCEDURE icd10pcs, icd9proc)
//   ICD10CM//E11.9, LAB//LOINC//X   the segment after an OMOP vocabulary's name, if it has a digit and no space
//   MEDS_BIRTH, GENDER//F           who the person is
MedsCode parse_meds_code(std::string_view code);

// Remembers what was parsed, 100,000 codes at most; what it gives is valid until the next call.
class MedsCodes {
 public:
  const MedsCode& operator[](std::string_view code);

 private:
  std::unordered_map<std::string, MedsCode> known_;
  std::string key_;
};

}  // namespace chartline::exchange
