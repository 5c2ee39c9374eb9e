// Packing a column:
//
//   1. One pass measures range, steps and stretches.
//   2. Equal values leave then.
//   3. Values that are all a multiple of one unit (whole seconds in microseconds, even numbers) are divided by it first.
//   4. The cost of each form in bits follows from the measures; a dictionary is tried where stretches do not settle it.
//   5. The cheapest form is written. Nothing is encoded twice to compare.
#include <algorithm>
#include <bit>
#include <numeric>

#include "formats/stored/bits.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/distinct.h"
#include "formats/stored/rice.h"

namespace chartline::stored {
namespace {

template <typename T>
Measures<T> measure(std::span<const T> values) {
  return stored::measure(values.data(), values.size());
}

// x with odd x x = 1, modulo: multiplying by it divides a multiple of `odd`, without a division.
template <typename T>
constexpr T inverse_of(T odd) {
  T x = odd;  // right in three bits; each step doubles them
  for (unsigned bits = 3; bits < 8 * sizeof(T); bits *= 2) x = static_cast<T>(x * (2 - odd * x));
  return x;
}

// The greatest unit of which every value - min is a multiple. What is common to the steps from one value to the next is common to
// these distances as well.
template <typename T>
T common_unit(std::span<const T> values, const Measures<T>& m) {
  const T min = m.min;
  const int twos = std::countr_zero(m.step_bits);
  T odd = 0, inverse = 0, multiple_max = 0;
  for (const T value : values) {
    const T distance = static_cast<T>(value - min) >> twos;
    if (distance == 0 || (odd != 0 && static_cast<T>(distance * inverse) <= multiple_max)) continue;
    odd = std::gcd(odd, static_cast<T>(distance >> std::countr_zero(distance)));
    if (odd == 1) break;
    inverse = inverse_of(odd), multiple_max = static_cast<T>(static_cast<T>(~T{0}) / odd);
  }
  return static_cast<T>(odd << twos);
}

constexpr std::uint64_t narrow_max = 0xffffffffu;

template <typename T>
bool all_narrow(std::span<const T> values) {
  T bits = 0;
  for (const T value : values) bits |= value;
  return bits <= narrow_max;
}

template <typename T>
void write_constant(T value, Bytes& out) {
  Writer write(out);
  if (value < 64) {
    write.u8(static_cast<std::uint8_t>(form::small + value));
  } else {
    write.u8(form::frame);
    write.varint(value);
  }
}

// Frame of reference.

template <typename T>
void for_each_group(std::span<const T> values, auto&& visit) {
  for (std::size_t at = 0; at < values.size(); at += group_values)
    visit(values.subspan(at, std::min(group_values, values.size() - at)));
}

// Bits of the values in groups, each with its own base; the two bytes or so that a group's head takes included.
template <typename T>
std::uint64_t grouped_bits(std::span<const T> values) {
  std::uint64_t bits = 0;
  for_each_group(values, [&](std::span<const T> group) {
    const Range<T> r = range_of(group.data(), group.size());
    bits += group.size() * width_of(static_cast<T>(r.max - r.min)) + 24;
  });
  return bits;
}

template <typename T>
void write_groups(std::span<const T> values, T base, Bytes& out) {
  for_each_group(values, [&](std::span<const T> group) {
    const Range<T> r = range_of(group.data(), group.size());
    const unsigned width = width_of(static_cast<T>(r.max - r.min));
    Writer write(out);
    write.u8(static_cast<std::uint8_t>(width));
    write.varint(static_cast<T>(r.min - base));
    pack_bits(group.data(), group.size(), width, r.min, out);
  });
}

template <typename T>
std::span<const T> steps_of(std::span<const T> values) {
  thread_local std::vector<T> steps;
  steps.resize(values.size() - 1);
  for (std::size_t i = 1; i < values.size(); ++i) steps[i - 1] = static_cast<T>(values[i] - values[i - 1]);
  return steps;
}

// Frame or delta, whichever is smaller, flat or in groups: the forms that other forms are made of.
template <typename T>
struct Plan {
  unsigned tag;
  std::uint64_t bits;
  unsigned rice_width = 0;
};

template <typename T>
std::uint64_t rice_bits_max(const Plan<T>& plan, Packing packing) {
  return plan.bits - plan.bits / (packing == Packing::tightest ? 16 : 5);
}
template <typename T>
void try_rice(std::span<const T> values, T base, T greatest, std::uint64_t sum, unsigned tag, Packing packing,
              Plan<T>& plan) {
  if (const auto rice = plan_rice(values, base, greatest, sum, rice_bits_max(plan, packing)))
    plan = {tag, rice->bits, rice->width};
}

template <typename T>
void try_rices(std::span<const T> values, const Measures<T>& m, Packing packing, Plan<T>& plan) {
  std::uint64_t sum = 0;
  for (const T value : values) sum += static_cast<T>(value - m.min);
  try_rice(values, m.min, static_cast<T>(m.max - m.min), sum, form::rice, packing, plan);
  if (!m.ascending) return;
  const std::size_t steps = values.size() - 1;
  const std::uint64_t sum_of_steps = static_cast<T>(values[steps] - values[0]) - std::uint64_t{m.step_min} * steps;
  if (rice_bits_least(steps, sum_of_steps) >= rice_bits_max(plan, packing)) return;
  try_rice(steps_of(values), m.step_min, static_cast<T>(m.step_max - m.step_min), sum_of_steps, form::rice_steps,
           packing, plan);
}

template <typename T>
Plan<T> plan_simple(std::span<const T> values, const Measures<T>& m, Packing packing) {
  const unsigned width = width_of(static_cast<T>(m.max - m.min));
  Plan<T> plan{form::frame + width, values.size() * width};
  if (m.ascending) {
    const unsigned step_width = width_of(static_cast<T>(m.step_max - m.step_min));
    const std::uint64_t bits = (values.size() - 1) * step_width + 8;
    if (bits < plan.bits) plan = {form::delta + step_width, bits};
  }
  if (plan.bits <= values.size()) return plan;
  if (values.size() > group_values) {
    if (const std::uint64_t bits = grouped_bits(values); bits < plan.bits) plan = {form::frame_groups, bits};
    if (m.ascending) {
      if (const std::uint64_t bits = grouped_bits(steps_of(values)); bits < plan.bits)
        plan = {form::delta_groups, bits};
    }
  }
  if (packing != Packing::quick) try_rices(values, m, packing, plan);
  return plan;
}

template <typename T>
void write_simple(const Plan<T>& plan, std::span<const T> values, const Measures<T>& m, T bias, Bytes& out) {
  Writer write(out);
  write.u8(static_cast<std::uint8_t>(plan.tag));
  if (plan.tag < form::delta) {
    write.varint(static_cast<T>(m.min - bias));
    pack_bits(values.data(), values.size(), plan.tag - form::frame, m.min, out);
  } else if (plan.tag < form::frame_groups) {
    write.varint(static_cast<T>(values[0] - bias));
    write.varint(m.step_min);
    const std::span<const T> steps = steps_of(values);
    pack_bits(steps.data(), steps.size(), plan.tag - form::delta, m.step_min, out);
  } else if (plan.tag == form::rice) {
    write.varint(static_cast<T>(m.min - bias));
    write_rice(values, m.min, plan.rice_width, out);
  } else if (plan.tag == form::rice_steps) {
    write.varint(static_cast<T>(values[0] - bias));
    write.varint(m.step_min);
    write_rice(steps_of(values), m.step_min, plan.rice_width, out);
  } else if (plan.tag == form::frame_groups) {
    write.varint(static_cast<T>(m.min - bias));
    write_groups(values, m.min, out);
  } else {
    write.varint(static_cast<T>(values[0] - bias));
    write_groups(steps_of(values), T{0}, out);
  }
}

template <typename T>
void pack_simple(std::span<const T> values, T bias, Bytes& out, Packing packing) {
  const Measures<T> m = measure(values);
  if (m.all_equal()) return write_constant(static_cast<T>(values[0] - bias), out);
  write_simple(plan_simple(values, m, packing), values, m, bias, out);
}

// Stretches.

// An estimate: lengths vary, and are taken to need one bit more than their mean.
template <typename T>
std::uint64_t stretches_bits(const Measures<T>& m, std::size_t count) {
  const unsigned value_width = m.ascending ? width_of(m.step_max) : width_of(static_cast<T>(m.max - m.min));
  return m.stretches * (value_width + width_of(2 * count / m.stretches)) + 48;
}

template <typename T>
void write_stretches(std::span<const T> values, T bias, Bytes& out, Packing packing) {
  thread_local std::vector<T> room;
  thread_local std::vector<std::uint32_t> room_of_lengths;
  room.resize(values.size()), room_of_lengths.resize(values.size());
  T* const starts = room.data();
  std::uint32_t* const lengths = room_of_lengths.data();  // first the place of the last one, then how many stand before it
  std::size_t last = 0;
  starts[0] = values[0], lengths[0] = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    last += values[i] != values[i - 1];
    starts[last] = values[i], lengths[last] = static_cast<std::uint32_t>(i);
  }
  for (std::size_t i = last; i > 0; --i) lengths[i] -= lengths[i - 1] + 1;
  Writer write(out);
  write.u8(form::stretches);
  write.varint(last + 1);
  pack_simple<T>({starts, last + 1}, bias, out, packing);
  pack_simple<std::uint32_t>({lengths, last + 1}, 0, out, packing);
}

// A dictionary: the distinct values, then the place of each.
template <typename T>
void write_dictionary(const Distinct<T>& distinct, T bias, Bytes& out, Packing packing) {
  const std::span<const T> values = distinct.values();
  const std::span<const std::uint32_t> places = distinct.places();
  Writer write(out);
  write.u8(form::dictionary);
  write.u8(static_cast<std::uint8_t>(values.size()));
  pack_simple<T>(values, bias, out, packing);
  pack_bits(places.data(), places.size(), width_of(values.size() - 1), 0, out);
}

template <typename T>
void pack_unscaled(std::span<const T> values, T bias, const Measures<T>& m, Bytes& out, Packing packing) {
  const Plan<T> plan = plan_simple(values, m, packing);
  const std::uint64_t as_stretches = stretches_bits(m, values.size());
  const std::uint64_t best = std::min(plan.bits, as_stretches);
  const unsigned width = width_of(static_cast<T>(m.max - m.min));
  if (width > 1 && best > 64 && !m.ascending) {  // distinct values that ascend are stretches
    thread_local Distinct<T> distinct;
    if (distinct.find(values, m.min, m.max, best, packing)) return write_dictionary(distinct, bias, out, packing);
  }
  if (as_stretches < plan.bits) return write_stretches(values, bias, out, packing);
  write_simple(plan, values, m, bias, out);
}

// A unit costs its own bytes; it must save more than those.
template <typename T>
bool pays(T unit, std::size_t count) {
  return (width_of(unit) - 1) * count >= 8 * (3 + width_of(unit) / 7u);
}

// `Q`, of the quotients, may be narrower: what is written is the same.
template <typename Q, typename T>
void pack_quotients(std::span<const T> values, T unit, T base, Bytes& out, Packing packing) {
  thread_local std::vector<Q> quotients;
  quotients.resize(values.size());
  const int twos = std::countr_zero(unit);
  const Q inverse = static_cast<Q>(inverse_of(static_cast<T>(unit >> twos)));
  for (std::size_t i = 0; i < values.size(); ++i)
    quotients[i] = static_cast<Q>(static_cast<Q>(static_cast<T>(values[i] - base) >> twos) * inverse);
  const std::span<const Q> scaled = quotients;
  pack_unscaled(scaled, Q{0}, measure(scaled), out, packing);
}

// What stands before the quotients is their base, or nothing where all are multiples of the unit themselves.
template <typename T>
void pack_scaled(std::span<const T> values, T bias, T unit, const Measures<T>& m, Bytes& out, Packing packing) {
  const bool multiples = bias == 0 && m.min % unit == 0;
  const T base = multiples ? T{0} : m.min;
  Writer write(out);
  write.u8(multiples ? form::multiples : form::scaled);
  write.varint(unit);
  if (!multiples) write.varint(static_cast<T>(base - bias));
  if (static_cast<T>(m.max - base) / unit <= narrow_max)
    pack_quotients<std::uint32_t>(values, unit, base, out, packing);
  else pack_quotients<T>(values, unit, base, out, packing);
}

}  // namespace

template <typename T>
void pack_column(std::span<const T> values, T bias, Bytes& out, Packing packing) {
  if (values.empty()) return write_constant(T{0}, out);
  if (std::is_same_v<T, std::uint64_t> && bias == 0 && all_narrow(values)) {  // quicker, and written the same
    thread_local std::vector<std::uint32_t> narrow;
    narrow.assign(values.begin(), values.end());
    return pack_column<std::uint32_t>(narrow, 0, out, packing);
  }
  const Measures<T> m = measure(values);
  if (m.all_equal()) return write_constant(static_cast<T>(values[0] - bias), out);
  const T unit = common_unit(values, m);
  if (unit > 1 && pays(unit, values.size())) return pack_scaled(values, bias, unit, m, out, packing);
  pack_unscaled(values, bias, m, out, packing);
}

template void pack_column(std::span<const std::uint32_t>, std::uint32_t, Bytes&, Packing);
template void pack_column(std::span<const std::uint64_t>, std::uint64_t, Bytes&, Packing);

void pack(std::span<const std::uint32_t> values, Bytes& out) { pack_column(values, 0u, out); }
void pack(std::span<const std::uint64_t> values, Bytes& out) { pack_column(values, std::uint64_t{0}, out); }

}  // namespace chartline::stored
