#include "formats/synth/person.h"

#include <algorithm>

namespace chartline::synth {
namespace {

using record::Day;

Day some_day_of(int year, Random& random) {
  const Day first = record::days_from_civil(year, 1, 1), past = record::days_from_civil(year + 1, 1, 1);
  return static_cast<Day>(random.between(first, past - 1));
}

// Practices differ in size: the largest has some ten times the people of the smallest.
std::uint16_t some_practice(Random& random) {
  static const Zipf zipf(practices, 20);
  return static_cast<std::uint16_t>(zipf.pick(random));
}

// One in five came to the country's lists later than they could have; one in twelve leaves them before the end.
void settle_list(Person& person, Random& random) {
  const Day born_or_first = std::max(person.birth, first_day);
  const Day end = std::min(person.death ? *person.death + 1 : past_day, past_day);
  person.from = born_or_first, person.past = end;
  if (end - born_or_first > 400) {
    if (random.chance(200'000)) person.from = static_cast<Day>(random.between(born_or_first, end - 365));
    if (!person.death && random.chance(80'000))
      person.past = static_cast<Day>(random.between(person.from + 30, end - 1));
  }
  person.listed.clear();
  std::uint16_t at = some_practice(random);
  for (Day from = person.from;;) {
    // Moves are often at 18 to 40, and seldom later: once in eight years, and once in thirty.
    const int age = person.age(from);
    const std::int64_t years = age >= 16 && age < 40 ? 8 : 30;
    const Day stay = 60 + static_cast<Day>(random.log_normal(one) * years * 365 / one);
    const Day past = std::min<Day>(person.past, from + std::min<Day>(stay, 40'000));
    person.listed.push_back({at, from, past});
    if (past >= person.past) break;
    std::uint16_t next = some_practice(random);
    if (next == at) next = static_cast<std::uint16_t>((next + 1) % practices);
    at = next, from = past;
  }
}

}  // namespace

void People::make(std::uint64_t number, Person& person) const {
  person.number = number;
  person.seed = mix(seed_, number);
  Random random = person.random(0);
  const Births::Birth birth = births_.pick(random);
  person.sex = birth.sex;
  person.birth = some_day_of(birth.year, random);
  // Alive at the birthday before the first day, or at birth; from there on, years are survived by chance.
  const int at_start = std::max(first_year - 1 - birth.year, 0);
  const int last = births_.last_age(birth.sex, at_start, random);
  const Day death = person.birth + static_cast<Day>((std::int64_t{last} * 36'525 + random.below(36'525)) / 100);
  person.death.reset();
  if (death < past_day) person.death = std::max(death, first_day + static_cast<Day>(random.below(30)));
  settle_list(person, random);
  person.use = random.log_normal(one * 9 / 10);
  person.careful = !random.chance(150'000);
  settle_conditions(person);
}

// Each person has one place among 1,000,000 for each condition, and has it once that many of their age and sex have it. What
// goes together is more likely in some people, and less in the rest, so that the mean stays.
void People::settle_conditions(Person& person) const {
  Random random = person.random(1);
  const std::uint32_t kind = random.below(100);
  const std::uint32_t metabolic_percent = kind < 50 ? 45 : kind < 85 ? 120 : 237;
  for (std::size_t c = 0; c < condition_count; ++c) {
    person.onset[c].reset();
    const std::uint64_t rank = random.below(1'000'000);
    const Day within = static_cast<Day>(random.below(365));
    const std::uint64_t percent = catalogue_.conditions()[c].metabolic ? metabolic_percent : 100;
    const auto reached = [&](int age) { return catalogue_.prevalence(c, person.sex, age) * percent / 100 > rank; };
    const int last = std::clamp(person.age(person.past), 0, 109);
    if (!reached(last)) continue;
    int least = 0, most = last;  // it never falls with age: the first age at which it is reached
    while (least < most) {
      const int middle = (least + most) / 2;
      if (reached(middle)) most = middle;
      else least = middle + 1;
    }
    const Day day = person.birth + static_cast<Day>(std::int64_t{least} * 36'525 / 100) + within;
    if (day < person.past) person.onset[c] = day;
  }
}

}  // namespace chartline::synth
