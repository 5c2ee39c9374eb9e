// Units of measure: the part of UCUM (https://ucum.org/ucum, case sensitive) that clinical values use, and the
// conversions between them. A unit is a factor over base units, so that any two of one dimension convert.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "formats/record/event.h"

namespace chartline::query {

// Powers of metre, gram, second, kelvin, mole, ampere, [iU], [arb'U]. Ratios ('%', 'mmol/mol') have none.
using Dimension = std::array<std::int8_t, 8>;

struct Unit {
  double factor = 1;  // value x factor + offset is in base units
  double offset = 0;  // only 'Cel' and '[degF]'
  Dimension dimension{};
  int equivalents = 0;  // the power of `eq` in it, which counts as a mole
};

// 'mmol/L', '10*9/L', 'mL/min/{1.73_m2}', 'mm[Hg]', '/min', '%', 'kg/m2'. Annotations in braces count as one. Nothing for
// what is not a unit that is known here.
std::optional<Unit> parse_unit(std::string_view text);

// What was probably meant by a text that is no unit: "mm[Hg]" for "mmHg"; "" where nothing is near.
std::string_view suggested_unit(std::string_view text);

// What is measured, where conversion depends on it.
struct Analyte {
  double grams_per_mole = 0;  // 0: not known
  bool haemoglobin_a1c = false;
  int charge = 1;  // equivalents in a mole
};
Analyte analyte(const record::Code& code);  // by LOINC code: glucose, lipids, creatinine, bilirubin, electrolytes, ...

// How two units relate: by factor; between mass and amount of substance, by the molar mass of what is measured; not at all.
enum class Relation : std::uint8_t { none, factor, molar };
Relation relation(const Unit& from, const Unit& to);

// Nothing where the units do not convert for this analyte. HbA1c between NGSP '%' and IFCC 'mmol/mol' goes by the master
// equation NGSP = 0.09148 x IFCC + 2.152 (Hoelzel et al., Clin Chem 2004;50:166-74).
std::optional<double> convert(double value, const Unit& from, const Unit& to, const Analyte& what);

}  // namespace chartline::query
