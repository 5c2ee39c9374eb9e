// What the parts of a synthetic population are called, in text and in records alike.
#pragma once

#include <string_view>

#include "formats/synth/person.h"

namespace chartline::synth {

inline constexpr std::string_view person_system = "synth";  // all sources know people by the number of one register

std::string_view organisation(Source source);  // "practice-017", "hospital-03", "registry"
std::string_view system_of(Source source);     // "gp", "pas", "lims", "deaths"
constexpr std::string_view sex_word(Sex sex) { return sex == Sex::female ? "female" : "male"; }

}  // namespace chartline::synth
