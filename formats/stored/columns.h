// Packed integer columns: the one codec under runs and postings. A column is written in the form that its measures say is
// smallest (drawn in docs/stored-bytes.md):
//
//   constant            every value equal: one byte where it is below 64
//   frame of reference  smallest value, then the differences from it bit-packed; in groups of 128 where that is smaller
//   delta               first value, then differences to the one before, packed likewise (for ascending columns)
//   dictionary          few distinct values: the values, then their places bit-packed
//   stretches           long stretches of equal values: the values and the lengths
//   scaled              multiples of one unit: base, unit, then the quotients in any other form
//   Rice                low bits packed, the rest in unary: where numbers or steps differ much (only where asked for)
//
// Widths are 0 to 64 bits. Packing is horizontal: value i of a group stands at bit i x width, so that any eight values
// start on a byte, a short last group costs only its own bits, and one layout serves every instruction set. Unpacking
// uses AVX2, SSE4.1, NEON or plain 64-bit code, chosen once at run time; all give the same result (tested, except NEON,
// which is built for arm64 only).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace chartline::stored {

void pack(std::span<const std::uint32_t> values, Bytes& out);
void pack(std::span<const std::uint64_t> values, Bytes& out);

// A column as decoded: one value for all rows, or one for each.
template <typename T>
class Column {
 public:
  Column() = default;
  explicit Column(T constant) : constant_(constant) {}
  explicit Column(const T* values) : values_(values) {}
  T operator[](std::size_t row) const { return values_ ? values_[row] : constant_; }
  bool is_constant() const { return values_ == nullptr; }
  const T* values() const { return values_; }  // null where constant

 private:
  const T* values_ = nullptr;
  T constant_{};
};

// Reads one column of `count` values. Constant columns leave `room` empty; others fill it. False where the bytes are not
// a column of so many values (never reads or writes out of bounds, whatever the bytes).
bool unpack(Reader& in, std::size_t count, std::vector<std::uint32_t>& room, Column<std::uint32_t>& column);
bool unpack(Reader& in, std::size_t count, std::vector<std::uint64_t>& room, Column<std::uint64_t>& column);
bool skip(Reader& in, std::size_t count);  // passes over one column of `count` values without decoding it

// The instruction set in use: "avx2", "sse4.1", "neon" or "plain". set_instruction_set is for tests and benchmarks: false where this machine lacks it.
std::string_view instruction_set();
bool set_instruction_set(std::string_view name);

}  // namespace chartline::stored
