// 1. leave out everything about half of the persons, then a quarter, ... , one
// 2. leave out half of the steps, a quarter, ..., one
// 3. leave out events of records
#include <algorithm>
#include <set>

#include "tests/query_random/shrink.h"

namespace chartline::query::random {
namespace {

// Tries to leave out runs of `things`, the longest first; `without` gives the script less those in [from, to).
template <typename Without>
Script by_halves(Script script, std::size_t (*count)(const Script&), const Without& without, const ScriptFails& fails) {
  for (std::size_t run = count(script) / 2; run > 0; run /= 2) {
    for (std::size_t from = 0; from < count(script);) {
      Script less = without(script, from, from + run);
      if (fails(less)) {
        script = std::move(less);
      } else {
        from += run;
      }
    }
  }
  return script;
}

std::set<std::string> people_of(const Script& script) {
  std::set<std::string> people;
  for (const Step& step : script.steps)
    if (step.what < Step::What::list) people.insert({step.person, step.other});
  people.erase("");
  return people;
}

Script without_people(const Script& script, std::size_t from, std::size_t to) {
  const std::set<std::string> all = people_of(script);
  std::set<std::string> gone;
  std::size_t place = 0;
  for (const std::string& person : all) {
    if (place >= from && place < to) gone.insert(person);
    ++place;
  }
  Script less = script;
  std::erase_if(less.steps, [&](const Step& step) { return gone.contains(step.person) || gone.contains(step.other); });
  return less;
}

Script without_steps(const Script& script, std::size_t from, std::size_t to) {
  Script less = script;
  const auto begin = less.steps.begin();
  less.steps.erase(begin + static_cast<std::ptrdiff_t>(from),
                   begin + static_cast<std::ptrdiff_t>(std::min(to, less.steps.size())));
  return less;
}

}  // namespace

Script shrink_script(const Script& script, const ScriptFails& fails) {
  Script least = by_halves(
      script, [](const Script& s) { return people_of(s).size(); }, without_people, fails);
  least = by_halves(
      std::move(least), [](const Script& s) { return s.steps.size(); }, without_steps, fails);
  for (std::size_t i = 0; i < least.steps.size(); ++i) {
    while (least.steps[i].events.size() > 1) {
      Script less = least;
      less.steps[i].events.pop_back();
      if (!fails(less)) break;
      least = std::move(less);
    }
  }
  return least;
}

}  // namespace chartline::query::random
