// Person: one life in outline, before anything is recorded of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "formats/synth/catalogue.h"
#include "formats/synth/demography.h"

namespace chartline::synth {

// Who tells. Numbers of organisations are fixed, so that a larger population has the smaller one in it.
enum class Source : std::uint16_t {};
inline constexpr std::uint16_t practices = 200, hospitals = 25;
inline constexpr Source registry{0};
constexpr Source practice(std::uint16_t n) { return static_cast<Source>(1 + n); }
constexpr Source hospital(std::uint16_t n) { return static_cast<Source>(1 + practices + n); }
constexpr Source laboratory(std::uint16_t n) { return static_cast<Source>(1 + practices + hospitals + n); }
inline constexpr std::uint16_t source_count = 1 + practices + 2 * hospitals;

// A stay on one practice's list, [from, past).
struct Listed {
  std::uint16_t practice;
  record::Day from, past;
};

struct Person {
  std::uint64_t number = 0;  // from 1
  std::uint64_t seed = 0;    // of everything that is drawn about them
  Sex sex = Sex::female;
  record::Day birth = 0;
  std::optional<record::Day> death;
  std::vector<Listed> listed;      // in order; never empty
  record::Day from = 0, past = 0;  // of all of these
  std::array<std::optional<record::Day>, condition_count> onset;
  Fixed use = one;      // how much care they take, mean 1
  bool careful = true;  // comes when asked

  int age(record::Day day) const { return static_cast<int>((day - birth) * 100 / 36'525); }
  bool has(ConditionId condition, record::Day day) const {
    const auto& since = onset[static_cast<std::size_t>(condition)];
    return since && *since <= day;
  }
  // A stream of chance of its own for each part of the record.
  Random random(std::uint64_t part) const { return Random(mix(seed, part)); }
};

class People {
 public:
  People(const Catalogue& catalogue, std::uint64_t seed) : catalogue_(catalogue), seed_(seed) {}
  void make(std::uint64_t number, Person& into) const;

 private:
  void settle_conditions(Person& person) const;

  const Catalogue& catalogue_;
  const std::uint64_t seed_;
  Births births_;
};

}  // namespace chartline::synth
