// Random rows, for tests: every field in every form, in order of time, borrowing from an arena.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "formats/stored/row.h"

namespace chartline::stored {

class SampleRows {
 public:
  explicit SampleRows(std::uint64_t seed) : random_(seed) {}

  // `plain`: nothing that needs details.
  std::vector<Row> rows(std::size_t count, bool plain = false) {
    shape_ = random_();
    std::vector<Row> rows(count);
    for (Row& row : rows) row = plain ? plain_row() : full_row();
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.start.instant() < b.start.instant(); });
    return rows;
  }

  std::string_view text() {
    std::string text;
    switch (random_() % 6) {
      case 0: return "";
      case 1: text = "Observation/" + uuid(); break;
      case 2: text = "urn:uuid:" + uuid(); break;
      case 3: text = "row-" + std::to_string(random_() % 100); break;
      case 4: text = std::to_string(random_() >> random_() % 64); break;
      default:
        for (std::size_t i = random_() % 30; i > 0; --i) text.push_back(static_cast<char>(random_()));
    }
    if (one_in(9)) text = "00" + text;
    if (one_in(40)) text += uuid();
    return arena_.text(text);
  }

  record::Time time() {
    record::Time time;
    time.precision = static_cast<record::Precision>(random_() % 6);
    if (time.precision == record::Precision::none) return time;
    time.offset_minutes =
        static_cast<std::int16_t>(one_in(5) ? static_cast<int>(random_() % 1800) - 900 : shape_ % 3 * 60);
    time.local = (static_cast<Micros>(random_() % 60'000) - 30'000) * record::micros_per_day;
    if (time.precision >= record::Precision::second)
      time.local += static_cast<Micros>(random_() % 86'400) * record::micros_per_second;
    if (time.precision == record::Precision::finer) time.local += 1 + static_cast<Micros>(random_() % 999'999);
    return time;
  }

  record::Time after(record::Time start) {  // known alike
    if (start.known()) start.local += static_cast<Micros>(random_() % 400) * record::micros_per_day;
    return start;
  }

  record::Decimal number() {
    if (one_in(20)) return record::decimal(1.0 / static_cast<double>(1 + random_() % 1000));
    if (one_in(10))
      return record::decimal(static_cast<std::int64_t>(random_() % 1'000'000'000'000'000'000),
                             static_cast<int>(random_() % 36) - 18);
    return record::decimal(static_cast<std::int64_t>(random_() % 4000) - 1000, static_cast<int>(random_() % 3));
  }

  RowValue value(bool attribute, bool plain = false) {
    using Form = record::Value::Form;
    RowValue value;
    value.form = static_cast<Form>(random_() % (attribute ? 6 : 5));
    if (plain && value.form == Form::text) value.form = Form::number;
    switch (value.form) {
      case Form::number:
        value.number = number();
        value.unit = name();
        if (one_in(4)) value.comparator = static_cast<record::Comparator>(random_() % 5);
        break;
      case Form::code: value.code = name(); break;
      case Form::text: value.text = text(); break;
      case Form::boolean: value.boolean = one_in(2); break;
      case Form::date: value.date = time(); break;
      case Form::none: break;
    }
    return value;
  }

  Row plain_row() {
    Row row;
    row.number = static_cast<std::uint32_t>(random_() >> (one_in(30) ? 32 : 55));
    row.kind = static_cast<record::Kind>(random_() % record::kind_count);
    row.code = name();
    row.source = name();
    row.start = time();
    if (chosen(0)) row.status = static_cast<record::Status>(random_() % record::status_count);
    if (chosen(1)) row.certainty = static_cast<record::Certainty>(random_() % record::certainty_count);
    if (chosen(2)) row.author = static_cast<record::Author>(random_() % record::author_count);
    if (chosen(3)) row.end.form = static_cast<record::End::Form>(random_() % 4);
    if (row.end.form == record::End::Form::at) row.end.at = one_in(2) ? time() : after(row.start);
    if (chosen(4)) row.value = value(false, true);
    if (chosen(5)) row.part = static_cast<std::uint32_t>(random_() % 9);
    if (chosen(6)) row.ordinal = static_cast<std::uint32_t>(random_() % 9);
    if (chosen(7)) row.sequence = random_() >> random_() % 64;
    if (chosen(8)) row.recorded = static_cast<Micros>(1'700'000'000'000'000 + random_() % 3);
    if (chosen(9)) row.removed = static_cast<Micros>(random_());
    if (chosen(10)) row.original = one_in(2) ? hash64(std::to_string(row.number)) : 0;
    return row;
  }

  Row full_row() {
    Row row = plain_row();
    if (chosen(11)) row.value = value(false);
    if (chosen(12)) row.record = text();
    if (chosen(13)) row.encounter = text();
    if (chosen(14)) row.version = text();
    if (chosen(15)) row.source_person = text();
    if (chosen(16)) {
      std::vector<Name> names(random_() % 4);
      for (Name& n : names) n = name();
      row.translations = arena_.array(names);
    }
    if (chosen(17)) {
      std::vector<RowAttribute> attributes(random_() % 4);
      for (RowAttribute& attribute : attributes) attribute = {name(), value(true)};
      row.attributes = arena_.array(attributes);
    }
    return row;
  }

  std::mt19937_64& random() { return random_; }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  bool chosen(unsigned field) { return shape_ >> field & 1; }  // a field is given in all rows of a run, or in none
  Name name() { return static_cast<Name>(random_() >> (one_in(50) ? 32 : 54)); }
  std::string uuid() {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(36, '-');
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i != 8 && i != 13 && i != 18 && i != 23) text[i] = digits[random_() % 16];
    }
    if (one_in(10)) text[random_() % 36] = "A-g"[random_() % 3];  // nearly a UUID
    return text;
  }

  std::mt19937_64 random_;
  std::uint64_t shape_ = ~std::uint64_t{0};
  record::Arena arena_;
};

inline bool same(const RowValue& a, const RowValue& b) {
  return a.form == b.form && a.comparator == b.comparator && a.boolean == b.boolean && a.number == b.number &&
         a.unit == b.unit && a.code == b.code && a.text == b.text && a.date == b.date;
}
inline bool same(const RowAttribute& a, const RowAttribute& b) { return a.name == b.name && same(a.value, b.value); }

// The first field that differs; "" where none does.
inline std::string difference(const Row& a, const Row& b) {
  if (a.number != b.number) return "number";
  if (a.kind != b.kind) return "kind";
  if (a.status != b.status) return "status";
  if (a.certainty != b.certainty) return "certainty";
  if (a.author != b.author) return "author";
  if (a.code != b.code) return "code";
  if (a.source != b.source) return "source";
  if (a.start != b.start) return "start";
  if (a.end != b.end) return "end";
  if (!same(a.value, b.value)) return "value";
  if (!std::equal(a.translations.begin(), a.translations.end(), b.translations.begin(), b.translations.end()))
    return "translations";
  if (a.source_person != b.source_person) return "source_person";
  if (a.record != b.record) return "record";
  if (a.version != b.version) return "version";
  if (a.part != b.part) return "part";
  if (a.ordinal != b.ordinal) return "ordinal";
  if (a.sequence != b.sequence) return "sequence";
  if (a.encounter != b.encounter) return "encounter";
  if (!std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(), b.attributes.end(),
                  [](const RowAttribute& x, const RowAttribute& y) { return same(x, y); }))
    return "attributes";
  if (a.recorded != b.recorded) return "recorded";
  if (a.removed != b.removed) return "removed";
  if (a.original != b.original) return "original";
  return "";
}

}  // namespace chartline::stored
