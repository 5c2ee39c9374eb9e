// The further fields of an event CSV row, behind patient, time, code and value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/exchange/cell.h"
#include "formats/exchange/code_cell.h"
#include "formats/exchange/csv.h"
#include "formats/exchange/csv_rows.h"
#include "formats/exchange/event_columns.h"
#include "formats/exchange/event_json.h"
#include "formats/record/event.h"
#include "formats/record/time.h"

namespace chartline::exchange {

// What a row makes. Borrows from the row, and from the EventExtras and CodeCells it was read with.
struct EventRow {
  record::Event event;
  record::Identifier person;
  bool kind_said = false;
};

// "5", "<5", ">= 5"; nullopt for other text. A comparator alone is text.
std::optional<record::Value> number_cell(std::string_view cell);

// Whether it has one of which not all digits can be kept, so that it is text.
bool is_long_number(std::string_view cell);

// What a cell of no known column holds: true or false, a number, an ISO date, else text. Numbers with leading zeros are text.
record::Value typed_cell(std::string_view cell, const record::Zone& zone);

class EventExtras {
 public:
  explicit EventExtras(const EventColumns& columns, const record::Zone& zone)
      : columns_(columns), zone_(zone), json_(zone) {}

  // Fills in `row`, whose event has its time, value and organisation, and its code as far as the code cell tells.
  std::optional<Refused> read(const Csv& csv, CodeCells& codes, EventRow& row);

 private:
  std::optional<Refused> read_cell(const Csv& csv, const ExtraColumn& column, std::string_view cell, CodeCells& codes,
                                   EventRow& row);
  std::optional<Refused> set_value(EventRow& row, const record::Value& value);
  std::optional<Refused> settle_person();
  std::optional<Refused> settle(EventRow& row);
  void add_attribute(std::string_view name, const record::Value& value);
  std::optional<Refused> add_translations(std::string_view cell, CodeCells& codes);
  std::optional<Refused> add_attributes(std::string_view cell, CodeCells& codes);

  const EventColumns& columns_;
  const record::Zone& zone_;
  EventJson json_;

  // Of the current row.
  std::string_view system_, unit_, display_, value_display_, patient_system_;
  std::optional<record::Comparator> comparator_;
  std::vector<record::Code> translations_;
  std::vector<record::Attribute> attributes_;
  std::string nhs_number_, sex_;
};

}  // namespace chartline::exchange
