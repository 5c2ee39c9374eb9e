// The forms of a packed column, as its first byte names them. Drawn in docs/stored-bytes.md.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "formats/stored/columns.h"

namespace chartline::stored {

inline constexpr std::size_t group_values = 128;

namespace form {
inline constexpr unsigned frame = 0;   // + width 0..64: base, then every value in `width` bits
inline constexpr unsigned delta = 65;  // + width 0..64: first, smallest step, then every further step in `width` bits
inline constexpr unsigned frame_groups = 130;  // base, then for each group: width, its own base, values
inline constexpr unsigned delta_groups = 131;  // first, then for each group: width, its smallest step, steps
inline constexpr unsigned dictionary = 132;    // number of values, values, places
inline constexpr unsigned stretches = 133;     // number of stretches, values, lengths - 1
inline constexpr unsigned scaled = 134;        // unit, base, then a column of (value - base) / unit in any other form
inline constexpr unsigned rice = 135;          // base, then the differences from it, Rice coded (rice.h)
inline constexpr unsigned rice_steps = 136;    // first, smallest step, then every further step likewise
inline constexpr unsigned multiples = 137;     // unit, then a column of value / unit in any form but this and scaled
inline constexpr unsigned small = 192;         // + value 0..63: every value is that
}  // namespace form

inline constexpr std::size_t dictionary_values_max = 255;

template <typename T>
constexpr unsigned width_of(T value) {
  return static_cast<unsigned>(std::bit_width(value));
}

// Whether Rice codes are tried, which are smaller where numbers differ much and take half a cycle a value more to read: taken where they
// save a fifth, as what compresses a block afterwards finds as much in a frame that is little longer; or a sixteenth.
enum class Packing { quick, tight, tightest };

// Values are written less `bias` and read with it added, modulo: a column whose values are all near one number says so
// and has small bases.
template <typename T>
void pack_column(std::span<const T> values, T bias, Bytes& out, Packing packing = Packing::quick);
template <typename T>
bool unpack_column(Reader& in, std::size_t count, T bias, std::vector<T>& room, Column<T>& column);

// `greatest` is any number or in the lower half of them.
template <typename T>
bool all_up_to(const Column<T>& column, std::size_t count, T greatest) {
  if (greatest == static_cast<T>(~T{0})) return true;
  if (column.is_constant()) return column[0] <= greatest;
  // The highest bit of one of the two is set where a value is beyond: no comparison, which few vectors have of unsigned numbers.
  T beyond = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const T value = column.values()[i];
    beyond |= value | static_cast<T>(greatest - value);
  }
  return beyond >> (8 * sizeof(T) - 1) == 0;
}

}  // namespace chartline::stored
