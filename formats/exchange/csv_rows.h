// What every format of one CSV file and one record per row does alike: open the files, hand each row to the format's own
// function, and see that rows in = records out + rejects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/exchange/csv.h"
#include "formats/exchange/input.h"
#include "formats/exchange/readers.h"

namespace chartline::exchange {

// Why a row became no record. Views to text that outlives the row.
struct Refused {
  std::string_view field;  // column
  std::string_view rule;
  std::string_view reason;
};

// Whether a file found in a folder or archive is CSV by its name: "a.csv", "a.csv.gz"; in any letter case.
bool is_csv_name(std::string_view name);

// Runs `read_one(Csv&, const Input&, const Inputs&)` over each input that was named outright or found as *.csv.
template <typename ReadOne>
Result<void> read_csv_files(const Reading& reading, ReadOne read_one) {
  auto inputs = TRY(Inputs::open(reading.paths));
  for (;;) {
    Input* input = TRY(inputs.next());
    if (input == nullptr) break;
    bool wanted = is_csv_name(input->name());
    for (const std::string& path : reading.paths) wanted |= input->name() == path;
    if (!wanted) continue;
    auto csv = TRY(Csv::open(*input));
    TRY(read_one(csv, *input, inputs));
  }
  if (reading.progress) reading.progress(inputs.consumed_bytes());
  return {};
}

// Runs `make_record(Record&) -> optional<Refused>` over each row that has no fault.
template <typename MakeRecord>
Result<void> read_rows(Csv& csv, const Input& input, const Inputs& inputs, const Reading& reading, MakeRecord make_record) {
  const auto reject = [&](std::string_view field, std::string_view rule, std::string_view reason) {
    return reading.quality.problem({.outcome = Problem::Outcome::rejected,
                                    .place = {input.name(), csv.line(), std::string(field)},
                                    .rule = std::string(rule),
                                    .reason = std::string(reason)});
  };
  constexpr std::uint64_t rows_between_reports = 1 << 15;
  for (std::uint64_t rows = 1; TRY(csv.next()); ++rows) {
    reading.quality.row();
    if (reading.progress && rows % rows_between_reports == 0) reading.progress(inputs.consumed_bytes());
    if (csv.fault() != RowFault::none) {
      TRY(reject("", rule(csv.fault()), reason(csv.fault())));
      continue;
    }
    record::Record record;
    if (const std::optional<Refused> refused = make_record(record)) {
      TRY(reject(refused->field, refused->rule, refused->reason));
      continue;
    }
    if (reading.options.keep_originals) record.original = csv.raw();
    TRY(reading.sink.record(record));
    reading.quality.accepted(record);
  }
  return {};
}

}  // namespace chartline::exchange
