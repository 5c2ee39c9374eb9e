#include <algorithm>

#include "formats/synth/care.h"

namespace chartline::synth {
namespace {

using record::Day;
using record::Kind;
using record::Status;
using record::Time;
using enum MeasureId;

constexpr Micros minute = 60 * record::micros_per_second;

// Consultations that leave something in a record, in 1,000 years of one person.
std::uint64_t visits_of_1000_years(Sex sex, int age) {
  struct Band {
    int past;
    std::uint16_t women, men;
  };
  constexpr std::array<Band, 8> bands = {{{5, 560, 600},
                                          {15, 230, 220},
                                          {25, 480, 240},
                                          {45, 540, 290},
                                          {65, 600, 480},
                                          {75, 780, 750},
                                          {85, 990, 1'020},
                                          {200, 1'080, 1'110}}};
  const auto band = std::ranges::find_if(bands, [&](const Band& b) { return age < b.past; });
  return sex == Sex::female ? band->women : band->men;
}

// Records were kept on paper before: what is there of a year in 1995 is a third of what there is later.
std::uint64_t kept_percent(int year) {
  return static_cast<std::uint64_t>(std::clamp(30 + (year - first_year) * 6, 30, 100));
}

constexpr std::array<MeasureId, 3> blood_count = {haemoglobin, white_cells, platelets};
constexpr std::array<MeasureId, 4> kidney_test = {sodium, potassium, creatinine, egfr};
constexpr std::array<MeasureId, 2> lipids = {cholesterol, hdl};
constexpr std::array<MeasureId, 1> liver_test = {alt};
constexpr std::array<MeasureId, 1> inflammation = {crp};
constexpr std::array<MeasureId, 1> thyroid_test = {tsh};
constexpr std::array<MeasureId, 1> sugar = {hba1c};

std::span<const MeasureId> some_panel(Random& random) {
  const std::uint32_t which = random.below(100);
  if (which < 30) return blood_count;
  if (which < 60) return kidney_test;
  if (which < 72) return liver_test;
  if (which < 82) return lipids;
  if (which < 89) return inflammation;
  return which < 95 ? std::span<const MeasureId>(thyroid_test) : sugar;
}

// A child's weight and height, in units of their last decimal, follow age and not what is usual of adults.
std::int64_t of_a_child(MeasureId measure, int age, Random& random) {
  return measure == weight ? 35 + 26 * age + static_cast<std::int64_t>((8 + 3 * age) * random.normal() / one)
                           : 52 + 7 * age + random.between(-4, 4);
}

}  // namespace

void Care::visits() {
  Random random = person_->random(6);
  for (const Listed& listed : person_->listed) {
    for (Day from = listed.from; from < listed.past; from += 365) {
      const Day past = std::min<Day>(from + 365, listed.past);
      const std::uint64_t rate =
          visits_of_1000_years(person_->sex, person_->age(from)) * kept_percent(record::civil(from).year) / 100;
      for_rate(scaled(rate * static_cast<std::uint64_t>(person_->use) / one), from, past, random,
               [&](Day day) { visit(day, random); });
    }
  }
}

std::uint32_t Care::consult(Day day, Random& random, Time& at) {
  at = opening_hour(day, random);
  Fact& fact = add(Kind::encounter, catalogue_.visit, practice(practice_on(day)), at);
  fact.end = {record::End::Form::at, record::at_instant(at.local + random.between(5, 20) * minute)};
  fact.status = Status::finished;
  return give_record(fact);
}

void Care::visit(Day day, Random& random) {
  const Source here = practice(practice_on(day));
  const int age = person_->age(day);
  Time at;
  const std::uint32_t encounter = consult(day, random, at);
  const auto with_it = [&](Fact& fact) {
    fact.encounter = encounter;
    fact.author = record::Author::clinician;
  };
  if (random.chance(620'000)) {
    Fact& problem = add(Kind::condition, catalogue_.problem(random), here, record::day_time(day));
    problem.status = random.chance(700'000) ? Status::resolved : Status::active;
    with_it(problem);
  }
  if (age >= 18 && random.chance(130'000 + 4'000 * static_cast<std::uint64_t>(age))) {
    for (const MeasureId measure : {systolic, diastolic})
      with_it(add_value(measure, draw(measure, 0, random), here, at));
  }
  if (random.chance(age < 6 ? 350'000 : 90'000)) {
    for (const MeasureId measure : {weight, height}) {
      const std::int64_t value = age < 16 ? of_a_child(measure, age, random) : draw(measure, 0, random);
      with_it(add_value(
          measure, std::clamp<std::int64_t>(value, catalogue_.measure(measure).least, catalogue_.measure(measure).most),
          here, at));
    }
  }
  if (random.chance(330'000)) {
    Fact& drug = add(Kind::medication, catalogue_.drug(random), here, record::day_time(day));
    drug.days_supply = static_cast<std::uint16_t>(random.between(1, 4) * 7);
    drug.end = {record::End::Form::at, record::day_time(day + drug.days_supply)};
    drug.status = Status::completed;
    with_it(drug);
  }
  if (age >= 12 && random.chance(120'000 + 1'500 * static_cast<std::uint64_t>(age))) {
    const Time taken = record::at_instant(at.local + random.between(60, 2'800) * minute);
    if (taken.local < person_->past * record::micros_per_day) results(some_panel(random), taken, 0, random);
  }
  if (random.chance(60'000)) {
    Fact& referred = add(Kind::referral, catalogue_.referral, here, record::day_time(day));
    referred.status = Status::completed;
    with_it(referred);
  }
}

// Of a laboratory, which gives every result an id, and now and then corrects one.
void Care::results(std::span<const MeasureId> measures, Time at, std::uint32_t encounter, Random& random) {
  for (const MeasureId measure : measures) result(0, measure, draw(measure, 0, random), at, encounter, random);
  // Beside what is usual, one of the many.
  if (!random.chance(250'000)) return;
  const CodeId test = catalogue_.test(random);  // a statement of its own: arguments are drawn in no certain order
  result(test, crp, random.between(1, 999), at, encounter, random);
}

void Care::result(CodeId code, MeasureId measure, std::int64_t value, Time at, std::uint32_t encounter, Random& random) {
  Fact& fact =
      add_value(measure, value, laboratory(hospital_on(static_cast<Day>(at.local / record::micros_per_day))), at);
  if (code != 0) fact.code = code, fact.decimals = 1;
  fact.encounter = encounter;
  give_record(fact);
  correct(random);
}

void Care::correct(Random& random) {
  const std::uint32_t which = random.below(1'000'000);
  if (which >= 6'000) return;
  Fact again = facts_.back();
  facts_.back().replaced = true;
  facts_.back().version = 1;
  again.version = 2;
  if (which < 1'000) {
    again.status = Status::entered_in_error;
  } else {
    again.status = Status::corrected;
    again.value += random.between(1, 9);
  }
  facts_.push_back(again);
}

}  // namespace chartline::synth
