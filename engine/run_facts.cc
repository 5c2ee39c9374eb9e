#include "engine/run_facts.h"

#include <algorithm>
#include <cmath>

#include "formats/stored/value_columns.h"

namespace chartline::engine {

using record::Comparator;
using record::Value;
using stored::PostingColumns;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// Numbers of one scale, as they mostly are, grow with their mantissas.
bool are_of_one_scale(const PostingColumns& run) {
  if (!run.value_form.is_constant() || run.value.is_constant() || run.form_at(0) != Value::Form::number) return false;
  const int scale = stored::scale_of(run.value_form[0]);
  return run.comparator_at(0) == Comparator::equal && scale >= 0 && scale <= 18;
}

void note_numbers(const PostingColumns& run, RunFacts::Facts& facts) {
  if (are_of_one_scale(run)) {
    const std::uint64_t* const words = run.value.values();
    std::int64_t low = unzigzag(words[0]), high = low;
    for (std::size_t i = 1; i < run.count; ++i) {
      const std::int64_t mantissa = unzigzag(words[i]);
      low = std::min(low, mantissa), high = std::max(high, mantissa);
    }
    facts.low = stored::number_of(run.value_form[0], zigzag(low));
    facts.high = stored::number_of(run.value_form[0], zigzag(high));
    return;
  }
  for (std::size_t i = 0; i < run.count; ++i) {
    if (run.form_at(i) != Value::Form::number) continue;
    const double number = run.number_at(i);
    if (run.comparator_at(i) != Comparator::equal || std::isnan(number)) {
      facts.low = -infinite, facts.high = infinite;
      return;
    }
    facts.low = std::min(facts.low, number), facts.high = std::max(facts.high, number);
  }
}

}  // namespace

void RunFacts::note(const Facts& facts) {
  State nothing = State::nothing;
  if (!state_.compare_exchange_strong(nothing, State::being_noted, std::memory_order_acquire)) return;
  facts_ = facts;
  state_.store(State::noted, std::memory_order_release);
}

std::uint32_t RunFacts::kinds_of(const PostingColumns& run) {
  if (run.kind.is_constant()) return run.count ? 1u << run.kind[0] : 0;
  std::uint32_t kinds = 0;
  for (std::size_t i = 0; i < run.count; ++i) kinds |= 1u << run.kind.values()[i];
  return kinds;
}

RunFacts::Facts RunFacts::facts_of(const PostingColumns& run) {
  Facts facts;
  if (run.flags.is_constant()) {
    facts.flags = run.count ? run.flags[0] : 0;
  } else {
    for (std::size_t i = 0; i < run.count; ++i) facts.flags |= run.flags.values()[i];
  }
  const bool without_numbers = run.value_form.is_constant() && (run.count == 0 || run.form_at(0) != Value::Form::number);
  if (!without_numbers) note_numbers(run, facts);
  return facts;
}

}  // namespace chartline::engine
