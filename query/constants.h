// What stands in a query and is the same for every patient: the bounds of a measure, the instant of `as of`.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "query/program.h"

namespace chartline::query {

// Whether an expression asks nothing of a patient, also through params and lets.
bool is_constant(const typed::Node& node, const Program& program);

std::optional<record::Time> constant_time(const typed::Node& time,
                                          const Program& program);  // of a constant; nullopt: missing

// `as of 2024-03-31` is what was known at the end of that day.
Result<Micros> as_of_instant(const typed::Node& as_of, const Program& program);

struct MeasureInterval {
  record::Day first = 0, last = 0;  // inclusive
};
inline constexpr std::size_t measure_intervals_max = 50'000;
// The k-th begins at D1 + k steps; none begins after D2, and the last one ends at D2.
Result<std::vector<MeasureInterval>> intervals_of(const typed::Node& measure, const Program& program);

}  // namespace chartline::query
