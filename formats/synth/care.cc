#include "formats/synth/care.h"

#include <algorithm>

namespace chartline::synth {

using record::Day;
using record::Kind;
using record::Status;
using record::Time;

std::span<const Fact> Care::of(const Person& person) {
  person_ = &person;
  facts_.clear();
  records_ = 0;
  Random random = person.random(2);
  for (std::size_t m = 0; m < usual_.size(); ++m)
    usual_[m] = static_cast<std::int32_t>(catalogue_.measure(static_cast<MeasureId>(m)).between * random.normal() / one);
  say_who();
  registrations();
  diagnoses();
  immunisations();
  visits();
  monitoring();
  admissions();
  dialysis();
  death();
  // By time, and what began at one time as it was made. Stable for its versions' sake.
  std::stable_sort(facts_.begin() + 1, facts_.end(),
                   [](const Fact& a, const Fact& b) { return a.start.local < b.start.local; });
  return facts_;
}

Fact& Care::add(Kind kind, CodeId code, Source source, Time start) {
  Fact& fact = facts_.emplace_back();
  fact.kind = kind, fact.code = code, fact.source = source, fact.start = start;
  return fact;
}

Fact& Care::add_value(MeasureId measure, std::int64_t value, Source source, Time start) {
  const Measure& it = catalogue_.measure(measure);
  Fact& fact = add(Kind::observation, it.code, source, start);
  fact.has_value = true, fact.value = value, fact.decimals = static_cast<std::uint8_t>(it.decimals), fact.unit = it.unit;
  fact.status = Status::final;
  return fact;
}

std::uint32_t Care::give_record(Fact& fact) { return fact.record = ++records_; }

std::int64_t Care::draw(MeasureId measure, std::int32_t shift, Random& random) const {
  const Measure& it = catalogue_.measure(measure);
  const Fixed noise = it.within * random.normal() / one;
  return std::clamp<std::int64_t>(it.mean + shift + usual_[static_cast<std::size_t>(measure)] + noise, it.least, it.most);
}

std::uint16_t Care::practice_on(Day day) const {
  for (const Listed& listed : person_->listed)
    if (day < listed.past) return listed.practice;
  return person_->listed.back().practice;
}

Time Care::opening_hour(Day day, Random& random) const {
  const Micros minute = 60 * record::micros_per_second;
  return record::at_instant(day * record::micros_per_day + (8 * 60 + 5 * random.below(120)) * minute);
}

// Who they are, as their first practice knows it.
void Care::say_who() {
  Fact& fact = add(Kind::patient, 0, practice(person_->listed.front().practice), {});
  give_record(fact);
}

void Care::registrations() {
  for (const Listed& listed : person_->listed) {
    Fact& fact = add(Kind::registration, 0, practice(listed.practice), record::day_time(listed.from));
    fact.end.form = listed.past < past_day ? record::End::Form::at : record::End::Form::ongoing;
    if (listed.past < past_day) fact.end.at = record::day_time(std::max(listed.from, listed.past - 1));
    give_record(fact);
  }
}

// To the day where it was made here. What someone brings with them is often known to the year.
void Care::diagnoses() {
  Random random = person_->random(3);
  for (std::size_t c = 0; c < condition_count; ++c) {
    const std::uint32_t which = random.below(catalogue_.conditions()[c].codes.size());
    const bool vague = random.chance(400'000);
    const auto onset = person_->onset[c];
    if (!onset) continue;
    const bool brought = *onset < person_->from;
    Time start = record::day_time(*onset);
    if (brought && vague)
      start = {record::days_from_civil(record::civil(*onset).year, 1, 1) * record::micros_per_day, 0,
               record::Precision::year};
    // A year before the birth is no year to be ill in.
    if (start.local < person_->birth * record::micros_per_day) start = record::day_time(*onset);
    Fact& fact = add(Kind::condition, catalogue_.conditions()[c].codes[which],
                     practice(practice_on(std::max(*onset, person_->from))), start);
    fact.status = Status::active, fact.end.form = record::End::Form::ongoing, fact.author = record::Author::clinician;
    give_record(fact);
  }
}

// Children by their age in days; influenza each autumn, of the old and the ill.
void Care::immunisations() {
  Random random = person_->random(4);
  constexpr std::array<Day, 6> days = {60, 90, 120, 370, 1'220, 5'000};
  const auto given = [&](CodeId vaccine, Day day) {
    if (day < person_->from || day >= person_->past) return;
    Fact& fact = add(Kind::immunization, vaccine, practice(practice_on(day)), record::day_time(day));
    fact.status = Status::completed;
  };
  for (std::size_t i = 0; i < days.size(); ++i)
    if (random.chance(930'000))
      given(catalogue_.childhood[i], person_->birth + days[i] + static_cast<Day>(random.below(30)));
  for (int year = 2000; year < past_year; ++year) {
    const Day day = record::days_from_civil(year, 10, 1) + static_cast<Day>(random.below(60));
    const bool drawn = random.chance(720'000), ill_drawn = random.chance(500'000);
    const bool ill = person_->has(ConditionId::copd, day) || person_->has(ConditionId::heart, day) ||
                     person_->has(ConditionId::diabetes_2, day) || person_->has(ConditionId::kidney, day);
    if (person_->age(day) >= 65 ? drawn : ill && ill_drawn) given(catalogue_.influenza, day);
  }
}

void Care::death() {
  if (!person_->death || *person_->death >= person_->past) return;
  Random random = person_->random(5);
  CodeId cause = catalogue_.problem(random);
  for (const ConditionId condition : {ConditionId::diabetes_2, ConditionId::kidney, ConditionId::copd, ConditionId::stroke,
                                      ConditionId::heart, ConditionId::dementia, ConditionId::cancer})
    if (person_->has(condition, *person_->death) && random.chance(450'000))
      cause = catalogue_.conditions()[static_cast<std::size_t>(condition)].codes.front();
  give_record(add(Kind::death, cause, registry, record::day_time(*person_->death)));
}

}  // namespace chartline::synth
