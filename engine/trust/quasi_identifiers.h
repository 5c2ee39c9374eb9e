// Quasi-identifiers: what is no name and may still tell who somebody is, by being rare together. For sets of such fields of a view,
// as it shows them, k is how many people share the rarest values: nobody is told from fewer than k - 1 others by those fields.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/view.h"

namespace chartline::engine {

// People are as alike as their values of these are the same.
struct QuasiIdentifierSet {
  std::string fields;                              // "birth, sex"
  std::uint64_t classes = 0;                       // different values
  std::map<std::uint64_t, std::uint64_t> sizes{};  // of classes: how many there are of each size
  std::uint64_t k() const { return sizes.empty() ? 0 : sizes.begin()->first; }
  std::uint64_t people_in_fewer_than(std::uint64_t size) const;
};

struct QuasiIdentifiers {
  std::uint64_t people = 0;
  std::vector<QuasiIdentifierSet> sets;
  std::vector<std::pair<std::string, std::uint64_t>> rare_codes;  // SYSTEM|CODE, and of how many people; the rarest first
};

inline constexpr std::uint64_t rare_below = 8;

// Of everyone whom the view shows: birth; with sex; with death; with places (attributes of text that are shown of a patient); with
// the rare codes that are known of them. Reads every record; memory is that of one line for each person.
Result<QuasiIdentifiers> quasi_identifiers(const View& view);

}  // namespace chartline::engine
