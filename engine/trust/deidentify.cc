#include "engine/trust/deidentify.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "engine/trust/words.h"
#include "formats/record/systems.h"

namespace chartline::engine {

using record::Time;
using stored::Row;
using stored::RowAttribute;
using stored::RowValue;
using Form = record::Value::Form;

namespace {

constexpr int age_max = 89;
constexpr int rounds = 4;
constexpr std::size_t half_digits = 16, pseudonym_digits = 2 * half_digits;
constexpr std::array<std::string_view, 2> places = {"latitude", "longitude"};

std::string hex(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(half_digits, '0');
  for (std::size_t i = half_digits; i-- > 0; number >>= 4) text[i] = digits[number & 0xf];
  return text;
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

Time to_precision(Time time, record::Precision precision) {
  if (!time.known() || time.precision < precision) return time;
  const record::CivilDay day = record::civil(time.day());
  const bool year = precision == record::Precision::year;
  Time coarse = record::day_time(record::days_from_civil(day.year, year ? 1 : day.month, 1), time.offset_minutes);
  coarse.precision = precision;
  return coarse;
}

// Changes the rows of one patient.
class Changing {
 public:
  Changing(const Deidentification& how, PatientRef person, const Dictionary& names, ChangedRows& out)
      : how_(how), rules_(how.rules()), person_(person), names_(names), out_(out) {
    birth_name_ = names.find_attribute(record::attribute::birth).value_or(0);
    death_name_ = names.find_attribute(record::attribute::death).value_or(0);
    for (const std::string_view place : places) {
      if (const auto name = names.find_attribute(place)) places_.push_back(*name);
    }
    for (const auto& [system, code] : rules_.left_out_codes) {
      if (const auto name = names.find({.system = system, .code = code, .display = {}})) left_out_.push_back(*name);
    }
  }

  // The last year that is known of someone: that of their death, or this one.
  void note_last(const Row& row) {
    if (row.kind == record::Kind::death && row.start.known()) died_ = changed(row.start);
    if (row.kind != record::Kind::patient) return;
    for (const RowAttribute& attribute : row.attributes) {
      if (attribute.name == death_name_ && attribute.value.date.known()) died_ = changed(attribute.value.date);
    }
  }

  Row made(const Row& row) const {
    Row made = row;
    made.code = kept(row.code);
    // A birth may be told as an event of its day.
    const auto when = [&](Time time) { return row.kind == record::Kind::patient ? birth(changed(time)) : changed(time); };
    made.start = when(row.start);
    if (row.end.form == record::End::Form::at) made.end.at = when(row.end.at);
    made.value = made_value(row.value);
    made.translations = made_translations(row.translations);
    const record::Source source = names_.source(row.source);
    // That of a carer's contributions tells of the carer.
    if (!rules_.keeps_sources || source.organisation == name(Role::carer)) made.source = 0;
    made.source_person = token("person", row.source_person, source);
    made.record = token("record", row.record, source);
    made.encounter = token("record", row.encounter, source);
    made.version = {};
    made.attributes = made_attributes(row);
    made.recorded = 0, made.removed = 0, made.original = 0;
    return made;
  }

 private:
  Time changed(Time time) const { return how_.changed(time, person_); }
  Name kept(Name code) const {
    const bool words = names_.code(code).system == record::text_system;
    return words || std::ranges::find(left_out_, code) != left_out_.end() ? 0 : code;
  }

  std::string_view token(std::string_view use, std::string_view value, const record::Source& source) const {
    return value.empty() ? value : out_.room.text(how_.token(use, value, source));
  }

  RowValue made_value(RowValue value) const {
    value.code = kept(value.code);
    value.date = changed(value.date);
    if (value.form == Form::text || (value.form == Form::code && value.code == 0)) value = RowValue{};
    return value;
  }

  std::span<const Name> made_translations(std::span<const Name> translations) const {
    std::vector<Name> made(translations.begin(), translations.end());
    std::erase_if(made, [this](Name code) { return kept(code) == 0; });
    return out_.room.array(made);
  }

  std::span<const RowAttribute> made_attributes(const Row& row) const {
    const bool who = row.kind == record::Kind::patient;
    std::vector<RowAttribute> made;
    for (RowAttribute attribute : row.attributes) {
      const bool vital = attribute.name == birth_name_ || attribute.name == death_name_;
      if (std::ranges::find(places_, attribute.name) != places_.end()) continue;
      // Of who someone is nothing is kept but what is coded, and the dates of their birth and death.
      if (attribute.value.form == Form::text) {
        const auto cut = rules_.cut_attributes.find(names_.attribute(attribute.name));
        if (cut == rules_.cut_attributes.end()) continue;
        attribute.value.text = out_.room.text(first_bytes(attribute.value.text, cut->second));
      } else if (who && !vital && attribute.value.form != Form::code) {
        continue;
      } else {
        const bool no_date =
            attribute.value.form == Form::date && !attribute.value.date.known();  // dead, and no more is known
        attribute.value = made_value(attribute.value);
        if (attribute.value.form == Form::none && !no_date) continue;
        if (who && attribute.name == birth_name_) attribute.value.date = birth(attribute.value.date);
      }
      made.push_back(attribute);
    }
    return out_.room.array(made);
  }

  // Whole characters of UTF-8.
  static std::string_view first_bytes(std::string_view text, std::size_t bytes) {
    if (bytes >= text.size()) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80) --bytes;
    return text.substr(0, bytes);
  }

  Time birth(Time changed) const {
    if (!changed.known()) return changed;
    const Time year = to_precision(changed, record::Precision::year);
    const int last = record::civil(died_.known() ? died_.day() : rules_.today).year, first = last - age_max - 1;
    if (record::civil(year.day()).year >= first) return year;
    return to_precision(record::day_time(record::days_from_civil(first, 1, 1), year.offset_minutes),
                        record::Precision::year);
  }

  const Deidentification& how_;
  const DeidentificationRules& rules_;
  const PatientRef person_;
  const Dictionary& names_;
  ChangedRows& out_;
  Name birth_name_ = 0, death_name_ = 0;
  std::vector<Name> places_, left_out_;
  Time died_;
};

}  // namespace

// -- pseudonyms: a Feistel network of four rounds over 128 bits, whose right half is 0 before and tells what is none

std::uint64_t Deidentification::round(int number, std::uint64_t half) const {
  Bytes bytes;
  Writer out(bytes);
  out.u8(static_cast<std::uint8_t>(number)), out.u64(half);
  return key_.hash("pseudonym", bytes);
}

std::string Deidentification::pseudonym(PatientRef patient) const {
  std::uint64_t left = std::uint64_t{patient.shard} << 32 | patient.id, right = 0;
  for (int i = 0; i < rounds; ++i) std::tie(left, right) = std::pair(right, left ^ round(i, right));
  return hex(left) + hex(right);
}

std::optional<PatientRef> Deidentification::patient_of(std::string_view pseudonym) const {
  if (pseudonym.size() != pseudonym_digits) return std::nullopt;
  const auto first = parse_hex(pseudonym.substr(0, half_digits)), second = parse_hex(pseudonym.substr(half_digits));
  if (!first || !second) return std::nullopt;
  std::uint64_t left = *first, right = *second;
  for (int i = rounds; i-- > 0;) std::tie(left, right) = std::pair(right ^ round(i, left), left);
  if (right != 0) return std::nullopt;
  const PatientRef patient{static_cast<std::uint32_t>(left >> 32), static_cast<std::uint32_t>(left)};
  return this->pseudonym(patient) == pseudonym ? std::optional(patient) : std::nullopt;  // one spelling alone
}

// -- dates

Micros local_of(Micros utc, const record::Zone& zone) {
  // The offset is asked for by local time, which it leads to: twice is enough but for the hour in which clocks change.
  const auto offset = [&](Micros local) { return zone.offset_minutes(local) * Micros{60} * record::micros_per_second; };
  return utc + offset(utc + offset(utc));
}

std::int32_t Deidentification::shift_days(PatientRef person) const {
  if (rules_.dates != DeidentificationRules::Dates::shifted || rules_.shift_days_max == 0) return 0;
  Bytes bytes;
  Writer out(bytes);
  out.u32(person.shard), out.u32(person.id);
  // One of -max .. -1, 1 .. max.
  const auto max = static_cast<std::int64_t>(rules_.shift_days_max);
  const auto drawn = static_cast<std::int64_t>(key_.hash("shift", bytes) % static_cast<std::uint64_t>(2 * max)) - max;
  return static_cast<std::int32_t>(drawn < 0 ? drawn : drawn + 1);
}

// A month or a year that is known no closer is moved with all of its days, and is then the one that its first day falls into.
Time Deidentification::changed(Time time, PatientRef person) const {
  using Dates = DeidentificationRules::Dates;
  if (!time.known()) return time;
  // Offsets tell summer from winter, and so by how many days a date is shifted.
  if (time.precision >= record::Precision::second) time.local = local_of(time.instant(), rules_.zone);
  time.offset_minutes = 0;
  if (rules_.dates == Dates::month) return to_precision(time, record::Precision::month);
  if (rules_.dates == Dates::year) return to_precision(time, record::Precision::year);
  time.local += shift_days(person) * record::micros_per_day;
  return time.precision < record::Precision::day ? to_precision(time, time.precision) : time;
}

// -- rows

std::string Deidentification::token(std::string_view use, std::string_view value, const record::Source& source) const {
  Bytes bytes;
  Writer out(bytes);
  out.text(source.organisation), out.text(source.system), out.text(value);
  return hex(key_.hash(use, bytes));
}

std::unique_ptr<ChangedRows> Deidentification::changed(std::vector<Row> rows, PatientRef person,
                                                       const Dictionary& names) const {
  auto out = std::make_unique<ChangedRows>();
  Changing changing(*this, person, names, *out);
  for (const Row& row : rows) changing.note_last(row);
  std::ranges::sort(rows, {}, [](const Row& row) { return std::pair(row.recorded, row.number); });
  std::uint32_t number = 0;
  for (const Row& row : rows) {
    Row made = changing.made(row);
    made.number = ++number;
    if (rules_.dates != DeidentificationRules::Dates::shifted)
      made.sequence = 0;  // it would tell the order within a month
    out->rows.push_back(made);
  }
  if (rules_.dates != DeidentificationRules::Dates::shifted) return out;
  // What a source numbered is numbered anew, in the same order.
  std::vector<std::uint64_t> sequences;
  for (const Row& row : out->rows) sequences.push_back(row.sequence);
  std::ranges::sort(sequences);
  sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
  for (Row& row : out->rows)
    row.sequence = static_cast<std::uint64_t>(std::ranges::lower_bound(sequences, row.sequence) - sequences.begin());
  return out;
}

void Deidentification::write(Writer& out) const {
  out.u64(key_.hash("mark", {}));
  out.u8(static_cast<std::uint8_t>(rules_.dates)), out.u32(rules_.shift_days_max), out.signed_varint(rules_.today);
  out.u8(rules_.keeps_sources);
  out.varint(rules_.left_out_codes.size());
  for (const auto& [system, code] : rules_.left_out_codes) out.text(system), out.text(code);
  out.varint(rules_.cut_attributes.size());
  for (const auto& [name, bytes] : rules_.cut_attributes) out.text(name), out.varint(bytes);
}

}  // namespace chartline::engine
