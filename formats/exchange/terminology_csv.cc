// Terminology as plain CSV: a hierarchy, a mapping, or both. A row says what one code is:
//
//   code            (or child) the code: alone where a column `system` says whose it is, else as icd10:E11.9 or URI|code
//   system          of the code, and of parents and targets that name no other: a short name or URI
//   display         (or term, name, description)
//   parent          the code that it is a kind of; several parents are several rows; may be empty
//   maps_to         the standard code that it means; with its system in the cell, or in a column maps_to_system
//
//   system,code,parent,display
//   icd10,E11.9,E11,Type 2 diabetes without complications
#include <optional>
#include <string>

#include "formats/exchange/cell.h"
#include "formats/exchange/code_cell.h"
#include "formats/exchange/csv_rows.h"
#include "formats/exchange/row_report.h"

namespace chartline::exchange {
namespace {

using record::Code;
using record::Relation;

class TerminologyRows {
 public:
  TerminologyRows(const Csv& csv, const Input& input, const Reading& reading)
      : csv_(csv), sink_(reading.sink), report_(reading.quality, input.name()) {}

  // A row that cannot be used counts as a row that was rejected; others are terminology, and no records.
  Result<void> tell() {
    report_.at(csv_.line());
    codes_.begin_row();
    if (csv_.fault() != RowFault::none) return reject("", rule(csv_.fault()), reason(csv_.fault()));
    const std::string_view system = cell(system_);
    record::Concept entry;
    entry.code = codes_.read(cell(code_), system);
    if (entry.code.empty()) return reject("code", "no_code", "there is no code in the row");
    if (!is_named(entry.code, code_, system)) return reject("code", "no_system", "nothing says whose code it is");
    entry.code.display = cell(display_);
    TRY(sink_.concept_(entry));
    if (!cell(parent_).empty()) {
      const Code parent = beside(parent_, system);
      if (!is_named(parent, parent_, system)) return reject("parent", "no_system", "nothing says whose code it is");
      if (same(parent, entry.code)) return reject("parent", "own_parent", "the code would be a kind of itself");
      TRY(sink_.concept_link({Relation::is_a, entry.code, parent, 1}));
    }
    if (!cell(target_).empty()) {
      const std::string_view other = cell(target_system_).empty() ? system : cell(target_system_);
      const Code target = beside(target_, other);
      if (!is_named(target, target_, other)) return reject("maps_to", "no_system", "nothing says whose code it is");
      if (!same(target, entry.code)) TRY(sink_.concept_link({Relation::maps_to, entry.code, target, 1}));
    }
    return {};
  }

  bool has_code() const { return code_.has_value(); }

 private:
  using Column = std::optional<std::size_t>;

  Column column(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names)
      if (const auto found = csv_.column(name)) return found;
    return std::nullopt;
  }
  std::string_view cell(const Column& column) const { return column ? trimmed(csv_[*column]) : std::string_view{}; }

  // A cell that names a system of its own keeps it; else it is of the one beside it.
  Code beside(const Column& column, std::string_view system) {
    const Code own = codes_.read(cell(column));
    return own.system != local_system || system.empty() ? own : codes_.read(cell(column), system);
  }
  bool is_named(const Code& code, const Column& column, std::string_view system) const {
    return code.system != local_system || !system.empty() || cell(column).starts_with(local_system);
  }
  Result<void> reject(std::string_view field, std::string_view rule, std::string_view reason) const {
    report_.quality().row();
    return report_.rejected(field, rule, reason);
  }

  const Csv& csv_;
  RecordSink& sink_;
  RowReport report_;
  CodeCells codes_;
  const Column code_ = column({"code", "child", "child_code"}), system_ = column({"system", "terminology"}),
               display_ = column({"display", "term", "name", "description"}),
               parent_ = column({"parent", "parent_code"}), target_ = column({"maps_to"}),
               target_system_ = column({"maps_to_system"});
};

}  // namespace

Result<void> read_terminology(const Reading& reading) {
  return read_csv_files(reading, [&](Csv& csv, const Input& input, const Inputs& inputs) -> Result<void> {
    TerminologyRows rows(csv, input, reading);
    if (!rows.has_code()) return invalid_request(input.name() + ": there is no column `code`");
    for (std::uint64_t count = 1; TRY(csv.next()); ++count) {
      if (reading.progress && count % (1 << 15) == 0) reading.progress(inputs.consumed_bytes());
      TRY(rows.tell());
    }
    return {};
  });
}

}  // namespace chartline::exchange
