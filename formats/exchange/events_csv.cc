// The plain event CSV: one row is one event, and one record.
//
//   patient,time,code,value[,kind][,unit][,...]        columns in any order; event_columns.cc lists them
//
// patient   the source's name for the person, in the system of `patient_system` (the source's own, if there is none)
// time      ISO 8601 at any precision; empty: no time
// code      see code_cell.h; the system `local` unless one is said
// value     a number, also with a comparator ("<5"); anything else is text, as a whole number of more than 18 digits is. `text`
//           is text even where it looks like a number, `value_code` a code as in `code`; a row may fill one of the three
// kind      `observation` for a row with a number that does not say, else `other`
// end       a time, `ongoing` or `unknown`; empty: the event is a point
// attr.X    a number, an ISO date, true or false, else text; empty: no attribute. Numbers with leading zeros stay
//           text, and so do whole ones of more than 18 digits
//
// A row of kind `patient` tells who the person is: attr.birth, attr.death (dates, or a year) and attr.sex (female, male, other,
// unknown). Rows of kinds patient, death and registration need no code.
//
// A row with a cell that cannot be read so is rejected, not guessed at. A unit beside a value that is no number becomes
// the attribute `unit`. Without `record`, equal rows are told apart by the store.
#include <array>
#include <cstring>
#include <utility>

#include "base/same_text.h"
#include "formats/exchange/cell.h"
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
      : csv_(&csv), columns_(columns), zone_(reading.options.zone), quality_(reading.quality), extras_(columns, reading.options.zone) {
    source_.organisation = reading.options.source.empty() ? std::string_view("events") : std::string_view(reading.options.source);
    tables_.person_system = source_.organisation;
    is_narrow_ = columns.extras.empty() && !reading.options.keep_originals;
  }

  // A row of the four columns whose value is a number, if anything. False: make() says what it is.
  bool plain(record::PlainEvent& event) {
    if (!is_narrow_) return false;
    const std::span<const std::string_view> fields = csv_->fields();  // as many as the header has
    const std::string_view person = trimmed(fields[columns_.patient]), code = trimmed(fields[columns_.code]);
    if (person.empty() || code.empty() || person.size() > plain_bytes_max || code.size() > plain_bytes_max) return false;
    if (!read_plain_time(trimmed(fields[columns_.time]))) return false;
    event.has_number = false, event.mantissa = 0, event.scale = 0;
    if (const std::string_view cell = columns_.value ? trimmed(fields[*columns_.value]) : std::string_view{}; !cell.empty()) {
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
  record::PlainEvents plain_events(std::span<const record::PlainEvent> events) const { return {source_, &tables_, events}; }
  // What was given is no longer needed: a good time to let go of tables that have grown large.
  void plain_events_taken() {
    if (persons_.size() < table_texts_max && cells_.size() < table_texts_max) return;
    persons_.clear(), cells_.clear(), cell_codes_.clear(), code_room_.clear();
    last_person_ = none_, last_time_.size = none_;
    tables_.begin_anew();
  }

  std::optional<Refused> make(record::Record& record) {
    row_ = {};
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
      const record::Code code = codes_.read(cell);
      cell_codes_.push_back(code.empty() ? none_ : static_cast<std::uint32_t>(tables_.codes().size()));
      if (!code.empty()) tables_.add_code({.system = code_room_.text(code.system), .code = code_room_.text(code.code), .display = {}});
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
    row_.event.value.form = Value::Form::text;
    row_.event.value.text = cell;
  }

  // Who someone is, and that they died or were registered, is told without a code.
  bool needs_code() const {
    return !row_.kind_said || (row_.event.kind != Kind::patient && row_.event.kind != Kind::death && row_.event.kind != Kind::registration);
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
  std::uint64_t kinds_defaulted_ = 0;

  // Of plain rows.
  struct Cell {
    std::array<char, 32> bytes;
    std::uint32_t size = none_;
    bool is(std::string_view cell) const { return cell.size() == size && std::memcmp(bytes.data(), cell.data(), size) == 0; }
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

}  // namespace

Result<void> read_events(const Reading& reading) {
  return read_csv_files(reading, [&](Csv& csv, const Input& input, const Inputs& inputs) -> Result<void> {
    const EventColumns columns = TRY(EventColumns::of(csv, input.name()));
    return read_rows_in_parts(csv, input, inputs, reading, [&](const Csv& part) { return EventRows(part, columns, reading); });
  });
}

}  // namespace chartline::exchange
