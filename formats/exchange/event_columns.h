// Columns of the plain event CSV: what each name in a header stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/exchange/csv.h"

namespace chartline::exchange {

// Besides patient, time, code and value, which every row is made of.
enum class EventField : std::uint8_t {
  system,
  kind,
  end,
  unit,
  comparator,
  status,
  certainty,
  source,
  source_system,
  source_person,
  record,
  version,
  sequence,
  encounter,
  author,
  display,
  text,
  value_code,
  value_display,
  translations,
  patient_system,
  part,
  attribute,
  attributes,
};

struct ExtraColumn {
  EventField field;
  std::size_t column;
  std::string name;  // as the header has it; for an attribute, its name without "attr."
};

struct EventColumns {
  std::size_t patient = 0;
  std::size_t time = 0;
  std::size_t code = 0;
  std::optional<std::size_t> value;
  std::vector<ExtraColumn> extras;  // attributes last and by name, the rest in the header's order
  std::string given_by_store;       // columns of an export that are not taken, joined by commas
  bool has_parts = false;           // rows of one record stand together

  // invalid_request, listing the known names, for a column that is none of them, for one named twice under two names, or
  // where patient, time or code is missing.
  static Result<EventColumns> of(const Csv& csv, const std::string& file);
};

}  // namespace chartline::exchange
