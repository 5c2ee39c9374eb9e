// MEDS as CSV: subject_id,time,code with value, or numeric_value and text_value; one row is one event, and one record.
//
// The code stays whole under the system "meds", blanks at its ends too; meds_code.h says what is read from it. Kind: as
// the code tells, else `observation` beside a value and `other` without. MEDS_BIRTH and GENDER become events of kind
// patient, each of its own record, with the attributes birth and sex. `seq` or `sequence` is the sequence; other columns become attributes of their (typed) cells.
// Files hold one subject after another, so birth and death are remembered for the current subject only, to count
// impossible dates.
#include <algorithm>
#include <charconv>

#include "formats/exchange/cell.h"
#include "formats/exchange/csv_rows.h"
#include "formats/exchange/draft.h"
#include "formats/exchange/event_extras.h"
#include "formats/exchange/meds_code.h"

namespace chartline::exchange {
namespace {

using record::Attribute;
using record::Kind;
using record::Value;

struct MedsColumns {
  std::size_t subject = 0, time = 0, code = 0;
  std::optional<std::size_t> value, numeric_value, text_value, sequence;
  std::vector<std::pair<std::string, std::size_t>> attributes;  // by name

  static Result<MedsColumns> of(const Csv& csv, const std::string& file);
};

// A name that no attribute made here has: an unnamed column gets its number, and what would stand in the way a prefix.
std::string free_name(const std::string& header, std::size_t column) {
  std::string name = attribute_name(header);
  if (name.empty()) name = "column_" + std::to_string(column + 1);
  const bool taken = name == record::attribute::birth || name == record::attribute::sex || name == "text_value";
  return taken ? "meds_" + name : name;
}

Result<MedsColumns> MedsColumns::of(const Csv& csv, const std::string& file) {
  MedsColumns columns;
  std::optional<std::size_t> subject, time, code;
  for (std::size_t i = 0; i < csv.header().size(); ++i) {
    const std::string name = lower(trimmed(csv.header()[i]));
    if (name == "subject_id") subject = i;
    else if (name == "time") time = i;
    else if (name == "code") code = i;
    else if (name == "value") columns.value = i;
    else if (name == "numeric_value") columns.numeric_value = i;
    else if (name == "text_value") columns.text_value = i;
    else if ((name == "seq" || name == "sequence") && !columns.sequence) columns.sequence = i;
    else columns.attributes.emplace_back(free_name(name, i), i);
  }
  if (!subject || !time || !code)
    return invalid_request(file + ", line 1: MEDS needs the columns subject_id, time and code");
  if (columns.value && (columns.numeric_value || columns.text_value)) {
    return invalid_request(file + ", line 1: give either value, or numeric_value and text_value");
  }
  columns.subject = *subject, columns.time = *time, columns.code = *code;
  std::sort(columns.attributes.begin(), columns.attributes.end());
  const auto twice = std::adjacent_find(columns.attributes.begin(), columns.attributes.end(),
                                        [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != columns.attributes.end()) {
    return invalid_request(file + ", line 1: two columns would become the attribute \"" + twice->first + "\"");
  }
  return columns;
}

class MedsRows {
 public:
  MedsRows(const Csv& csv, MedsColumns columns, const Reading& reading)
      : csv_(csv), columns_(std::move(columns)), zone_(reading.options.zone), quality_(reading.quality) {
    source_.organisation = reading.options.source.empty() ? meds_system : std::string_view(reading.options.source);
  }

  static constexpr bool has_plain_rows = false;
  std::optional<Refused> repaired() const { return repaired_; }

  std::optional<Refused> make(record::Record& record) {
    event_ = {};
    repaired_.reset();
    attributes_.clear();
    event_.source = source_;
    person_ = {source_.organisation, trimmed(csv_[columns_.subject])};
    event_.code = {meds_system, csv_[columns_.code], {}};
    if (person_.value.empty()) return Refused{"subject_id", "missing_patient", "the row names no patient"};
    if (trimmed(event_.code.code).empty()) return Refused{"code", "missing_code", "the row has no code"};
    if (const auto refused = read_time()) return refused;
    if (const auto refused = read_sequence()) return refused;
    if (const auto refused = read_value()) return refused;
    for (const auto& [name, column] : columns_.attributes) {
      if (const auto cell = trimmed(csv_[column]); !cell.empty()) add_attribute(name, typed_cell(cell, zone_));
    }
    apply_code(codes_[trimmed(event_.code.code)]);
    count_impossible();
    event_.attributes = attributes_;
    record.identifiers = {&person_, 1};
    record.events = {&event_, 1};
    return std::nullopt;
  }

 private:
  std::optional<Refused> read_time() {
    const std::string_view cell = trimmed(csv_[columns_.time]);
    if (cell.empty()) return std::nullopt;
    const auto time = parse_local(cell, zone_);
    if (!time) return Refused{"time", "bad_time", "the time is not ISO 8601, or there is no such day"};
    event_.start = *time;
    return std::nullopt;
  }

  std::optional<Refused> read_sequence() {
    const std::string_view cell = columns_.sequence ? trimmed(csv_[*columns_.sequence]) : std::string_view{};
    if (cell.empty()) return std::nullopt;
    const auto [end, failed] = std::from_chars(cell.data(), cell.data() + cell.size(), event_.sequence);
    if (failed == std::errc{} && end == cell.data() + cell.size()) return std::nullopt;
    return Refused{"seq", "bad_sequence", "the sequence is not a whole number of 0 to 18446744073709551615"};
  }

  std::optional<Refused> read_value() {
    const auto cell = [&](std::optional<std::size_t> column) {
      return column ? trimmed(csv_[*column]) : std::string_view{};
    };
    if (const auto any = cell(columns_.value); !any.empty()) {
      const auto number = number_cell(any);
      event_.value = number ? *number : text_value(any);
      if (!number && is_long_number(any)) repaired_ = {"value", long_number.rule, long_number.reason};
    }
    const auto text = cell(columns_.text_value);
    if (const auto numeric = cell(columns_.numeric_value); !numeric.empty()) {
      const auto number = plain_number_cell(numeric);
      if (!number && !record::parse_decimal(numeric))
        return Refused{"numeric_value", "bad_number", "the numeric value is not a finite number"};
      event_.value = number ? number_value(*number) : text_value(numeric);
      if (!number) repaired_ = {"numeric_value", long_number.rule, long_number.reason};
      if (!text.empty()) add_attribute("text_value", text_value(text));
    } else if (!text.empty()) {
      event_.value = text_value(text);
    }
    return std::nullopt;
  }

  void apply_code(const MedsCode& code) {
    const bool has_value = event_.value.form != Value::Form::none;
    event_.kind = code.kind.value_or(has_value ? Kind::observation : Kind::other);
    if (event_.value.form == Value::Form::number) event_.value.unit = code.unit;
    translation_ = {code.system, code.code, {}};
    if (!translation_.empty()) event_.translations = {&translation_, 1};
    if (code.role == MedsRole::sex) add_attribute(record::attribute::sex, code_value(translation_));
    if (code.role == MedsRole::birth && event_.start.known()) {
      // Midnight of a birth stands for the day.
      record::Time birth = event_.start;
      if (birth.local % record::micros_per_day == 0)
        birth.precision = std::min(birth.precision, record::Precision::day);
      add_attribute(record::attribute::birth, date_value(birth));
    }
  }

  void count_impossible() {
    if (subject_ != person_.value) {
      subject_ = person_.value;
      birth_ = death_ = {};
    }
    if (event_.code.code == "MEDS_BIRTH") birth_ = event_.start;
    if (event_.code.code == "MEDS_DEATH") death_ = event_.start;
    if (!event_.start.known()) return;
    if (birth_.known() && record::interval(event_.start).past <= record::interval(birth_).first)
      quality_.impossible("before_birth");
    if (death_.known() && event_.start.day() > death_.day()) quality_.impossible("after_death");
  }

  void add_attribute(std::string_view name, const Value& value) {
    const auto after = std::upper_bound(attributes_.begin(), attributes_.end(), name,
                                        [](std::string_view n, const auto& a) { return n < a.name; });
    attributes_.insert(after, {name, value});
  }

  const Csv& csv_;
  const MedsColumns columns_;
  const record::Zone& zone_;
  Quality& quality_;
  MedsCodes codes_;
  record::Source source_;

  std::string subject_;  // the current one
  record::Time birth_, death_;

  // Of the current row.
  record::Event event_;
  std::optional<Refused> repaired_;
  record::Identifier person_;
  record::Code translation_;
  std::vector<Attribute> attributes_;
};

}  // namespace

Result<void> read_meds(const Reading& reading) {
  return read_csv_files(reading, [&](Csv& csv, const Input& input, const Inputs& inputs) -> Result<void> {
    MedsRows rows(csv, TRY(MedsColumns::of(csv, input.name())), reading);
    return read_rows(csv, input, inputs, reading, rows);
  });
}

}  // namespace chartline::exchange
