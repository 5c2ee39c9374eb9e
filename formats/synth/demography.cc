#include "formats/synth/demography.h"

#include <algorithm>

namespace chartline::synth {
namespace {

// By bands of five years from 0-4 to 90 and over; women, men. Thousands.
constexpr std::array<std::array<std::uint32_t, 19>, 2> england_2022 = {{
    {1'500, 1'620, 1'700, 1'610, 1'690, 1'860, 2'040, 1'980, 1'890, 1'790, 1'950, 1'990, 1'750, 1'480, 1'450, 1'250,
     825, 545, 355},
    {1'580, 1'705, 1'785, 1'700, 1'770, 1'850, 1'960, 1'900, 1'830, 1'750, 1'890, 1'910, 1'670, 1'380, 1'310, 1'090,
     660, 375, 175},
}};

// The old of 1995, from 65-69 to 100 and over.
constexpr std::array<std::array<std::uint32_t, 8>, 2> old_in_1995 = {{
    {1'200, 1'190, 890, 720, 430, 170, 40, 5},
    {1'050, 920, 590, 390, 170, 45, 8, 1},
}};

// Of 100,000 in a year: at 0, at 1-4, then by bands of five years from 5-9 to 95-99, then 100 and over.
constexpr std::array<std::array<std::uint32_t, 22>, 2> deaths = {{
    {350, 12,  7,   8,   15,    20,    28,    45,     70,     105,    160,
     250, 380, 600, 950, 1'550, 2'850, 5'400, 10'500, 18'500, 28'500, 39'000},
    {420, 14,  9,   10,    30,    50,    60,    80,     115,    170,    260,
     380, 580, 930, 1'450, 2'350, 4'100, 7'400, 13'300, 21'500, 31'500, 42'000},
}};

constexpr std::size_t at(Sex sex) { return static_cast<std::size_t>(sex); }
constexpr int old_age = 65;

std::uint32_t old_living(Sex sex, int age) {  // in 1995; for one year of age
  const auto band = std::min<std::size_t>(static_cast<std::size_t>(age - old_age) / 5, 7);
  return old_in_1995[at(sex)][band] * 200;
}

std::uint32_t living(Sex sex, int age) {  // in 2022; for one year of age
  const std::size_t band = static_cast<std::size_t>(age) / 5;
  if (band < 18) return england_2022[at(sex)][band] * 200;
  constexpr std::array<std::uint32_t, 10> of_90_and_over = {24, 19, 15, 12, 9, 7, 5, 4, 3, 2};  // percent
  const std::size_t beyond = static_cast<std::size_t>(age) - 90;
  return beyond < of_90_and_over.size() ? england_2022[at(sex)][18] * 10 * of_90_and_over[beyond] : 0;
}

}  // namespace

std::uint32_t deaths_of_100_000(Sex sex, int age) {
  const std::size_t band = age == 0  ? 0
                           : age < 5 ? 1
                                     : std::min<std::size_t>(1 + static_cast<std::size_t>(age) / 5, 21);
  return deaths[at(sex)][band];
}

std::uint32_t living_of_a_million(Sex sex, int age) {
  static const std::uint64_t all = [] {
    std::uint64_t sum = 0;
    for (const Sex each : {Sex::female, Sex::male})
      for (int a = 0; a < ages; ++a) sum += living(each, a);
    return sum;
  }();
  return static_cast<std::uint32_t>(std::uint64_t{living(sex, age)} * 1'000'000 / all);
}

Births::Births() {
  std::uint64_t sum = 0;
  for (const Sex sex : {Sex::female, Sex::male}) {
    auto& survivors = survivors_[at(sex)];
    survivors[0] = std::uint64_t{1} << 40;
    for (int age = 0; age < ages; ++age) {
      const std::uint64_t stay = age + 1 < ages ? 100'000 - deaths_of_100_000(sex, age) : 0;
      survivors[static_cast<std::size_t>(age) + 1] = survivors[static_cast<std::size_t>(age)] / 100'000 * stay;
    }
    for (int year = first_birth; year < past_year; ++year) {
      const int at_start = first_year - year, at_end = past_year - 1 - year;
      std::uint64_t weight = 0;
      if (at_start >= old_age) {
        weight = old_living(sex, std::min(at_start, ages - 1));
      } else {
        const std::uint64_t from = survivors[static_cast<std::size_t>(std::max(at_start, 0))];
        weight = living(sex, at_end) * (from >> 10) /
                 std::max<std::uint64_t>(survivors[static_cast<std::size_t>(at_end)] >> 10, 1);
      }
      cumulative_[static_cast<std::size_t>(year - first_birth) * 2 + at(sex)] = weight;
    }
  }
  for (std::uint64_t& each : cumulative_) each = sum += each;
}

Births::Birth Births::pick(Random& random) const {
  const std::uint64_t draw = (cumulative_.back() * random.word()) >> 32;
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), draw) - cumulative_.begin();
  return {static_cast<Sex>(found % 2), first_birth + static_cast<int>(found / 2)};
}

int Births::last_age(Sex sex, int age, Random& random) const {
  const auto& survivors = survivors_[at(sex)];
  const std::uint64_t draw = ((survivors[static_cast<std::size_t>(age)] >> 8) * random.word()) >> 24;
  int last = age;
  while (last + 1 < ages && survivors[static_cast<std::size_t>(last) + 1] > draw) ++last;
  return last;
}

}  // namespace chartline::synth
