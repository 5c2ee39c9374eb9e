// Who lives: the age pyramid, and how long people live. Tables of whole numbers, their sources in docs/synth.md.
//
// Births are drawn so that those who are alive on the last day have the pyramid of England in 2022: the share of an age
// there, divided by the chance to reach it from the first day on (or from birth). Who was over 65 on the first day is
// drawn by the pyramid of then.
#pragma once

#include <array>
#include <cstdint>

#include "formats/record/time.h"
#include "formats/synth/random.h"

namespace chartline::synth {

enum class Sex : std::uint8_t { female, male };

// The thirty years of which records tell: 1995-01-01 to 2024-12-31.
inline constexpr record::Day first_day = 9'131;
inline constexpr record::Day past_day = 20'089;
inline constexpr int first_year = 1995, past_year = 2025;

inline constexpr int ages = 111;  // 0 .. 110

// Of 100,000 who reach this age, so many die before the next birthday.
std::uint32_t deaths_of_100_000(Sex sex, int age);
// Of the living in 2022, parts of a million at this age.
std::uint32_t living_of_a_million(Sex sex, int age);

class Births {
 public:
  Births();

  struct Birth {
    Sex sex;
    int year;
  };
  Birth pick(Random& random) const;

  // The age reached by someone who is alive at `age`; drawn.
  int last_age(Sex sex, int age, Random& random) const;

 private:
  static constexpr int first_birth = 1895, years = past_year - first_birth;
  std::array<std::array<std::uint64_t, ages + 1>, 2> survivors_{};  // of 2^40 at birth
  std::array<std::uint64_t, std::size_t{2} * years> cumulative_{};
};

}  // namespace chartline::synth
