// The tables of what is common: what is measured, and the long-term conditions with their drugs and their monitoring.
#pragma once

#include <vector>

#include "formats/synth/catalogue.h"

namespace chartline::synth {

std::vector<Measure> common_measures();      // in the order of MeasureId
std::vector<Condition> common_conditions();  // in the order of ConditionId

}  // namespace chartline::synth
