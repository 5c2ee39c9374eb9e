// Code cells: a code and its system written in one cell.
//
//   "snomed|44054006", "http://loinc.org|4548-4"   the system before the bar: a short name or a URI
//   "icd10:E11.9"                                  the system before the colon, if it is one that Chartline knows
//   "X:17", "HbA1c"                                else the whole cell is the code, of the system given beside it
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "formats/record/event.h"

namespace chartline::exchange {

inline constexpr std::string_view local_system = "local";

class CodeCells {
 public:
  // `system`: short name, URI or ""; for "", the cell is searched for one, and `local` is taken where it names none. Empty
  // code for an empty cell. Borrows from the arguments, or from this object until 100,000 further codes were read.
  record::Code read(std::string_view cell, std::string_view system = {});

 private:
  using Names = std::pair<std::string, std::string>;  // system and code in canonical form

  struct Known {
    std::unordered_map<std::string, Names> codes;
  };
  const Names& canonical(std::string_view system, std::string_view code);

  Known now_, before_;  // two generations: the older one is dropped whole, the borrowed texts of the last rows stay
  std::string key_;
};

}  // namespace chartline::exchange
