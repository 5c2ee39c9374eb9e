// An event as one row for machines: every field, under the names that the event CSV import knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/rows.h"
#include "formats/record/event.h"

namespace chartline::cli {

// patient, patient_system, kind, time, end, ... attributes, text. `time` and `end` are ISO 8601 as precise as known; `end` is also
// `ongoing` or `unknown`, and nothing for a point; `value` is a number, or true and false; a value in words stands in `text`, one that is a code in `value_code`, as SYSTEM|CODE.
std::vector<std::string> event_columns();
Row event_row(const record::Identifier& patient, const record::Event& event);

std::string code_text(const record::Code& code);  // "loinc|4548-4"; "" for no code

}  // namespace chartline::cli
