// The small world of random stores and random queries: few codes, few days, few words, so that questions meet events.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "formats/record/decimal.h"
#include "formats/record/time.h"

namespace chartline::query::random {

inline constexpr Micros first_commit = 1'700'000'000'000'000;  // 2023-11-14T22:13:20Z
inline constexpr Micros commit_step = 1'000'000;

inline constexpr record::Day first_day = 17'897;  // 2019-01-01
inline constexpr int days = 730;

struct CodeOf {
  std::string_view system, code;
};
inline constexpr auto world_codes = std::to_array<CodeOf>({{"local", "c0"},
                                                           {"local", "c1"},
                                                           {"local", "c2"},
                                                           {"local", "c3"},
                                                           {"snomed", "100"},
                                                           {"snomed", "101"},
                                                           {"snomed", "102"},
                                                           {"snomed", "103"},
                                                           {"icd10", "E10"},
                                                           {"icd10", "E11"},
                                                           {"icd10", "E11.9"},
                                                           {"loinc", "4548-4"},
                                                           {"loinc", "2345-7"},
                                                           {"atc", "B01AC06"}});
// What terminology says: child, parent.
inline constexpr auto hierarchy = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"101", "100"}, {"102", "100"}, {"103", "101"}, {"104", "103"}});
// Codes that stand for others, by a map.
inline constexpr auto mappings = std::to_array<std::pair<CodeOf, CodeOf>>({{{"local", "c1"}, {"snomed", "101"}},
                                                                           {{"local", "c2"}, {"icd10", "E11"}},
                                                                           {{"icd10", "E11.9"}, {"snomed", "103"}}});
inline constexpr auto lists = std::to_array<std::string_view>({"heart", "sugar", "empty"});

// Units that convert into one another (mass and amount where the analyte is known), and one that is no unit at all.
inline constexpr auto units = std::to_array<std::string_view>({"mg/dL", "mmol/L", "%", "mmol/mol", "kg", "g", "bag"});
inline constexpr auto organisations = std::to_array<std::string_view>({"org0", "org1", "org2"});
inline constexpr auto systems = std::to_array<std::string_view>({"", "sys"});
inline constexpr auto texts = std::to_array<std::string_view>({"left", "right", "both"});

// Chance by a seed; the same on every machine.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <typename List>
  const auto& of(const List& list) {
    return list[below(std::size(list))];
  }
  std::string one(std::initializer_list<std::string_view> words) {
    return std::string(words.begin()[below(words.size())]);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace chartline::query::random
