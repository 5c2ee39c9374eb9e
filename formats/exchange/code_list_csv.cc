#include <algorithm>

#include "formats/exchange/cell.h"
#include "formats/exchange/code_list_columns.h"
#include "formats/exchange/code_list_parts.h"
#include "formats/exchange/csv.h"
#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

constexpr int lines_before_header_max = 10;  // titles and blank lines, as spreadsheets have them
constexpr std::size_t code_bytes_max = 200;

struct Row {
  std::uint64_t line = 0;
  RowFault fault = RowFault::none;
  bool blank = false;
  std::string code, system, display;
  std::vector<std::string> others;  // cells of further columns of codes
};

// ISO 8859-1, which spreadsheets still write, as UTF-8.
std::string from_latin(std::string_view text) {
  std::string made;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) made += c;
    else made += static_cast<char>(0xc0 | byte >> 6), made += static_cast<char>(0x80 | (byte & 0x3f));
  }
  return made;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// A header that repeats names (most often "") is no worse for it here: all but the first are left aside.
std::string with_own_names(std::string_view header) {
  std::vector<std::string> seen;
  std::string made;
  std::size_t number = 0;
  while (true) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string name(header.substr(0, end));
    const std::string key = lower(trimmed(name));
    if (std::ranges::find(seen, key) != seen.end()) name = "column " + std::to_string(number + 1);
    seen.push_back(key);
    made += (number++ == 0 ? "" : ",") + name;
    if (end == header.size()) return made;
    header.remove_prefix(end + 1);
  }
}

class Reader {
 public:
  Reader(const CodeListOptions& options, CodeListGathering& into) : options_(options), into_(into) {}

  Result<void> read(std::string_view bytes) {
    TRY(read_rows(bytes));
    if (columns_.code_system.empty() && !columns_.system) columns_.code_system = TRY(system_from_codes());
    into_.read.taken = "column `" + column_ + "`" +
                       (columns_.code_system.empty() ? " with the system of each row" : " as " + columns_.code_system);
    for (const Row& row : rows_) take(row);
    return {};
  }

 private:
  // The header is the first line with a column of codes; what stands before it is rejected by line.
  Result<void> read_rows(std::string_view bytes) {
    std::string names;
    for (std::uint64_t skipped = 0; skipped <= lines_before_header_max && !bytes.empty(); ++skipped) {
      const std::size_t end = std::min(bytes.find('\n'), bytes.size());
      std::string_view first = bytes.substr(0, end);
      if (first.ends_with('\r')) first.remove_suffix(1);
      const bool quoted = first.find('"') != first.npos;
      std::string text = (quoted ? std::string(first) : with_own_names(first)) + std::string(bytes.substr(first.size()));
      MemoryInput input(into_.file(), std::move(text));
      auto csv = Csv::open(input);
      if (csv) {
        auto columns = TRY(find_code_list_columns(csv->header(), into_.file(), options_));
        if (columns) {
          columns_ = std::move(*columns);
          column_ = csv->header()[columns_.code];
          return gather(*csv, skipped);
        }
        if (names.empty())
          for (const std::string& name : csv->header()) names += (names.empty() ? "" : ", ") + name;
      }
      into_.row();
      into_.reject(skipped + 1, "", "before_header", "the line stands before the header");
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    const std::string what =
        options_.column.empty() ? "no column of codes is recognised" : "there is no column of this name";
    return invalid_request(into_.file() + ": " + what + (names.empty() ? "" : " among " + names));
  }

  Result<void> gather(Csv& csv, std::uint64_t skipped) {
    while (TRY(csv.next())) {
      Row& row = rows_.emplace_back();
      row.line = csv.line() + skipped, row.fault = csv.fault();
      const auto fields = csv.fields();
      row.blank = std::ranges::all_of(fields, [](std::string_view field) { return trimmed(field).empty(); });
      // Commas behind the last column say nothing.
      const std::size_t width = csv.header().size();
      if (row.fault == RowFault::ragged && fields.size() > width &&
          std::ranges::all_of(fields.subspan(width), [](std::string_view field) { return trimmed(field).empty(); }))
        row.fault = RowFault::none;
      row.code = trimmed(csv[columns_.code]);
      if (columns_.system) row.system = trimmed(csv[*columns_.system]);
      if (columns_.display) row.display = trimmed(csv[*columns_.display]);
      for (const auto& [column, system] : columns_.others) row.others.emplace_back(trimmed(csv[column]));
      if (row.fault == RowFault::bad_utf8 && is_ascii(row.code) && is_ascii(row.system))
        row.display = from_latin(row.display), row.fault = RowFault::none;
    }
    return {};
  }

  Result<std::string> system_from_codes() const {
    const auto in_every_row = [&](const auto& holds) {
      bool any = false;
      for (const Row& row : rows_) {
        if (row.code.empty() || row.fault != RowFault::none) continue;
        if (!holds(row)) return false;
        any = true;
      }
      return any;
    };
    for (std::size_t i = 0; i < columns_.others.size(); ++i)
      if (in_every_row([i](const Row& row) { return row.others[i] == row.code; })) return columns_.others[i].second;
    if (in_every_row([](const Row& row) { return is_snomed_id(row.code); })) return std::string("snomed");
    return invalid_request(into_.file() + ": nothing says of which system the codes in `" + column_ + "` are; name it");
  }

  void take(const Row& row) {
    into_.row();
    if (row.blank) return into_.reject(row.line, "", "empty_row", "there is nothing in the row");
    if (row.fault != RowFault::none) return into_.reject(row.line, "", rule(row.fault), reason(row.fault));
    if (row.code.empty()) return into_.reject(row.line, column_, "no_code", "there is no code in the row");
    if (row.code.size() > code_bytes_max || row.code.ends_with('*') || !is_ascii(row.code))
      return into_.reject(row.line, column_, "bad_code", "it is not one code");
    std::string system = columns_.code_system;
    if (columns_.system && (!row.system.empty() || system.empty())) {
      system = code_list_system(row.system);
      if (system.empty())
        return into_.reject(row.line, "", "unknown_system", "the code's system is not one that is known here");
    }
    std::string code = record::canonical_code(system, row.code);
    if (system == "snomed" || system == "dmd") {
      if (!std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; }))
        return into_.reject(row.line, column_, "bad_code", "codes of this system are digits");
      if (!is_snomed_id(code))
        into_.doubt(row.line, column_, "check_digit", "the check digit is wrong; the code is kept");
    }
    into_.take({std::move(system), std::move(code), row.display, ListedCode::Reach::one, false});
  }

  const CodeListOptions& options_;
  CodeListGathering& into_;
  CodeListColumns columns_;
  std::string column_;
  std::vector<Row> rows_;
};

}  // namespace

Result<void> read_code_list_csv(std::string_view bytes, const CodeListOptions& options, CodeListGathering& into) {
  return Reader(options, into).read(bytes);
}

}  // namespace chartline::exchange
