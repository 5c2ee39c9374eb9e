// Which column of a CSV holds the codes of a code list, and of which system they are. Names are compared by their letters
// and digits alone, in any case: "ICD-10 code", "icd10code".
//
//   column   the one named; else the only one whose name says both codes and a system ("Readcode", "SNOMED_ConceptId"), or of
//            several the one whose system the file's name has; else one named code, conceptId, clinical_code or icd_code
//   system   of each row, where a column terminology, coding_system or system says it; else the one named; else the
//            column's; else the file name's ("..._ICD10.csv", "...-dmd.csv"); else that of a second column with the same
//            codes ("dmd_id"); else SNOMED CT, where every code has its check digit
//
// What is in doubt is refused: a list of codes under the wrong system would match nothing, and nobody would know.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/exchange/code_list.h"

namespace chartline::exchange {

struct CodeListColumns {
  std::size_t code = 0;
  std::optional<std::size_t> system, display;
  std::string code_system;                                  // "" where the system is yet to be found from the codes
  std::vector<std::pair<std::size_t, std::string>> others;  // further columns of codes, with their systems
};

// nullopt where no column of the header could hold codes.
Result<std::optional<CodeListColumns>> find_code_list_columns(const std::vector<std::string>& header,
                                                              std::string_view file, const CodeListOptions& options);

// The short name for how publishers call a system ("SNOMED CT", "Read", "dm+d"), a short name or a URI; "" for none known.
std::string code_list_system(std::string_view word);

// SNOMED CT: 6 to 18 digits, the last a Verhoeff check digit.
bool is_snomed_id(std::string_view code);

}  // namespace chartline::exchange
