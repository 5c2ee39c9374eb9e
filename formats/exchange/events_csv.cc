// The plain event CSV: one row is one event, and one record.
//
//   patient,time,code,value[,kind][,unit][,...]        columns in any order; event_columns.cc lists them
//
// patient   the source's name for the person, in the system of `patient_system` (the source's own, if there is none)
// time      ISO 8601 at any precision; empty: no time
// code      see code_cell.h; the system `local` unless one is said
// value     a number, also with a comparator ("<5"), `true` or `false`; anything else is text, as is a number of
//           more digits than can be kept (18; the quality report tells of it). `text` is text as it stands, `value_code` a code as in `code`; a row may fill one of the three
// kind      `observation` for a row with a number that does not say, else `other`
// end       a time, `ongoing` or `unknown`; empty: the event is a point
// attr.X    a number, an ISO date, true or false, else text; empty: no attribute. Numbers with leading zeros stay
//           text, and so do those of more than 18 digits
// attributes, translations   as event_json.h says; translations also as codes with semicolons between
// part      place of the event within its record. Rows of one record stand together, by ascending part, and become one record
//
// `chartline events --format csv` writes these columns. What the store gives (ordinal, number, recorded) is not taken, and the
// quality report says so.
//
// A row of kind `patient` tells who the person is: attr.birth, attr.death (dates, or a year) and attr.sex (female, male, other,
// unknown). Rows of kinds patient, death and registration need no code, nor do those that say their kind and their record.
//
// A row with a cell that cannot be read so is rejected, not guessed at. A unit beside a value that is no number becomes
// the attribute `unit`. Without `record`, equal rows are told apart by the store.
#include <array>
#include <cstring>
#include <utility>

#include "base/same_text.h"
#include "formats/exchange/cell.h"
#include "formats/exchange/draft.h"
#include "formats/exchange/event_extras.h"
#include "formats/exchange/text_numbers.h"

namespace chartline::exchange {
namespace {

using record::Kind;
using record::Value;

class EventRows {
 public:
  static constexpr bool has_plain_rows = true;

  EventRows(const Csv& csv, const EventColumns& columns, const Reading& reading)
      : csv_(&csv),
        columns_(columns),
        zone_(reading.options.zone),
        quality_(reading.quality),
        extras_(columns, reading.options.zone) {
    source_.organisation =
        reading.options.source.empty() ? std::string_view("events") : std::string_view(reading.options.source);
    tables_.person_system = source_.organisation;
    is_narrow_ = columns.extras.empty() && !reading.options.keep_originals;
  }

  // A row of the four columns whose value is a number, if anything. False: make() says what it is.
  bool plain(record::PlainEvent& event) {
    if (!is_narrow_) return false;
    const std::span<const std::string_view> fields = csv_->fields();  // as many as the header has
    const std::string_view person = trimmed(fields[columns_.patient]), code = trimmed(fields[columns_.code]);
    if (person.empty() || code.empty() || person.size() > plain_bytes_max || code.size() > plain_bytes_max)
      return false;
    if (!read_plain_time(trimmed(fields[columns_.time]))) return false;
    event.has_number = false, event.mantissa = 0, event.scale = 0;
    if (const std::string_view cell = columns_.value ? trimmed(fields[*columns_.value]) : std::string_view{};
        !cell.empty()) {
      const auto number = plain_number_cell(cell);  // one with a comparator is rare
      if (!number) return false;
      event.has_number = true, event.mantissa = number->mantissa, event.scale = number->scale;
    }
    if (!number_code(code, event.code)) return false;
    if (last_person_ == none_ || !same_text(persons_.text(last_person_), person)) {
      const auto found = persons_.of(person);
      if (found.is_new) tables_.add_person(persons_.text(found.number));
      last_person_ = found.number;
    }
    event.person = last_person_;
    event.local = time_.local, event.offset_minutes = time_.offset_minutes, event.precision = time_.precision;
    event.kind = event.has_number ? Kind::observation : Kind::other;
    ++kinds_defaulted_;
    return true;
  }
  record::PlainEvents plain_events(std::span<const record::PlainEvent> events) const {
    return {source_, &tables_, events};
  }
  // What was given is no longer needed: a good time to let go of tables that have grown large.
  void plain_events_taken() {
    if (persons_.size() < table_texts_max && cells_.size() < table_texts_max) return;
    persons_.clear(), cells_.clear(), cell_codes_.clear(), code_room_.clear();
    last_person_ = none_, last_time_.size = none_;
    tables_.begin_anew();
  }

  std::optional<Refused> make(record::Record& record) {
    row_ = {};
    repaired_.reset();
    codes_.begin_row();
    row_.event.source = source_;
    row_.person = {source_.organisation, trimmed((*csv_)[columns_.patient])};
    row_.event.code = codes_.read((*csv_)[columns_.code]);
    if (row_.person.value.empty()) return Refused{"patient", "missing_patient", "the row names no patient"};
    if (!read_time()) return Refused{"time", "bad_time", "the time is not ISO 8601, or there is no such day"};
    read_value();
    if (!columns_.extras.empty()) {
      if (const auto refused = extras_.read(*csv_, codes_, row_)) return refused;
    }
    if (row_.event.code.empty() && needs_code()) return Refused{"code", "missing_code", "the row has no code"};
    settle_kind();
    record.identifiers = {&row_.person, 1};
    record.events = {&row_.event, 1};
    return std::nullopt;
  }

  std::optional<Refused> repaired() const { return repaired_; }

  void begin(const Csv& part) { csv_ = &part; }
  void done() {
    if (kinds_defaulted_ > 0) quality_.defaulted("kind", std::exchange(kinds_defaulted_, 0));
  }

 private:
  static constexpr std::size_t plain_bytes_max = 256, table_texts_max = 50'000;
  static constexpr std::uint32_t none_ = ~0u;

  // Events of one encounter, and days with several events, tell the same time again and again.
  bool read_plain_time(std::string_view cell) {
    if (last_time_.is(cell)) return true;
    last_time_.size = none_;
    if (cell.empty()) {
      time_ = {};
    } else {
      const auto time = parse_local(cell, zone_);
      if (!time) return false;
      time_ = *time;
    }
    last_time_.set(cell);
    return true;
  }

  // False where the cell is no code, however long it looks.
  bool number_code(std::string_view cell, std::uint32_t& number) {
    const auto found = cells_.of(cell);
    if (found.is_new) {
      codes_.begin_row();
      const record::Code code = codes_.read(cell);
      cell_codes_.push_back(code.empty() ? none_ : static_cast<std::uint32_t>(tables_.codes().size()));
      if (!code.empty())
        tables_.add_code({.system = code_room_.text(code.system), .code = code_room_.text(code.code), .display = {}});
    }
    number = cell_codes_[found.number];
    return number != none_;
  }

  bool read_time() {
    const std::string_view cell = trimmed((*csv_)[columns_.time]);
    if (cell.empty()) return true;
    const auto time = parse_local(cell, zone_);
    if (time) row_.event.start = *time;
    return time.has_value();
  }

  void read_value() {
    const std::string_view cell = columns_.value ? trimmed((*csv_)[*columns_.value]) : std::string_view{};
    if (cell.empty()) return;
    if (const auto number = number_cell(cell)) {
      row_.event.value = *number;
      return;
    }
    if (is_long_number(cell)) repaired_ = {"value", long_number.rule, long_number.reason};
    row_.event.value = cell == "true" || cell == "false" ? bool_value(cell == "true") : text_value(cell);
  }

  // Who someone is, and that they died or were registered, is told without a code; so are some records of other formats.
  bool needs_code() const {
    return !row_.kind_said || (row_.event.record.empty() && row_.event.kind != Kind::patient &&
                               row_.event.kind != Kind::death && row_.event.kind != Kind::registration);
  }

  void settle_kind() {
    if (row_.kind_said) return;
    ++kinds_defaulted_;
    row_.event.kind = row_.event.value.form == Value::Form::number ? Kind::observation : Kind::other;
  }

  const Csv* csv_;
  const EventColumns& columns_;
  const record::Zone& zone_;
  Quality& quality_;
  CodeCells codes_;
  EventExtras extras_;
  record::Source source_;
  EventRow row_;
  std::optional<Refused> repaired_;
  std::uint64_t kinds_defaulted_ = 0;

  // Of plain rows.
  struct Cell {
    std::array<char, 32> bytes;
    std::uint32_t size = none_;
    bool is(std::string_view cell) const {
      return cell.size() == size && std::memcmp(bytes.data(), cell.data(), size) == 0;
    }
    void set(std::string_view cell) {
      if (cell.size() > bytes.size()) return;
      std::memcpy(bytes.data(), cell.data(), cell.size());
      size = static_cast<std::uint32_t>(cell.size());
    }
  };
  bool is_narrow_ = false;
  record::PlainTables tables_;
  TextNumbers persons_, cells_;
  std::vector<std::uint32_t> cell_codes_;  // by number of the cell
  record::Arena code_room_;
  std::uint32_t last_person_ = none_;
  Cell last_time_;
  record::Time time_;  // that it tells
};

// Makes one record of the rows of each, which stand together.
class WholeRecords {
 public:
  WholeRecords(const Reading& reading, const std::string& file) : reading_(reading), file_(file) {}

  // Of one row, with one event.
  Result<void> add(const record::Record& row, std::string_view raw, std::uint64_t line) {
    const record::Event& event = row.events.front();
    if (!goes_on(row)) {
      TRY(flush());
      line_ = line;
      person_ = {room_.text(row.identifiers.front().system), room_.text(row.identifiers.front().value)};
    }
    last_part_ = event.part;
    if (events_.size() > record::events_per_record_max || bytes_ > record::original_bytes_max)
      return {};  // flush() refuses it
    bytes_ += raw.size();
    events_.push_back(record::copy(event, room_));
    if (reading_.options.keep_originals) original_.append(original_.empty() ? "" : "\n").append(raw);
    return {};
  }

  Result<void> flush() {
    if (events_.empty()) return {};
    reading_.quality.row();
    const record::Record record{.identifiers = {&person_, 1}, .events = events_, .original = original_};
    Result<void> valid = record::validate(record);
    if (valid && bytes_ > record::original_bytes_max) valid = invalid_request("the rows of a record are too long");
    if (valid) {
      TRY(reading_.sink.record(record));
      reading_.quality.accepted(record);
    } else {
      TRY(reading_.quality.problem(
          {Problem::Outcome::rejected, {file_, line_, ""}, std::string(not_kept), valid.error().message}));
    }
    events_.clear(), original_.clear(), room_.clear(), bytes_ = 0;
    return {};
  }

 private:
  bool goes_on(const record::Record& row) const {
    if (events_.empty()) return false;
    const record::Event &event = row.events.front(), &first = events_.front();
    return !event.record.empty() && event.record == first.record && event.version == first.version &&
           event.part > last_part_ && event.source.organisation == first.source.organisation &&
           event.source.system == first.source.system && row.identifiers.front().system == person_.system &&
           row.identifiers.front().value == person_.value;
  }

  const Reading& reading_;
  const std::string& file_;
  record::Arena room_;
  record::Identifier person_;
  std::vector<record::Event> events_;
  std::string original_;
  std::size_t bytes_ = 0;  // of its rows
  std::uint64_t line_ = 0;
  std::uint32_t last_part_ = 0;
};

Result<void> read_whole_records(Csv& csv, const Input& input, const Inputs& inputs, const Reading& reading,
                                EventRows rows) {
  WholeRecords records(reading, input.name());
  RowReport report(reading.quality, input.name());
  while (TRY(csv.next())) {
    if (reading.progress && csv.line() % rows_per_progress == 0) reading.progress(inputs.consumed_bytes());
    record::Record row;
    std::optional<Refused> refused = csv.fault() == RowFault::none
                                         ? rows.make(row)
                                         : std::optional(Refused{"", rule(csv.fault()), reason(csv.fault())});
    report.at(csv.line());
    if (!refused) {
      TRY(records.add(row, csv.raw(), csv.line()));
      if (const auto repaired = rows.repaired())
        TRY(report.repaired(repaired->field, repaired->rule, repaired->reason));
      continue;
    }
    reading.quality.row();
    TRY(report.rejected(refused->field, refused->rule, refused->reason));
  }
  TRY(records.flush());
  rows.done();
  return {};
}

}  // namespace

Result<void> read_events(const Reading& reading) {
  return read_csv_files(reading, [&](Csv& csv, const Input& input, const Inputs& inputs) -> Result<void> {
    const EventColumns columns = TRY(EventColumns::of(csv, input.name()));
    if (!columns.given_by_store.empty()) {
      RowReport report(reading.quality, input.name());
      report.at(1);
      TRY(report.repaired(columns.given_by_store, "given_by_store",
                          "these columns are not taken: the store gives them itself"));
    }
    if (columns.has_parts) return read_whole_records(csv, input, inputs, reading, EventRows(csv, columns, reading));
    return read_rows_in_parts(csv, input, inputs, reading,
                              [&](const Csv& part) { return EventRows(part, columns, reading); });
  });
}

}  // namespace chartline::exchange
