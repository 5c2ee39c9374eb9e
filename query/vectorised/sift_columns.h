// Sifting columns: the rows of a column whose values lie within a span. With AVX2 eight rows at a time where the processor has
// it, chosen at run time; both ways give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace chartline::query::vectorised {

// Rows that are written beyond those that are kept: so much more room `into` needs.
inline constexpr std::size_t sift_room = 8;

enum class Wide : std::uint8_t { where_it_can, never };  // never: for tests

// Of the rows first .. first+count-1 those whose value is from `least` to `least + span`, ascending; how many.
std::size_t sift_narrow(const std::uint32_t* values, std::size_t first, std::size_t count, std::uint32_t least,
                        std::uint32_t span, std::uint32_t* into, Wide wide = Wide::where_it_can);

// Those that have none of these bits.
std::size_t sift_without(const std::uint32_t* values, std::size_t first, std::size_t count, std::uint32_t bits,
                         std::uint32_t* into, Wide wide = Wide::where_it_can);

// The bits that any of some values has.
std::uint32_t bits_of(std::span<const std::uint32_t> values, Wide wide = Wide::where_it_can);

// How many bits of some words are set.
std::int64_t count_bits(std::span<const std::uint64_t> words, Wide wide = Wide::where_it_can);

// Those whose value, turned right by one bit, is within (`inside`), or is not. Words of numbers have their sign in the lowest bit:
// turned, numbers below 0 are beyond all others.
struct WideSpan {
  std::uint64_t least = 0, span = 0;
  bool inside = true;
};
std::size_t sift_turned(const std::uint64_t* values, std::size_t first, std::size_t count, const WideSpan& of,
                        std::uint32_t* into, Wide wide = Wide::where_it_can);

}  // namespace chartline::query::vectorised
