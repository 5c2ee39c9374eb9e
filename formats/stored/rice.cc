#include "formats/stored/rice.h"

#include <algorithm>
#include <vector>

#include "formats/stored/bits.h"
#include "formats/stored/column_forms.h"

namespace chartline::stored {
namespace {

template <typename T>
std::uint64_t unary_bits(std::span<const T> values, T base, unsigned width) {
  std::uint64_t bits = values.size();
  for (const T value : values) bits += static_cast<std::uint64_t>(static_cast<T>(value - base) >> width);
  return bits;
}

// The best width is about that of the mean: it and the one below are tried.
constexpr unsigned widths_tried = 2;
unsigned first_width(std::size_t count, std::uint64_t sum) {
  const unsigned mean = width_of(sum / count);
  return mean == 0 ? 0 : mean - 1;
}
constexpr std::uint64_t head_bits = 16;
constexpr std::uint64_t greatest_max = std::uint64_t{1} << 36;  // so that no sum over a column overflows

// A number that is cut by its low bits loses less than one of what is left.
std::uint64_t bits_least(std::size_t count, std::uint64_t sum, unsigned width) {
  const std::uint64_t cut = count * ((std::uint64_t{1} << width) - 1);
  return count * (width + 1) + head_bits + (sum > cut ? (sum - cut) >> width : 0);
}

}  // namespace

std::uint64_t rice_bits_least(std::size_t count, std::uint64_t sum) {
  if (sum / count > greatest_max) return ~std::uint64_t{0};  // then one of them is greater
  const unsigned width = first_width(count, sum);
  return std::min(bits_least(count, sum, width), bits_least(count, sum, width + 1));
}

template <typename T>
std::optional<RicePlan> plan_rice(std::span<const T> values, T base, T greatest, std::uint64_t sum,
                                  std::uint64_t bits_max) {
  if (greatest > greatest_max) return std::nullopt;
  std::optional<RicePlan> best;
  const unsigned first = first_width(values.size(), sum);
  for (unsigned width = first;
       width < first + widths_tried && width <= width_of(sum / values.size()) && width < 8 * sizeof(T); ++width) {
    if (bits_least(values.size(), sum, width) >= bits_max) continue;
    const std::uint64_t bits = unary_bits(values, base, width) + values.size() * width + head_bits;
    if (bits < bits_max) best = {width, bits}, bits_max = bits;
  }
  return best;
}

template <typename T>
void write_rice(std::span<const T> values, T base, unsigned width, Bytes& out) {
  thread_local std::vector<T> low;
  low.resize(values.size());
  const std::size_t unary_bytes = (unary_bits(values, base, width) + 7) / 8;
  for (std::size_t i = 0; i < values.size(); ++i)
    low[i] = static_cast<T>(static_cast<T>(values[i] - base) & static_cast<T>((T{1} << width) - 1));
  Writer write(out);
  write.u8(static_cast<std::uint8_t>(width));
  write.varint(unary_bytes);
  pack_bits(low.data(), low.size(), width, T{0}, out);
  const std::size_t start = out.size();
  out.resize(start + unary_bytes, '\0');
  char* const unary = out.data() + start;
  std::size_t at = 0;
  for (const T value : values) {
    at += static_cast<std::size_t>(static_cast<T>(value - base) >> width);
    unary[at / 8] = static_cast<char>(unary[at / 8] | 1 << at % 8);
    ++at;
  }
}

template <typename T>
bool read_rice(Reader& in, std::size_t count, T base, T* out) {
  const unsigned width = in.u8();
  const std::uint64_t unary_bytes = in.varint();
  const std::size_t low_bytes = packed_bytes(count, width);
  if (!in.ok() || width >= 8 * sizeof(T) || low_bytes > in.left()) return false;
  const std::size_t left = in.left();
  const char* const low = in.raw(low_bytes).data();
  const BytesView unary = in.raw(unary_bytes);
  if (!in.ok()) return false;
  thread_local std::vector<T> lowest;
  if (lowest.size() < count + room_margin) lowest.resize(count + room_margin);
  unpack_bits(low, low + left, width, count, base, lowest.data());
  return add_unary(unary, width, lowest.data(), count, out);
}

bool skip_rice(Reader& in, std::size_t count) {
  const unsigned width = in.u8();
  const std::uint64_t unary_bytes = in.varint();
  in.raw(packed_bytes(count, width));
  in.raw(unary_bytes);
  return in.ok();
}

template std::optional<RicePlan> plan_rice(std::span<const std::uint32_t>, std::uint32_t, std::uint32_t, std::uint64_t,
                                           std::uint64_t);
template std::optional<RicePlan> plan_rice(std::span<const std::uint64_t>, std::uint64_t, std::uint64_t, std::uint64_t,
                                           std::uint64_t);
template void write_rice(std::span<const std::uint32_t>, std::uint32_t, unsigned, Bytes&);
template void write_rice(std::span<const std::uint64_t>, std::uint64_t, unsigned, Bytes&);
template bool read_rice(Reader&, std::size_t, std::uint32_t, std::uint32_t*);
template bool read_rice(Reader&, std::size_t, std::uint64_t, std::uint64_t*);

}  // namespace chartline::stored
