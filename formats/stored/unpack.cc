// Unpacking a column. Bytes are not trusted: every length is compared with what is left and with the count before anything
// is written.
#include <algorithm>
#include <array>

#include "formats/stored/bits.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/rice.h"

namespace chartline::stored {
namespace {

// A stretch of packed values; null where the bytes are too short. Its end is the reader's: what follows may be read over.
struct Packed {
  const char* from;
  const char* end;
};
Packed take(Reader& in, std::size_t count, unsigned width) {
  const std::uint64_t bytes = packed_bytes(count, width);
  const std::size_t left = in.left();
  const BytesView packed = in.raw(bytes);
  return in.ok() ? Packed{packed.data(), packed.data() + left} : Packed{nullptr, nullptr};
}

template <typename T>
bool unpack_stretch(Reader& in, std::size_t count, unsigned width, T base, T* out) {
  const Packed packed = take(in, count, width);
  if (!in.ok() || width > 8 * sizeof(T)) return false;
  unpack_bits(packed.from, packed.end, width, count, base, out);
  return true;
}

template <typename T>
bool unpack_groups(Reader& in, std::size_t count, T base, T* out) {
  for (std::size_t at = 0; at < count; at += group_values) {
    const unsigned width = in.u8();
    const T group_base = static_cast<T>(base + static_cast<T>(in.varint()));
    if (!unpack_stretch(in, std::min(group_values, count - at), width, group_base, out + at)) return false;
  }
  return true;
}

// Of the forms that other forms are made of, all but the small ones, which have no more bytes.
bool is_simple(unsigned tag) { return tag <= form::delta_groups || tag == form::rice || tag == form::rice_steps; }

// Frame, delta and Rice forms, `count` at least 1. `out` has room for count + room_margin.
template <typename T>
bool unpack_simple(unsigned tag, Reader& in, std::size_t count, T bias, T* out) {
  if (tag >= form::small) {
    std::fill_n(out, count, static_cast<T>(bias + static_cast<T>(tag - form::small)));
    return true;
  }
  if (!is_simple(tag)) return false;
  const T first = static_cast<T>(bias + static_cast<T>(in.varint()));
  if (tag < form::delta) return unpack_stretch(in, count, tag - form::frame, first, out);
  if (tag == form::frame_groups) return unpack_groups(in, count, first, out);
  if (tag == form::rice) return read_rice(in, count, first, out);
  out[0] = first;
  if (tag == form::delta_groups) {
    if (!unpack_groups(in, count - 1, T{0}, out + 1)) return false;
  } else {
    const T step = static_cast<T>(in.varint());
    if (!(tag == form::rice_steps ? read_rice(in, count - 1, step, out + 1)
                                  : unpack_stretch(in, count - 1, tag - form::delta, step, out + 1))) {
      return false;
    }
  }
  sum_up(out + 1, count - 1, first);
  return true;
}

template <typename T>
bool unpack_dictionary(Reader& in, std::size_t count, T bias, T* out) {
  std::array<T, dictionary_values_max + 1 + room_margin> values{};
  const std::size_t n = in.u8();
  if (n == 0 || !unpack_simple(in.u8(), in, n, bias, values.data())) return false;
  thread_local std::vector<std::uint32_t> places;
  if (places.size() < count + room_margin) places.resize(count + room_margin);
  if (!unpack_stretch(in, count, width_of(n - 1), std::uint32_t{0}, places.data())) return false;
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    last = std::max(last, places[i]);
    out[i] = values[places[i]];
  }
  return last < n;
}

template <typename T>
bool unpack_stretches(Reader& in, std::size_t count, T bias, T* out) {
  thread_local std::vector<T> values;
  thread_local std::vector<std::uint32_t> lengths;
  const std::uint64_t n = in.varint();
  if (n == 0 || n > count) return false;
  if (values.size() < n + room_margin) values.resize(n + room_margin);
  if (lengths.size() < n + room_margin) lengths.resize(n + room_margin);
  if (!unpack_simple(in.u8(), in, n, bias, values.data())) return false;
  if (!unpack_simple(in.u8(), in, n, std::uint32_t{0}, lengths.data())) return false;
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (lengths[i] >= count - at) return false;
    // Eight are written at a time, beyond the stretch too: what follows it is written later, and behind the column is a margin.
    const std::size_t length = lengths[i] + std::size_t{1};
    for (std::size_t k = 0; k < length; k += room_margin) std::fill_n(out + at + k, room_margin, values[i]);
    at += length;
    if (at == count) return i + 1 == n;
  }
  return false;
}

template <typename T>
bool unpack_unscaled(unsigned tag, Reader& in, std::size_t count, T bias, T* out) {
  if (tag == form::dictionary) return unpack_dictionary(in, count, bias, out);
  if (tag == form::stretches) return unpack_stretches(in, count, bias, out);
  return unpack_simple(tag, in, count, bias, out);
}

constexpr bool is_scaled(unsigned tag) { return tag == form::scaled || tag == form::multiples; }

template <typename T>
bool unpack_scaled(unsigned tag, Reader& in, std::size_t count, T bias, T* out) {
  const T unit = static_cast<T>(in.varint());
  const T base = static_cast<T>(bias + (tag == form::scaled ? static_cast<T>(in.varint()) : T{0}));
  if (!unpack_unscaled(in.u8(), in, count, T{0}, out)) return false;
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(base + out[i] * unit);
  return true;
}

// Passing over a column reads what says how long its parts are, nothing else.

bool skip_groups(Reader& in, std::size_t count) {
  for (std::size_t at = 0; at < count && in.ok(); at += group_values) {
    const unsigned width = in.u8();
    in.varint();
    in.raw(packed_bytes(std::min(group_values, count - at), width));
  }
  return in.ok();
}

bool skip_simple(unsigned tag, Reader& in, std::size_t count) {
  if (tag >= form::small) return in.ok();
  if (!is_simple(tag)) return false;
  in.varint();
  if (tag == form::rice) return skip_rice(in, count);
  if (tag == form::rice_steps) return in.varint(), skip_rice(in, count - 1);
  if (tag == form::frame_groups) return skip_groups(in, count);
  if (tag == form::delta_groups) return skip_groups(in, count - 1);
  if (tag >= form::delta) in.varint();
  in.raw(tag < form::delta ? packed_bytes(count, tag - form::frame) : packed_bytes(count - 1, tag - form::delta));
  return in.ok();
}

bool skip_any(unsigned tag, Reader& in, std::size_t count) {
  if (tag == form::dictionary) {
    const std::size_t n = in.u8();
    if (n == 0 || !skip_simple(in.u8(), in, n)) return false;
    in.raw(packed_bytes(count, width_of(n - 1)));
    return in.ok();
  }
  if (tag == form::stretches) {
    const std::uint64_t n = in.varint();
    return n != 0 && n <= count && skip_simple(in.u8(), in, n) && skip_simple(in.u8(), in, n);
  }
  return skip_simple(tag, in, count);
}

}  // namespace

template <typename T>
bool unpack_column(Reader& in, std::size_t count, T bias, std::vector<T>& room, Column<T>& column) {
  const unsigned tag = in.u8();
  if (!in.ok()) return false;
  if (tag >= form::small) {
    column = Column<T>(static_cast<T>(bias + static_cast<T>(tag - form::small)));
    return true;
  }
  if (tag == form::frame) {
    column = Column<T>(static_cast<T>(bias + static_cast<T>(in.varint())));
    return in.ok();
  }
  if (count == 0) return false;
  if (room.size() < count + room_margin) room.resize(count + room_margin);
  column = Column<T>(room.data());
  return is_scaled(tag) ? unpack_scaled(tag, in, count, bias, room.data())
                        : unpack_unscaled(tag, in, count, bias, room.data());
}

template bool unpack_column(Reader&, std::size_t, std::uint32_t, std::vector<std::uint32_t>&, Column<std::uint32_t>&);
template bool unpack_column(Reader&, std::size_t, std::uint64_t, std::vector<std::uint64_t>&, Column<std::uint64_t>&);

bool unpack(Reader& in, std::size_t count, std::vector<std::uint32_t>& room, Column<std::uint32_t>& column) {
  return unpack_column(in, count, 0u, room, column);
}
bool unpack(Reader& in, std::size_t count, std::vector<std::uint64_t>& room, Column<std::uint64_t>& column) {
  return unpack_column(in, count, std::uint64_t{0}, room, column);
}

bool skip(Reader& in, std::size_t count) {
  const unsigned tag = in.u8();
  if (!in.ok()) return false;
  if (count == 0) return tag >= form::small || (tag == form::frame && (in.varint(), in.ok()));
  if (!is_scaled(tag)) return skip_any(tag, in, count);
  in.varint();
  if (tag == form::scaled) in.varint();
  return skip_any(in.u8(), in, count);
}

}  // namespace chartline::stored
