#include "formats/stored/value_columns.h"

#include <algorithm>
#include <array>
#include <bit>

namespace chartline::stored {

using record::Comparator;
using record::Decimal;
using Form = record::Value::Form;

namespace {

constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
  std::array<std::int64_t, 19> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// Below this an integer is a double without rounding, so that mantissa / 10^scale is the nearest double at any scale.
constexpr std::int64_t exact_max = std::int64_t{1} << 53;

constexpr bool is_exact_number(std::uint32_t form) {
  return form_of(form) == Form::number && scale_of(form) != Decimal::binary;
}

constexpr int scale_max = 18;

// Exact numbers of a run by their scale: the greatest magnitude of each. Values and none mix as they like, so nothing branches on them.
struct Scales {
  int least = 127, greatest = -127;
  bool noughts = false;  // there is a nought, which has any scale
  static constexpr std::size_t others = 2 * scale_max + 1;
  std::array<std::uint64_t, others + 1> magnitudes{};

  Scales(std::span<const std::uint32_t> forms, std::span<const std::uint64_t> words) {
    for (std::size_t i = 0; i < forms.size(); ++i) {
      const bool exact = is_exact_number(forms[i]), counts = exact && words[i] != 0;
      const int scale = scale_of(forms[i]);
      noughts |= exact && !counts;
      least = std::min(least, counts ? scale : 127);
      greatest = std::max(greatest, counts ? scale : -127);
    }
    if (least >= greatest) return;  // magnitudes decide nothing
    for (std::size_t i = 0; i < forms.size(); ++i) {
      const bool counts = is_exact_number(forms[i]) && words[i] != 0;
      std::uint64_t& magnitude = magnitudes[counts ? static_cast<std::size_t>(scale_of(forms[i]) + scale_max) : others];
      magnitude = std::max(magnitude, words[i]);
    }
  }

  // All numbers at the greatest scale are exact, and take little more room than their different scales do: two bits or so
  // of each row.
  bool even_out_well() const {
    if (greatest - least > scale_max) return false;
    std::uint64_t before = 0, after = 0;
    for (int scale = least; scale <= greatest; ++scale) {
      const std::uint64_t magnitude = magnitudes[static_cast<std::size_t>(scale + scale_max)];
      const auto factor = static_cast<std::uint64_t>(powers_of_ten[static_cast<std::size_t>(greatest - scale)]);
      if (magnitude > static_cast<std::uint64_t>(exact_max) / factor) return false;
      before = std::max(before, magnitude);
      after = std::max(after, magnitude * factor);
    }
    return std::bit_width(after) <= std::bit_width(before) + 2;
  }
};

void bring_to(int scale, std::span<std::uint32_t> forms, std::span<std::uint64_t> words) {
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const bool exact = is_exact_number(forms[i]);
    const int by = exact && words[i] != 0 ? scale - scale_of(forms[i]) : 0;
    const std::uint64_t scaled = zigzag(unzigzag(words[i]) * powers_of_ten[static_cast<std::size_t>(by)]);
    words[i] = exact ? scaled : words[i];
    const std::uint32_t form = pack_form(Form::number, comparator_of(forms[i]), static_cast<std::int8_t>(scale));
    forms[i] = exact ? form : forms[i];
  }
}

}  // namespace

bool is_form(std::uint32_t packed) {
  const int scale = scale_of(packed);
  return packed <= form_word_max && form_of(packed) <= Form::date && comparator_of(packed) <= Comparator::greater &&
         ((scale >= -18 && scale <= 18) || scale == Decimal::binary);
}

bool all_forms(const Column<std::uint32_t>& forms, std::size_t count) {
  if (!is_form(forms[0])) return false;
  if (forms.is_constant()) return true;
  for (std::size_t i = 1; i < count; ++i) {
    if (forms[i] != forms[i - 1] && !is_form(forms[i])) return false;
  }
  return true;
}

double number_of(std::uint32_t form, std::uint64_t word) {
  if (form_of(form) != Form::number) return std::numeric_limits<double>::quiet_NaN();
  const std::int64_t mantissa = unzigzag(word);
  const int scale = scale_of(form);
  if (scale >= 0 && scale <= 18 && mantissa <= exact_max && mantissa >= -exact_max) {
    return static_cast<double>(mantissa) / static_cast<double>(powers_of_ten[static_cast<std::size_t>(scale)]);
  }
  return Decimal{mantissa, static_cast<std::int8_t>(scale)}.to_double();
}

void even_out(std::span<std::uint32_t> forms, std::span<std::uint64_t> words) {
  std::uint32_t different = 0;
  for (const std::uint32_t form : forms) different |= form ^ forms[0];
  if (different == 0) return;
  const Scales scales(forms, words);
  const bool differ = scales.least < scales.greatest;
  const bool only_noughts_differ = scales.least == scales.greatest && scales.noughts && scales.least != 0;
  if (only_noughts_differ || (differ && scales.even_out_well())) bring_to(scales.greatest, forms, words);
}

// Rows without a value take the word of the one before, the first ones that of the first value.
void fill_gaps(std::span<const std::uint32_t> forms, std::span<std::uint64_t> words) {
  const auto first = std::find_if(forms.begin(), forms.end(), has_word);
  if (first == forms.end()) return;
  std::uint64_t last = words[static_cast<std::size_t>(first - forms.begin())];
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (has_word(forms[i])) last = words[i];
    else words[i] = last;
  }
}

}  // namespace chartline::stored
