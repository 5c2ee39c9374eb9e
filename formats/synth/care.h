// Care: everything that is recorded of a person, in the order of time. Parts of it in files of their own:
//
//   care.cc        who they are, registrations, diagnoses, immunisations, death; order
//   visits.cc      consultations with their problems, acute drugs, tests
//   monitoring.cc  what long-term conditions bring: yearly measurements, courses of medication
//   hospital.cc    admissions with charts and tests, dialysis
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/synth/fact.h"

namespace chartline::synth {

// Makes the facts of one person after the other, in memory used again. One for each thread.
class Care {
 public:
  Care(const Catalogue& catalogue, std::uint32_t density_percent)
      : catalogue_(catalogue), density_percent_(density_percent) {}

  // Valid until the next call. First the fact of who they are, then by start; versions of a record in their order.
  std::span<const Fact> of(const Person& person);

 private:
  // -- what every part uses
  Fact& add(record::Kind kind, CodeId code, Source source, record::Time start);
  Fact& add_value(MeasureId measure, std::int64_t value, Source source, record::Time start);
  std::uint32_t give_record(Fact& fact);
  std::int64_t draw(MeasureId measure, std::int32_t shift, Random& random) const;
  std::uint16_t practice_on(record::Day day) const;
  std::uint16_t hospital_on(record::Day day) const { return static_cast<std::uint16_t>(practice_on(day) % hospitals); }
  record::Time opening_hour(record::Day day, Random& random) const;
  std::uint32_t consult(record::Day day, Random& random, record::Time& at);
  void results(std::span<const MeasureId> measures, record::Time at, std::uint32_t encounter, Random& random);
  void result(CodeId code, MeasureId measure, std::int64_t value, record::Time at, std::uint32_t encounter,
              Random& random);
  void correct(Random& random);  // the last fact, seldom
  // Calls `each` for every event of a rate of so many in 1,000 years, within [from, past).
  template <typename Each>
  void for_rate(std::uint64_t of_1000_years, record::Day from, record::Day past, Random& random, Each each);
  std::uint64_t scaled(std::uint64_t rate) const { return rate * density_percent_ / 100; }

  // -- the parts
  void say_who();
  void registrations();
  void diagnoses();
  void immunisations();
  void visits();
  void visit(record::Day day, Random& random);
  void monitoring();
  void monitor(std::size_t condition, record::Day since, Random& random);
  void medicate(std::size_t condition, record::Day since, Random& random);
  void admissions();
  void stay(record::Day day, Random& random);
  void chart(record::Time from, record::Time to, std::int64_t hours, std::uint32_t encounter, Source source,
             Random& random);
  void dialysis();
  void death();

  const Catalogue& catalogue_;
  const std::uint32_t density_percent_;
  const Person* person_ = nullptr;
  std::vector<Fact> facts_;
  std::array<std::int32_t, static_cast<std::size_t>(MeasureId::count_)> usual_{};  // of this person
  std::uint32_t records_ = 0;
};

// The rate as a chance for each of the days, by months: a month with a chance below one has one event or none.
template <typename Each>
void Care::for_rate(std::uint64_t of_1000_years, record::Day from, record::Day past, Random& random, Each each) {
  constexpr record::Day month = 30;
  const std::uint64_t of_a_million_months = of_1000_years * 1'000 * month / 365;
  for (record::Day begin = from; begin < past; begin += month) {
    const record::Day length = std::min<record::Day>(month, past - begin);
    std::uint64_t left = of_a_million_months * static_cast<std::uint64_t>(length) / month;
    for (; left >= 1'000'000; left -= 1'000'000)
      each(begin + static_cast<record::Day>(random.below(static_cast<std::uint64_t>(length))));
    if (random.chance(left)) each(begin + static_cast<record::Day>(random.below(static_cast<std::uint64_t>(length))));
  }
}

}  // namespace chartline::synth
