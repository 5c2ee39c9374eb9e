// One patient of a bulk load: the same decisions as writing record by record, from nothing, and everything numbered.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "engine/dictionary.h"
#include "engine/import.h"
#include "engine/row_sorter.h"

namespace chartline::engine {

struct BulkPatient {
  std::vector<stored::Row> rows;                                      // current, in the total order
  std::vector<stored::Row> past;                                      // replaced within the load, in the total order
  std::vector<std::pair<std::uint32_t, std::string_view>> originals;  // ascending by number
  std::uint32_t last_number = 0;
  Hash128 content, past_content;
  Micros last_recorded = 0;   // each version of a record is a microsecond after the one before
  bool demographics = false;  // has events of kind patient or death
};
BulkPatient decide_all(RowSorter::Sorted& sorted, const Dictionary& names, Micros recorded, ImportCounts& counts);

}  // namespace chartline::engine
