// Rows of named columns, written as table, csv, json, ndjson or markdown. Memory does not grow with the rows: a table is
// aligned block by block, its columns never narrower than in the block before. Long cells of a table are cut on a terminal
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/console.h"

namespace chartline::cli {

enum class Form : std::uint8_t { table, csv, json, ndjson, markdown, arrow };

// `otherwise` where no form was asked for. unsupported for `arrow` where only rows of text are written: typed columns are
// what results of queries have.
enum class Typed : std::uint8_t { no, yes };
Result<Form> form_of(std::string_view word, Form otherwise, Typed typed = Typed::no);

struct Cell {
  enum class Type : std::uint8_t { none, text, number, truth, nested };
  Type type = Type::none;
  std::string text;  // as every form but JSON shows it; a number's digits, "true" or "false"
  std::string json;  // nested only: an array or object
};
Cell text_cell(std::string_view text);  // none where empty
Cell number_cell(std::string_view digits);
Cell number_cell(std::uint64_t number);
Cell truth_cell(bool truth);
Cell nested_cell(std::string text, std::string json);
Cell list_cell(const std::vector<std::string>& items);  // an array of texts; joined by semicolons where it is no JSON

using Row = std::vector<Cell>;

class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual Result<void> row(const Row& row) = 0;
  virtual Result<void> end() = 0;  // once, after the last row
};
using Sink = std::function<Result<void>(std::string_view)>;
// Of any form but arrow (see result_writer.h).
std::unique_ptr<RowWriter> row_writer(Form form, std::vector<std::string> columns, const Look& look, Sink sink);

std::string json_text(std::string_view text);  // as a JSON string; bytes that are not UTF-8 are replaced
std::string json_object(const std::vector<std::string>& columns, const Row& row);

// One set of named values: a table of two columns, or one object.
struct Field {
  std::string name;
  Cell value;
};
Result<void> write_fields(Form form, const std::vector<Field>& fields, Console& console);

}  // namespace chartline::cli
