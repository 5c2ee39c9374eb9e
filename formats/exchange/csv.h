// Csv: rows of comma-separated text (RFC 4180) from an Input, by the names in its header.
//
//   Csv csv = TRY(Csv::open(input));
//   const auto code = csv.column("code");              // column index, in any letter case; nullopt if there is none
//   while (TRY(csv.next())) use(csv[*code], csv.line());
//
// Quoted fields may hold commas, line breaks and doubled quotes; rows end in LF, CRLF or CR LF mixed; a byte order mark is
// dropped; a blank line is no row, except in a file of one column. A row that cannot be taken as it stands is handed over
// all the same, with its fault, so that nothing disappears:
//
//   ragged      it has more or fewer fields than the header; those that are there are given, the rest read as ""
//   bad_quote   text after a closing quote, or a quote that never closes (then the row reaches to the end of the input)
//   too_long    over row_bytes_max: no fields, and reading goes on after the next line end
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/exchange/input.h"

namespace chartline::exchange {

enum class RowFault : std::uint8_t { none, ragged, bad_quote, too_long };

// The rule word of a fault in a Problem ("ragged_row", ...), and a sentence that says what is wrong.
std::string_view rule(RowFault fault);
std::string_view reason(RowFault fault);

inline constexpr std::size_t row_bytes_max = std::size_t{16} << 20;

class Csv {
 public:
  // Reads the header. invalid_request if the input is empty, the header has a fault, or two columns have one name.
  static Result<Csv> open(Input& input, char separator = ',');
  Csv(Csv&&) noexcept;
  Csv& operator=(Csv&&) noexcept;
  ~Csv();

  const std::vector<std::string>& header() const;
  std::optional<std::size_t> column(std::string_view name) const;

  // Moves to the next row; false at the end. What was borrowed from the last row is no longer valid.
  Result<bool> next();

  std::string_view operator[](std::size_t column) const;  // unquoted; "" where the row has no such field
  std::size_t size() const;                                // fields in this row
  RowFault fault() const;
  std::uint64_t line() const;         // where the row starts, from 1 (the header is line 1)
  std::string_view raw() const;       // the row as it stands in the file, without its line end

 private:
  struct Parts;
  explicit Csv(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::exchange
