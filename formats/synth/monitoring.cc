#include <algorithm>

#include "formats/synth/care.h"

namespace chartline::synth {
namespace {

using record::Day;
using record::Kind;
using record::Status;
using record::Time;

constexpr Day year = 365, course_days = 182;

bool from_the_laboratory(MeasureId measure) { return measure >= MeasureId::hba1c && measure <= MeasureId::tsh; }

}  // namespace

void Care::monitoring() {
  for (std::size_t c = 0; c < condition_count; ++c) {
    if (!person_->onset[c]) continue;
    Random random = person_->random(16 + c);
    const Day since = std::max(*person_->onset[c], person_->from);
    monitor(c, since, random);
    medicate(c, since, random);
  }
}

// Year by year: who is careful misses one year in twelve, the others every second. What is due in a year is done together
// where it can be.
void Care::monitor(std::size_t condition, Day since, Random& random) {
  const auto& monitored = catalogue_.conditions()[condition].monitored;
  if (monitored.empty()) return;
  std::uint16_t most = 0;
  for (const Monitored& each : monitored) most = std::max(most, each.times_of_100_years);
  for (Day begin = since; begin < person_->past; begin += year) {
    if (random.chance(person_->careful ? 85'000 : 500'000)) continue;
    const std::uint64_t due = scaled(most);
    const std::uint64_t visits = due / 100 + random.chance(due % 100 * 10'000);
    for (std::uint64_t i = 0; i < visits; ++i) {
      const Day day = begin + static_cast<Day>(i * year / visits + random.below(year / visits));
      if (day >= person_->past) continue;
      Time at;
      const std::uint32_t encounter = consult(day, random, at);
      const Source here = practice(practice_on(day));
      for (const Monitored& each : monitored) {
        if (!random.chance(std::uint64_t{each.times_of_100_years} * 1'000'000 / most)) continue;
        const std::int64_t value = draw(each.measure, each.shift, random);
        if (from_the_laboratory(each.measure)) {
          result(0, each.measure, value, at, encounter, random);
        } else {
          Fact& fact = add_value(each.measure, value, here, at);
          fact.encounter = encounter;
          fact.author = random.chance(80'000) ? record::Author::patient : record::Author::clinician;
        }
      }
    }
  }
}

// A drug is given in courses of half a year, one after the other, until it is stopped.
void Care::medicate(std::size_t condition, Day since, Random& random) {
  for (const Drug& drug : catalogue_.conditions()[condition].drugs) {
    const bool given = random.chance(std::uint64_t{drug.share} * 10'000);
    const Day start = since + static_cast<Day>(random.below(std::uint64_t{drug.years_max} * year + 14));
    const Day stop = start + static_cast<Day>(std::min<Fixed>(random.log_normal(one * 3 / 2) * 6 * year / one, 40'000));
    if (!given) continue;
    const Day past = std::min(stop, person_->past);
    for (Day day = start; day < past; day += course_days) {
      Fact& fact = add(Kind::medication, drug.code, practice(practice_on(day)), record::day_time(day));
      const bool last = day + course_days >= past;
      fact.end = {record::End::Form::at, record::day_time(std::max(day, std::min<Day>(day + course_days - 1, past - 1)))};
      fact.status = !last ? Status::completed : past == past_day ? Status::active : Status::stopped;
      fact.days_supply = static_cast<std::uint16_t>(course_days);
      fact.author = record::Author::clinician;
    }
  }
}

}  // namespace chartline::synth
