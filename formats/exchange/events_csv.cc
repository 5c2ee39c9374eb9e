// The plain event CSV: one row is one event, and one record.
//
//   patient,time,code,value[,kind][,unit][,...]        columns in any order; event_columns.cc lists them
//
// patient   the source's name for the person, in the system of `patient_system` (the source's own, if there is none)
// time      ISO 8601 at any precision; empty: no time
// code      see code_cell.h; the system `local` unless one is said
// value     a number, also with a comparator ("<5"); anything else is text. `text` is text even where it looks like a
//           number, `value_code` a code as in `code`; a row may fill one of the three
// kind      `observation` for a row with a number that does not say, else `other`
// end       a time, `ongoing` or `unknown`; empty: the event is a point
// attr.X    a number, an ISO date, true or false, else text; empty: no attribute. Numbers with leading zeros stay text
//
// A row of kind `patient` tells who the person is: attr.birth, attr.death (dates, or a year) and attr.sex (female, male, other,
// unknown). Rows of kinds patient, death and registration need no code.
//
// A row with a cell that cannot be read so is rejected, not guessed at. A unit beside a value that is no number becomes
// the attribute `unit`. Without `record`, equal rows are told apart by the store.
#include "formats/exchange/cell.h"
#include "formats/exchange/event_extras.h"

namespace chartline::exchange {
namespace {

using record::Kind;
using record::Value;

class EventRows {
 public:
  EventRows(const Csv& csv, const EventColumns& columns, const Reading& reading)
      : csv_(csv), columns_(columns), zone_(reading.options.zone), quality_(reading.quality), extras_(columns, reading.options.zone) {
    source_.organisation = reading.options.source.empty() ? std::string_view("events") : std::string_view(reading.options.source);
  }

  std::optional<Refused> make(record::Record& record) {
    row_ = {};
    row_.event.source = source_;
    row_.person = {source_.organisation, trimmed(csv_[columns_.patient])};
    row_.event.code = codes_.read(csv_[columns_.code]);
    if (row_.person.value.empty()) return Refused{"patient", "missing_patient", "the row names no patient"};
    if (!read_time()) return Refused{"time", "bad_time", "the time is not ISO 8601, or there is no such day"};
    read_value();
    if (!columns_.extras.empty()) {
      if (const auto refused = extras_.read(csv_, codes_, row_)) return refused;
    }
    if (row_.event.code.empty() && needs_code()) return Refused{"code", "missing_code", "the row has no code"};
    settle_kind();
    record.identifiers = {&row_.person, 1};
    record.events = {&row_.event, 1};
    return std::nullopt;
  }

  void done() const {
    if (kinds_defaulted_ > 0) quality_.defaulted("kind", kinds_defaulted_);
  }

 private:
  bool read_time() {
    const std::string_view cell = trimmed(csv_[columns_.time]);
    if (cell.empty()) return true;
    const auto time = parse_local(cell, zone_);
    if (time) row_.event.start = *time;
    return time.has_value();
  }

  void read_value() {
    const std::string_view cell = columns_.value ? trimmed(csv_[*columns_.value]) : std::string_view{};
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

  const Csv& csv_;
  const EventColumns& columns_;
  const record::Zone& zone_;
  Quality& quality_;
  CodeCells codes_;
  EventExtras extras_;
  record::Source source_;
  EventRow row_;
  std::uint64_t kinds_defaulted_ = 0;
};

}  // namespace

Result<void> read_events(const Reading& reading) {
  return read_csv_files(reading, [&](Csv& csv, const Input& input, const Inputs& inputs) -> Result<void> {
    const EventColumns columns = TRY(EventColumns::of(csv, input.name()));
    return read_rows_in_parts(csv, input, inputs, reading, [&](const Csv& part) { return EventRows(part, columns, reading); });
  });
}

}  // namespace chartline::exchange
