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

constexpr bool is_exact_number(std::uint32_t form) { return form_of(form) == Form::number && scale_of(form) != Decimal::binary; }

struct Scales {
  int least = 127, greatest = -127;
  std::uint64_t magnitude = 0;  // of the mantissas
};

Scales scales_of(std::span<const std::uint32_t> forms, std::span<const std::uint64_t> words) {
  Scales s;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (!is_exact_number(forms[i])) continue;
    s.magnitude |= words[i];
    if (words[i] == 0) continue;  // nought has any scale
    s.least = std::min<int>(s.least, scale_of(forms[i]));
    s.greatest = std::max<int>(s.greatest, scale_of(forms[i]));
  }
  return s;
}

// Bits that the mantissas take at `scale`; 64 where one would not be exact.
int width_at(int scale, std::span<const std::uint32_t> forms, std::span<const std::uint64_t> words) {
  std::uint64_t magnitude = 0;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (!is_exact_number(forms[i])) continue;
    const std::int64_t mantissa = unzigzag(words[i]), factor = powers_of_ten[static_cast<std::size_t>(scale - (words[i] ? scale_of(forms[i]) : scale))];
    if (mantissa > exact_max / factor || mantissa < -exact_max / factor) return 64;
    magnitude |= zigzag(mantissa * factor);
  }
  return static_cast<int>(std::bit_width(magnitude));
}

}  // namespace

bool is_form(std::uint32_t packed) {
  const int scale = scale_of(packed);
  return packed < 1u << 14 && form_of(packed) <= Form::date && comparator_of(packed) <= Comparator::greater &&
         ((scale >= -18 && scale <= 18) || scale == Decimal::binary);
}

std::uint32_t form_word(const RowValue& value) {
  if (value.form != Form::number) return pack_form(value.form, Comparator::equal, 0);
  return pack_form(value.form, value.comparator, value.number.scale);
}

std::uint64_t value_word(const RowValue& value) {
  switch (value.form) {
    case Form::number: return zigzag(value.number.mantissa);
    case Form::code: return value.code;
    case Form::boolean: return value.boolean;
    case Form::none:
    case Form::text:
    case Form::date: break;
  }
  return 0;
}

RowValue unpack_value(std::uint32_t form, std::uint64_t word) {
  RowValue value;
  value.form = form_of(form);
  if (value.form == Form::number) {
    value.comparator = comparator_of(form);
    const std::int8_t scale = scale_of(form);
    value.number = scale == Decimal::binary ? Decimal{unzigzag(word), scale} : record::decimal(unzigzag(word), scale);
  } else if (value.form == Form::code) {
    value.code = static_cast<Name>(word);
  } else if (value.form == Form::boolean) {
    value.boolean = word != 0;
  }
  return value;
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
  const Scales s = scales_of(forms, words);
  if (s.least < s.greatest && s.greatest - s.least <= 18) {
    // Different scales cost two bits or so for each row in the column of forms.
    if (width_at(s.greatest, forms, words) <= static_cast<int>(std::bit_width(s.magnitude)) + 2) {
      for (std::size_t i = 0; i < forms.size(); ++i) {
        if (!is_exact_number(forms[i])) continue;
        const int from = words[i] ? scale_of(forms[i]) : s.greatest;
        words[i] = zigzag(unzigzag(words[i]) * powers_of_ten[static_cast<std::size_t>(s.greatest - from)]);
        forms[i] = pack_form(Form::number, comparator_of(forms[i]), static_cast<std::int8_t>(s.greatest));
      }
    }
  } else if (s.least == s.greatest) {
    for (std::size_t i = 0; i < forms.size(); ++i) {
      if (is_exact_number(forms[i]) && words[i] == 0) forms[i] = pack_form(Form::number, comparator_of(forms[i]), static_cast<std::int8_t>(s.greatest));
    }
  }
  const auto has_word = [&](std::size_t i) {
    const Form form = form_of(forms[i]);
    return form == Form::number || form == Form::code || form == Form::boolean;
  };
  std::size_t given = 0;
  while (given < forms.size() && !has_word(given)) ++given;
  if (given == forms.size()) return;
  std::uint64_t last = words[given];
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (has_word(i)) last = words[i];
    else words[i] = last;
  }
}

}  // namespace chartline::stored
