// Code cells: a code and its system written in one cell.
//
//   "snomed|44054006", "http://loinc.org|4548-4"   the system before the bar: a short name or a URI
//   "icd10:E11.9"                                  the system before the colon, if it is one that Chartline knows
//   "X:17", "HbA1c"                                else the whole cell is the code, of the system given beside it
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "formats/exchange/text_map.h"
#include "formats/record/event.h"

namespace chartline::exchange {

inline constexpr std::string_view local_system = "local";

class CodeCells {
 public:
  // What was read for rows before may be gone from now on.
  void begin_row();
  // `system`: short name, URI or ""; for "", the cell is searched for one, and `local` is taken where it names none. Empty
  // code for an empty cell. Borrows from the arguments, or from this object until the next row.
  record::Code read(std::string_view cell, std::string_view system = {});

 private:
  struct Names {  // in canonical form
    std::string system, code;
  };
  static Names canonical(std::string_view cell, std::string_view system);

  // The cells that were met last, by a little of their text: most are met again and again.
  using Cell = TextMap<Names>::value_type;
  static std::size_t place_of(std::string_view cell);
  static constexpr unsigned met_bits = 11;
  std::array<const Cell*, 1u << met_bits> met_{};  // of cells_

  TextMap<Names> cells_;      // that stand alone
  TextMap<Names> of_system_;  // by system, a nought, cell
  std::string key_;
};

}  // namespace chartline::exchange
