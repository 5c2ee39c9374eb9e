// Code lists as others publish them: a set of codes under a name, to be kept by a store and used by queries.
//
//   CSV        a header, then one code a row: OpenCodelists (code,term,...), HDR UK and CALIBER (ICD10code,...;
//              terminology,code,term; Read code,...), or any other with its column named. code_list_columns.h says how the
//              column and the system of the codes are found
//   ValueSet   FHIR: the expansion where there is one, else what `compose` includes and excludes: concepts, whole systems,
//              and the filters is-a and descendent-of. What cannot be kept exactly (references to other value sets, other
//              filters) refuses the whole list, because the rest of it would be another list
//
// Every row becomes a code, repeats one, or is rejected with its line: rows = codes + repeated + rejected.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/exchange/reader.h"

namespace chartline::exchange {

struct ListedCode {
  enum class Reach : std::uint8_t { one, prefix, descendants, self_and_descendants };
  std::string system, code;  // canonical
  std::string display{};
  Reach reach = Reach::one;
  bool excluded = false;
};

struct CodeListOptions {
  std::string system{};  // of codes without a system of their own: a short name or URI; "" is found out
  std::string column{};  // with the codes, by its name in the header; "" is found out
};

struct CodeListRead {
  std::vector<ListedCode> codes;  // as they come, each once
  std::vector<Problem> problems;  // rejected rows, and codes that were kept in spite of a doubt
  std::uint64_t rows = 0, repeated = 0, rejected = 0;
  std::string hash;   // of the bytes read, decompressed
  std::string taken;  // what was found out, for a person: "column `code` as snomed"
};

inline constexpr std::uint64_t code_list_bytes_max = std::uint64_t{256} << 20;

// One file; may be compressed. invalid_request where it is no code list, or its column or system is in doubt.
Result<CodeListRead> read_code_list(const std::string& path, const CodeListOptions& options);

}  // namespace chartline::exchange
