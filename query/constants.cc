#include "query/constants.h"

#include <algorithm>
#include <unordered_map>

#include "query/reference/evaluator.h"
#include "query/when.h"

namespace chartline::query {

using typed::Op;

namespace {

// Definitions may stand on one another, each on the one before it twice: each is looked at once.
class Constants {
 public:
  explicit Constants(const Program& program) : program_(program) {}
  bool holds(const typed::Node& node);

 private:
  const Program& program_;
  std::unordered_map<const typed::Node*, bool> definitions_{};
};

bool Constants::holds(const typed::Node& node) {
  switch (node.op) {
    case Op::row:
    case Op::in_cohort:
    case Op::interval:
    case Op::patient:
    case Op::sex:
    case Op::birth:
    case Op::death:
    case Op::events:
    case Op::alive:
    case Op::registered:
    case Op::observed:
    case Op::age:
    case Op::attribute: return false;
    case Op::param_of:
    case Op::let_of: {
      const typed::Node& body = *program_.definition(std::get<typed::Named>(node.data).name).parts.front();
      if (const auto known = definitions_.find(&body); known != definitions_.end()) return known->second;
      const bool is_one = holds(body);
      return definitions_[&body] = is_one;
    }
    default: break;
  }
  return std::ranges::all_of(node.parts, [&](const typed::Ptr& part) { return holds(*part); });
}

}  // namespace

bool is_constant(const typed::Node& node, const Program& program) { return Constants(program).holds(node); }

std::optional<record::Time> constant_time(const typed::Node& time, const Program& program) {
  Evaluator evaluator(program);
  const Person nobody{};
  evaluator.start(nobody);
  return evaluator.time(time);
}

Result<Micros> as_of_instant(const typed::Node& as_of, const Program& program) {
  const auto time = constant_time(*as_of.parts[0], program);
  if (!time || !time->known()) return invalid_request("`as of`: its instant is missing");
  return extent(*time).last;
}

Result<std::vector<MeasureInterval>> intervals_of(const typed::Node& measure, const Program& program) {
  const Duration step = std::get<Duration>(measure.parts[3]->data);
  const auto from = constant_time(*measure.parts[4], program), to = constant_time(*measure.parts[5], program);
  if (!from || !from->known() || !to || !to->known())
    return invalid_request("`measure`: where it begins or ends is missing");
  const record::Day first = day_extent(*from).first, last = day_extent(*to).last;
  if (last < first) return invalid_request("`measure`: it ends before it begins");
  std::vector<MeasureInterval> intervals;
  for (std::int64_t k = 0;; ++k) {
    const auto begin = add(first, {.count = step.count * k, .unit = step.unit}, program.month_end);
    if (!begin || *begin > last) return intervals;
    if (intervals.size() == measure_intervals_max)
      return invalid_request("`measure`: more than " + std::to_string(measure_intervals_max) +
                             " intervals; take longer ones");
    const auto next = add(first, {.count = step.count * (k + 1), .unit = step.unit}, program.month_end);
    intervals.push_back({.first = *begin, .last = next ? std::min(*next - 1, last) : last});
  }
}

}  // namespace chartline::query
