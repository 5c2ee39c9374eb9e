#include "formats/stored/postings.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.h"
#include "formats/stored/bits.h"
#include "formats/stored/column_forms.h"
#include "formats/stored/hot_columns.h"
#include "formats/stored/narrow_posting.h"
#include "formats/stored/rice.h"
#include "formats/stored/seal.h"
#include "formats/stored/value_columns.h"

namespace chartline::stored {

namespace {

constexpr std::uint32_t flags_max = 1023;
constexpr std::uint32_t end_max = 0x7fff'ffff;  // 68 years of seconds
constexpr std::uint32_t end_days_max = 1u << 24;

// The columns in stored order, which is that of their bits in the mask of stored columns. Patient, day and value, which
// most questions need and no more, come first; the value stands between its form and the rest.
struct NarrowPart {
  Column<std::uint32_t> PostingColumns::*values;
  std::uint32_t field;
  std::uint32_t standard;
  std::uint32_t bias;
  std::uint32_t greatest;  // that is valid
};
constexpr std::array<NarrowPart, 15> parts = {{
    {&PostingColumns::patient, posting_field_patient, 0, 0, any_number},
    {&PostingColumns::day, posting_field_day, day_zero, day_bias, any_number},
    {&PostingColumns::value_form, posting_field_value, 0, 0, form_word_max},
    {&PostingColumns::number, posting_field_number, 0, 0, any_number},
    {&PostingColumns::flags, posting_field_flags, 0, 0, flags_max},
    {&PostingColumns::second, posting_field_second, 0, 0, 86'399},
    {&PostingColumns::kind, posting_field_kind, 0, 0, record::kind_count - 1},
    {&PostingColumns::source, posting_field_source, 0, 0, any_number},
    {&PostingColumns::unit, posting_field_unit, 0, 0, any_number},
    {&PostingColumns::offset, posting_field_offset, offset_zero, offset_bias, 0xffff},
    {&PostingColumns::author, posting_field_author, 0, 0, record::author_count - 1},
    {&PostingColumns::status, posting_field_status, 0, 0, record::status_count - 1},
    {&PostingColumns::certainty, posting_field_certainty, 0, 0, record::certainty_count - 1},
    {&PostingColumns::end, posting_field_end, PostingEnd::point, 0, end_max},
    {&PostingColumns::end_shift, posting_field_end, offset_zero, offset_bias, 0xffff},
}};
constexpr std::size_t patient_part = 0;  // in order: whoever reads looks for them by halves
constexpr std::size_t day_part = 1;
constexpr std::size_t value_form_part = 2;  // the values follow it
constexpr std::size_t number_part = 3;
constexpr std::uint32_t value_bit = 1u << parts.size();
constexpr std::uint32_t steps_bit = value_bit << 1;      // numbers are stored less the one before of the same patient
constexpr std::uint32_t day_steps_bit = steps_bit << 1;  // days likewise, behind the least of them

struct Scratch {
  std::array<std::vector<std::uint32_t>, parts.size()> narrow;
  std::vector<std::uint64_t> value;
};

template <typename AnyPosting>
void transpose(std::span<const AnyPosting> postings, Scratch& to) {
  for (auto& column : to.narrow) column.resize(postings.size());
  to.value.resize(postings.size());
  auto& [patient, day, value_form, number, flags, second, kind, source, unit, offset, author, status, certainty, end,
         end_shift] = to.narrow;
  for (std::size_t i = 0; i < postings.size(); ++i) {
    const NarrowPosting& posting = narrow(postings[i]);
    patient[i] = posting.patient;
    day[i] = static_cast<std::uint32_t>(posting.day) ^ day_zero;
    value_form[i] = posting.value_form;
    to.value[i] = posting.value_word;
    number[i] = posting.number;
    flags[i] = posting.flags;
    second[i] = posting.second;
    kind[i] = static_cast<std::uint32_t>(posting.kind);
    source[i] = posting.source;
    unit[i] = posting.unit;
    offset[i] = static_cast<std::uint32_t>(posting.offset + static_cast<int>(offset_zero));
    author[i] = static_cast<std::uint32_t>(posting.author);
    status[i] = static_cast<std::uint32_t>(posting.status);
    certainty[i] = static_cast<std::uint32_t>(posting.certainty);
    end[i] = posting.end;
    end_shift[i] = static_cast<std::uint32_t>(posting.end_shift + static_cast<int>(offset_zero));
  }
  even_out(to.narrow[value_form_part], to.value);
  fill_gaps(to.narrow[value_form_part], to.value);
}

// Values become steps within a patient; false where no patient has several, or they do not ascend: then they stay as they are.
bool step_within(std::span<const std::uint32_t> patients, std::vector<std::uint32_t>& values) {
  bool again = false;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (patients[i] != patients[i - 1]) continue;
    if (values[i] < values[i - 1]) return false;
    again = true;
  }
  if (!again) return false;
  for (std::size_t i = values.size(); i-- > 1;) values[i] -= patients[i] == patients[i - 1] ? values[i - 1] : 0;
  return true;
}

// Steps become values again.
void sum_steps(std::size_t count, const Column<std::uint32_t>& patients, std::uint32_t base,
               Column<std::uint32_t>& values, std::vector<std::uint32_t>& room) {
  if (values.is_constant()) {
    room.assign(count, values[0]);
    values = Column<std::uint32_t>(room.data());
  }
  if (patients.is_constant()) sum_up(room.data(), count, base);
  else sum_within(patients.values(), room.data(), count, base);
}

// What the values come to as steps within a patient, each first one less `base`; nothing where no patient has several, or they do not ascend.
std::optional<std::uint64_t> sum_of_steps(std::span<const std::uint32_t> patients,
                                          std::span<const std::uint32_t> values, std::uint32_t base) {
  std::uint64_t sum = values[0] - base;
  bool ascend = true, again = false;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const bool same = patients[i] == patients[i - 1];
    again |= same, ascend &= !same || values[i] >= values[i - 1];
    sum += values[i] - (same ? values[i - 1] : base);
  }
  return again && ascend ? std::optional(sum) : std::nullopt;
}

// Days, or their steps within a patient behind the least day where Rice codes of those may save an eighth of a frame, as they take a
// sum to read. Whether they are steps.
bool pack_days(std::span<const std::uint32_t> patients, std::vector<std::uint32_t>& days, Bytes& out) {
  const Range<std::uint32_t> range = range_of(days.data(), days.size());
  const std::uint64_t frame_bits = days.size() * width_of(range.max - range.min);
  const std::optional<std::uint64_t> sum = sum_of_steps(patients, days, range.min);
  const bool steps = sum && rice_bits_least(days.size(), *sum) <= frame_bits - frame_bits / 8;
  if (!steps) {
    pack_column<std::uint32_t>(days, day_bias, out, Packing::tightest);
    return false;
  }
  for (std::uint32_t& day : days) day -= range.min;
  step_within(patients, days);
  Writer(out).varint(range.min - day_bias);
  pack_column<std::uint32_t>(days, 0, out, Packing::tightest);
  return true;
}

template <typename T>
bool all_are(std::span<const T> values, T standard) {
  T different = 0;
  for (const T value : values) different |= value ^ standard;
  return different == 0;
}

}  // namespace

std::uint32_t posting_flags(const Row& row) {
  return posting_flags(row.status, row.certainty, row.author, row.start.precision) |
         (posting_end(row.start, row.end) ? 0u : posting_end_elsewhere);
}

std::optional<PostingEnd> posting_end(const record::Time& start, const record::End& end) {
  if (end.form != record::End::Form::at) return PostingEnd{.word = end_word(end.form)};
  const record::Time& at = end.at;
  const bool in_days = start.precision == record::Precision::day;
  if (at.precision != start.precision || (!in_days && start.precision != record::Precision::second))
    return std::nullopt;
  const std::int64_t unit = in_days ? record::micros_per_day : record::micros_per_second;
  const std::int64_t length = (at.local - start.local) / unit,
                     longest = in_days ? end_days_max : end_max - PostingEnd::lasts;
  const int shift = at.offset_minutes - start.offset_minutes;
  const bool fits = at.local >= start.local && (at.local - start.local) % unit == 0 && length <= longest;
  if (!fits || shift != static_cast<std::int16_t>(shift)) return std::nullopt;
  return PostingEnd{.word = PostingEnd::lasts + static_cast<std::uint32_t>(length),
                    .shift = static_cast<std::int16_t>(shift)};
}

record::End end_of(const PostingEnd& end, const record::Time& start) {
  using Form = record::End::Form;
  if (end.word == PostingEnd::point) return {};
  if (end.word < PostingEnd::lasts)
    return {.form = end.word == PostingEnd::ongoing ? Form::ongoing : Form::unknown, .at = {}};
  record::End made{.form = Form::at, .at = start};
  const std::uint32_t length = end.word - PostingEnd::lasts;
  if (start.precision >= record::Precision::second) made.at.local += length * record::micros_per_second;
  else made.at.local += std::min(length, end_days_max) * record::micros_per_day;  // longer ones are not written
  made.at.offset_minutes = static_cast<std::int16_t>(start.offset_minutes + end.shift);
  return made;
}

namespace {

void set_value(Posting& posting, const RowValue& value) {
  posting.unit = value.unit;
  posting.value = value;
  posting.value.unit = 0;
  posting.value.text = {};
  posting.value.date = {};
}

}  // namespace

Posting posting_of(PatientId patient, const Row& row) {
  Posting posting;
  posting.patient = patient;
  posting.day = row.start.day();
  posting.second =
      static_cast<std::uint32_t>((row.start.local - posting.day * record::micros_per_day) / record::micros_per_second);
  posting.number = row.number;
  posting.flags = posting_flags(row);
  posting.kind = row.kind;
  posting.source = row.source;
  posting.offset = row.start.offset_minutes;
  posting.author = row.author;
  posting.status = row.status;
  posting.certainty = row.certainty;
  posting.end = posting_end(row.start, row.end).value_or(PostingEnd());
  set_value(posting, row.value);
  return posting;
}

Posting posting_of(PatientId patient, std::uint32_t number, const RowAttribute& attribute) {
  Posting posting;
  posting.patient = patient;
  posting.number = number;
  set_value(posting, attribute.value);
  return posting;
}

namespace {

template <typename AnyPosting>
PostingBytes encode(std::span<const AnyPosting> postings) {
  check(postings.size() <= postings_limit, "a run has no more postings than its format allows");
  check(std::is_sorted(postings.begin(), postings.end(),
                       [](const AnyPosting& a, const AnyPosting& b) { return a.patient < b.patient; }),
        "postings are in order of patients");
  thread_local Scratch scratch;
  thread_local Bytes packed;
  packed.clear();
  transpose(postings, scratch);
  std::uint32_t mask = step_within(scratch.narrow[0], scratch.narrow[number_part]) ? steps_bit : 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const std::span<const std::uint32_t> values = scratch.narrow[p];
    if (!all_are(values, parts[p].standard)) {
      mask |= 1u << p;
      if (p != day_part) pack_column(values, parts[p].bias, packed, Packing::tightest);
      else if (pack_days(scratch.narrow[0], scratch.narrow[day_part], packed)) mask |= day_steps_bit;
    }
    if (p == value_form_part && !all_are<std::uint64_t>(scratch.value, 0)) {
      mask |= value_bit;
      pack_column<std::uint64_t>(scratch.value, 0, packed);
    }
  }
  PostingBytes run;
  run.bytes.reserve(packed.size() + 16);
  Writer write(run.bytes);
  write.u8(format_version);
  write.varint(postings.size());
  write.varint(mask);
  write.raw(packed);
  run.checksum = seal(run.bytes);
  return run;
}

}  // namespace

PostingBytes encode_postings(std::span<const Posting> postings) { return encode(postings); }
PostingBytes encode_postings(std::span<const NarrowPosting> postings) { return encode(postings); }

Result<void> decode_postings(BytesView bytes, std::uint32_t fields, PostingColumns& into,
                             std::optional<std::uint64_t> checksum) {
  const BytesView content = TRY(unseal(bytes, "postings", checksum));
  for (const NarrowPart& part : parts) into.*part.values = Column<std::uint32_t>(part.standard);
  into.value = Column<std::uint64_t>(std::uint64_t{0});
  return into.decode(content, fields);
}

Result<void> decode_more_postings(BytesView bytes, std::uint32_t fields, PostingColumns& into) {
  return into.decode(sealed_content(bytes), fields);
}

Result<void> PostingColumns::decode(BytesView content, std::uint32_t fields) {
  PostingColumns& into = *this;
  Reader in(content);
  const std::uint64_t stored_count = in.varint();
  const std::uint64_t mask = in.varint();
  if (!in.ok() || stored_count > postings_limit || mask >= 2 * day_steps_bit) return wrong_bytes("postings");
  into.count = static_cast<std::uint32_t>(stored_count);

  // Steps are summed within a patient.
  const bool for_sums = ((mask & steps_bit) != 0 && (fields & posting_field_number) != 0) ||
                        ((mask & day_steps_bit) != 0 && (fields & posting_field_day) != 0);
  std::size_t past = parts.size();  // the last one that is asked for
  while (past > 0 && (parts[past - 1].field & fields) == 0) --past;
  for (std::size_t p = 0; p < past; ++p) {
    const NarrowPart& part = parts[p];
    const bool wanted = (part.field & fields) != 0 || (for_sums && part.field == posting_field_patient);
    const bool steps = (p == day_part && (mask & day_steps_bit) != 0) || (p == number_part && (mask & steps_bit) != 0);
    if (mask >> p & 1) {
      auto& column = into.*part.values;
      const auto base = p == day_part && steps ? part.bias + static_cast<std::uint32_t>(in.varint()) : 0;
      const bool read = wanted ? unpack_column(in, count, steps ? 0 : part.bias, into.room_.narrow[p], column) &&
                                     all_up_to(column, count, part.greatest)
                               : skip(in, count);
      if (!read) return wrong_bytes("postings");
      if (wanted && p == patient_part && !column.is_constant() && !all_ascend(column.values(), count))
        return wrong_bytes("postings");
      if (wanted && steps) sum_steps(count, patient, base, column, into.room_.narrow[p]);
    }
    if (p == value_form_part && (mask & value_bit) != 0) {
      if (!(wanted ? unpack(in, count, into.room_.wide[0], into.value) : skip(in, count)))
        return wrong_bytes("postings");
    }
  }
  if ((fields == posting_field_all && !in.done()) || !all_forms(into.value_form, count)) return wrong_bytes("postings");
  return {};
}

RowValue PostingColumns::value_at(std::size_t i) const {
  RowValue found = unpack_value(value_form[i], value[i]);
  found.unit = unit[i];
  return found;
}

double PostingColumns::number_at(std::size_t i) const { return number_of(value_form[i], value[i]); }

record::Value::Form PostingColumns::form_at(std::size_t i) const { return form_of(value_form[i]); }
record::Comparator PostingColumns::comparator_at(std::size_t i) const { return comparator_of(value_form[i]); }
PostingEnd PostingColumns::end_at(std::size_t i) const {
  return {end[i], static_cast<std::int16_t>(static_cast<int>(end_shift[i]) - static_cast<int>(offset_zero))};
}

void PostingColumns::numbers(std::size_t first, std::size_t past, double* into) const {
  constexpr std::int64_t exact_max = std::int64_t{1} << 53;
  const std::uint32_t form = value_form[first < past ? first : 0];
  const int scale = scale_of(form);
  const bool alike = value_form.is_constant() && !value.is_constant() && form_of(form) == record::Value::Form::number &&
                     scale >= 0 && scale <= 18;
  if (!alike) {
    for (std::size_t i = first; i < past; ++i) *into++ = number_at(i);
    return;
  }
  double power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  bool exact = true;
  const std::uint64_t* words = value.values();
  for (std::size_t i = first; i < past; ++i) {
    const std::int64_t mantissa = unzigzag(words[i]);
    exact = exact && mantissa <= exact_max && mantissa >= -exact_max;
    into[i - first] = static_cast<double>(mantissa) / power;
  }
  if (exact) return;
  for (std::size_t i = first; i < past; ++i) into[i - first] = number_at(i);
}

Posting PostingColumns::at(std::size_t i) const {
  Posting posting;
  posting.patient = patient[i];
  posting.day = day_at(i);
  posting.second = second[i];
  posting.number = number[i];
  posting.flags = flags[i];
  posting.kind = static_cast<record::Kind>(kind[i]);
  posting.source = source[i];
  posting.unit = unit[i];
  posting.offset = static_cast<std::int16_t>(static_cast<int>(offset[i]) - static_cast<int>(offset_zero));
  posting.author = static_cast<record::Author>(author[i]);
  posting.status = static_cast<record::Status>(status[i]);
  posting.certainty = static_cast<record::Certainty>(certainty[i]);
  posting.end = end_at(i);
  posting.value = value_at(i);
  return posting;
}

namespace {

template <typename T>
Column<T> only_rows(const Column<T>& from, std::span<const std::uint32_t> rows, std::vector<T>& room) {
  if (from.is_constant()) return Column<T>(from[0]);
  if (rows.empty()) return Column<T>(T{});
  room.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) room[i] = from[rows[i]];
  return Column<T>(room.data());
}

}  // namespace

PostingColumns PostingColumns::only(std::span<const std::uint32_t> rows) const {
  PostingColumns some;
  some.count = static_cast<std::uint32_t>(rows.size());
  for (std::size_t p = 0; p < parts.size(); ++p)
    some.*parts[p].values = only_rows(this->*parts[p].values, rows, some.room_.narrow[p]);
  some.value = only_rows(value, rows, some.room_.wide[0]);
  return some;
}

void PostingColumns::copy(const PostingColumns& from) {
  count = from.count;
  const auto copied = [this](const auto& column, auto& room) {
    using C = std::remove_cvref_t<decltype(column)>;
    if (column.is_constant()) return C(column[0]);
    room.assign(column.values(), column.values() + count);
    return C(room.data());
  };
  for (std::size_t p = 0; p < parts.size(); ++p)
    this->*parts[p].values = copied(from.*parts[p].values, room_.narrow[p]);
  value = copied(from.value, room_.wide[0]);
}

std::size_t PostingColumns::bytes() const {
  std::size_t bytes = sizeof *this + room_.wide[0].capacity() * sizeof(std::uint64_t);
  for (const auto& room : room_.narrow) bytes += room.capacity() * sizeof(std::uint32_t);
  return bytes;
}

}  // namespace chartline::stored
