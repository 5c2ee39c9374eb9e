#include <algorithm>

#include "formats/synth/care.h"

namespace chartline::synth {
namespace {

using record::Day;
using record::Kind;
using record::Status;
using record::Time;
using enum MeasureId;

constexpr Micros hour = 3'600 * record::micros_per_second;
constexpr std::array<MeasureId, 6> charted = {heart_rate, systolic, diastolic, temperature, breaths, saturation};
constexpr std::array<MeasureId, 5> again_and_again = {haemoglobin, white_cells, sodium, potassium, creatinine};

std::uint64_t admissions_of_1000_years(int age) {
  constexpr std::array<std::pair<int, std::uint16_t>, 7> bands = {
      {{1, 180}, {15, 40}, {45, 60}, {65, 80}, {75, 140}, {85, 240}, {200, 360}}};
  return std::ranges::find_if(bands, [&](const auto& band) { return age < band.first; })->second;
}

}  // namespace

void Care::admissions() {
  Random random = person_->random(7);
  for (Day from = person_->from; from < person_->past; from += 365) {
    const Day past = std::min<Day>(from + 365, person_->past);
    std::uint64_t rate = admissions_of_1000_years(person_->age(from));
    for (std::size_t c = 0; c < condition_count; ++c)
      if (person_->has(static_cast<ConditionId>(c), from)) rate += catalogue_.conditions()[c].admissions_of_1000_years;
    const std::uint64_t use = std::min<std::uint64_t>(static_cast<std::uint64_t>(person_->use), 3 * one);
    for_rate(scaled(rate * use / one) / 2, from, past, random, [&](Day day) { stay(day, random); });
  }
}

// Most stays are short, few are very long. Charts are electronic from 2012 on; one stay in fifty is in intensive care,
// charted every hour.
void Care::stay(Day day, Random& random) {
  const std::uint16_t here = hospital_on(day);
  const Source hospital_says = hospital(here);
  const Time from = record::at_instant(day * record::micros_per_day + random.below(86'400) * record::micros_per_second);
  const std::int64_t hours = std::clamp<std::int64_t>(random.log_normal(one * 17 / 10) * 70 / one, 3, 24 * 120);
  const Time to = record::at_instant(
      std::min(from.local + hours * hour, person_->past * record::micros_per_day - record::micros_per_second));
  Fact& fact = add(Kind::encounter, catalogue_.admission, hospital_says, from);
  fact.end = {record::End::Form::at, to}, fact.status = Status::finished;
  const std::uint32_t encounter = give_record(fact);

  for (std::uint32_t i = 0, diagnoses = 1 + random.below(3); i < diagnoses; ++i) {
    Fact& problem = add(Kind::condition, catalogue_.problem(random), hospital_says, from);
    problem.encounter = encounter, problem.status = Status::active;
  }
  for (std::size_t c = 0; c < condition_count; ++c) {
    const bool coded = random.chance(600'000);
    if (!coded || !person_->has(static_cast<ConditionId>(c), day)) continue;
    Fact& known = add(Kind::condition, catalogue_.conditions()[c].codes.front(), hospital_says, from);
    known.encounter = encounter, known.status = Status::active;
  }
  if (random.chance(350'000)) {
    const std::int64_t seconds = (to.local - from.local) / record::micros_per_second / 3;
    Fact& operation = add(Kind::procedure, catalogue_.operation(random), hospital_says,
                          record::at_instant(from.local + seconds * record::micros_per_second));
    operation.encounter = encounter, operation.status = Status::completed;
  }
  for (std::int64_t at = from.local + hour; at < to.local; at += 72 * hour)
    for (const MeasureId measure : again_and_again)
      result(0, measure, draw(measure, 0, random), record::at_instant(at), encounter, random);
  const bool intensive = random.chance(20'000), charts = random.chance(150'000);
  if (intensive) chart(from, to, 1, encounter, hospital_says, random);
  else if (charts && record::civil(day).year >= 2012) chart(from, to, 8, encounter, hospital_says, random);
}

void Care::chart(Time from, Time to, std::int64_t hours, std::uint32_t encounter, Source source, Random& random) {
  for (std::int64_t at = from.local + hour / 2; at < to.local; at += hours * hour) {
    const Time when = record::at_instant(at + random.below(600) * record::micros_per_second);
    if (when.local >= to.local) break;
    for (const MeasureId measure : charted) {
      Fact& fact = add_value(measure, draw(measure, 0, random), source, when);
      fact.encounter = encounter;
      if (random.chance(300'000)) fact.author = record::Author::device;
    }
  }
}

// One in a hundred with chronic kidney disease comes to be dialysed three times a week, for some years: the longest records.
void Care::dialysis() {
  const auto since = person_->onset[static_cast<std::size_t>(ConditionId::kidney)];
  Random random = person_->random(8);
  if (!random.chance(10'000) || !since) return;
  const Day from = std::max(*since + static_cast<Day>(random.below(2'000)), person_->from);
  const Day past = std::min<Day>(person_->past,
                                 from + static_cast<Day>(std::min<Fixed>(random.log_normal(one) * 1'100 / one, 9'000)));
  for (Day week = from; week < past; week += 7) {
    for (const Day day : {week, week + 2, week + 4}) {
      if (day >= past) break;
      const Time at = record::at_instant(day * record::micros_per_day + (7 + random.below(3)) * hour);
      Fact& session = add(Kind::procedure, catalogue_.dialysis, hospital(hospital_on(day)), at);
      session.end = {record::End::Form::at, record::at_instant(at.local + 4 * hour)}, session.status = Status::completed;
      for (const MeasureId measure : {weight, systolic, diastolic})
        add_value(measure, draw(measure, 0, random), hospital(hospital_on(day)), at);
    }
    result(0, potassium, draw(potassium, 8, random), record::at_instant(week * record::micros_per_day + 10 * hour), 0,
           random);
  }
}

}  // namespace chartline::synth
