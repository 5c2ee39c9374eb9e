// Reads the CSV files that Synthea writes: <table>.csv, in any letter case and wrapping. A file without such a name is known
// by its columns. One that is neither is named in the quality report, if there is anything in it.
//
// patients.csv is read once before the rest, so that events before birth and rows of unknown patients are noticed;
// standard input can be read only once, and there they are not.
#include <algorithm>

#include "formats/exchange/csv.h"
#include "formats/exchange/csv_folder.h"
#include "formats/exchange/input.h"
#include "formats/exchange/readers.h"
#include "formats/exchange/row_report.h"
#include "formats/exchange/synthea_row.h"
#include "formats/exchange/synthea_tables.h"

namespace chartline::exchange {
namespace {

// The table of which the file has the most columns, if those are more than half of the file's own.
const SyntheaTable* table_by_header(const Csv& csv) {
  const SyntheaTable* best = nullptr;
  std::size_t most = csv.header().size() / 2;
  for (const SyntheaTable& table : synthea_tables()) {
    const auto known = static_cast<std::size_t>(
        std::count_if(table.columns.begin(), table.columns.end(),
                      [&](const SyntheaColumn& column) { return csv.column(column.name).has_value(); }));
    if (known > most) best = &table, most = known;
  }
  return best;
}

Result<void> read_file(Input& input, const Inputs& inputs, const Reading& reading, const SyntheaLives& lives) {
  RowReport report(reading.quality, input.name());
  if (!is_table_file(input, reading.paths)) return not_read(report, "it is no CSV file");
  auto opened = Csv::open(input);
  if (!opened) {
    if (opened.error().fault != Fault::invalid_request) return opened.error();
    return not_read(report, opened.error().message);
  }
  Csv& csv = *opened;
  const SyntheaTable* table = find_synthea_table(table_stem(input.name()));
  if (table == nullptr) table = table_by_header(csv);
  const auto rows = table != nullptr ? SyntheaRows::bind(*table, csv, reading.options, lives, report) : nullptr;
  for (std::uint64_t count = 1; TRY(csv.next()); ++count) {
    if (!rows)
      return not_read(report,
                      table == nullptr ? "it is no table that is read" : "it does not say whom its rows are about");
    TRY(rows->tell(reading.sink));
    if (reading.progress && count % rows_per_progress == 0) reading.progress(inputs.consumed_bytes());
  }
  return {};
}

Result<SyntheaLives> read_lives(const Reading& reading) {
  SyntheaLives lives;
  if (std::find(reading.paths.begin(), reading.paths.end(), "-") != reading.paths.end()) return lives;
  auto inputs = TRY(Inputs::open(reading.paths));
  while (Input* input = TRY(inputs.next())) {
    if (table_stem(input->name()) != "patients" || !is_table_file(*input, reading.paths)) continue;
    auto csv = Csv::open(*input);
    while (csv && TRY(csv->next())) learn_life(*csv, reading.options.zone, lives);
  }
  return lives;
}

}  // namespace

Result<void> read_synthea(const Reading& reading) {
  const SyntheaLives lives = TRY(read_lives(reading));
  auto inputs = TRY(Inputs::open(reading.paths));
  while (Input* input = TRY(inputs.next())) TRY(read_file(*input, inputs, reading, lives));
  if (reading.progress) reading.progress(inputs.consumed_bytes());
  return {};
}

}  // namespace chartline::exchange
