// Csv: rows of comma-separated text (RFC 4180) from an Input, by the names in its header.
//
//   Csv csv = TRY(Csv::open(input));
//   const auto code = csv.column("code");              // column index, in any letter case; nullopt if there is none
//   while (TRY(csv.next())) use(csv[*code], csv.line());
//
// Quoted fields may hold commas, line breaks and doubled quotes; a quote inside an unquoted field is a letter like others.
// Rows end in LF or CRLF, mixed if need be; a byte order mark is dropped; a blank line is no row, except in a file of one
// column. A row that cannot be taken as it stands is handed over all the same, with its fault, so that nothing disappears:
//
//   ragged      it has more or fewer fields than the header; those that are there are given, the rest read as ""
//   bad_quote   text after a closing quote, or a quote that does not close within row_bytes_max: then the row is taken to
//               end with its line, so that one stray quote costs one line and not the rest of the file
//   too_long    one line of more than row_bytes_max: no fields, and reading goes on after its end
//   bad_utf8    bytes that are not UTF-8; the fields are given as they stand
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/exchange/input.h"

namespace chartline::exchange {

enum class RowFault : std::uint8_t { none, ragged, bad_quote, too_long, bad_utf8 };

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
  // Whether the next row is yet to come from a stream, which may keep its reader waiting.
  bool waits_for_next() const;

  std::string_view operator[](std::size_t column) const;  // unquoted; "" where the row has no such field
  std::span<const std::string_view> fields() const;       // all of this row
  RowFault fault() const;
  std::uint64_t line() const;    // where the row starts, from 1 (the header is line 1)
  std::string_view raw() const;  // the row as it stands in the file, without its line end; "" if too long

  // Reading a plain file in parts, several at once. `part` reads the rows that start in [begin, end) of the input, where
  // begin is the start of a row; past_row() is where the last row read ended, so where the next one starts. Quotes
  // make it impossible to know from its middle where a file's rows start: row_start_after guesses (after the next line end,
  // rarely wrong), and the guess is right exactly if the part before ends there: else read the part again from there.
  Result<Csv> part(const Input& input, std::uint64_t begin, std::uint64_t end, std::uint64_t first_line) const;
  static Result<std::uint64_t> row_start_after(const Input& input, std::uint64_t offset);
  // Rows that are lines, without a quote, and in memory already: `text`, which stands at `begin` of the input, and behind which
  // StructuralCursor::reads_past bytes may be read. Both outlive what is returned.
  Csv lines(std::string_view text, bool is_ascii, std::uint64_t begin, std::uint64_t first_line) const;
  std::uint64_t past_row() const;   // byte offset in the decompressed input
  std::uint64_t past_line() const;  // and its line

 private:
  struct Parts;
  explicit Csv(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::exchange
