// What every format of one CSV file and one record per row does alike: open the files, hand each row to the format's own
// function, and see that rows in = records out + rejects.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "formats/exchange/csv.h"
#include "formats/exchange/csv_folder.h"
#include "formats/exchange/csv_parts.h"
#include "formats/exchange/input.h"
#include "formats/exchange/readers.h"
#include "formats/record/validate.h"

namespace chartline::exchange {

inline const Progress no_progress;

// Why a row became no record. Views to text that outlives the row.
struct Refused {
  std::string_view field;  // column
  std::string_view rule;
  std::string_view reason;
};

// Whether a file found in a folder or archive is CSV by its name: "a.csv", "a.csv.gz"; in any letter case.
bool is_csv_name(std::string_view name);

// Runs `read_one(Csv&, const Input&, const Inputs&)` over each input that was named outright or found as *.csv; the report
// names the others.
template <typename ReadOne>
Result<void> read_csv_files(const Reading& reading, ReadOne read_one) {
  auto inputs = TRY(Inputs::open(reading.paths));
  for (;;) {
    Input* input = TRY(inputs.next());
    if (input == nullptr) break;
    if (!is_table_file(*input, reading.paths)) {
      RowReport report(reading.quality, input->name());
      TRY(not_read(report, "it is no CSV file"));
      continue;
    }
    auto csv = TRY(Csv::open(*input));
    TRY(read_one(csv, *input, inputs));
  }
  if (reading.progress) reading.progress(inputs.consumed_bytes());
  return {};
}

// Plain events of a format's rows on their way to the sink, many at a time.
template <typename Rows>
class PlainRows {
 public:
  PlainRows(Rows& rows, const Reading& reading) : rows_(rows), reading_(reading) {}
  // Whether the row at hand is one.
  bool take() {
    if constexpr (Rows::has_plain_rows) {
      if (!rows_.plain(events_[count_])) return false;
      ++count_;
      return true;
    }
    return false;
  }
  bool full() const { return count_ == events_.size(); }
  // Before any other row is told of, and at the end.
  Result<void> flush() {
    if constexpr (Rows::has_plain_rows) {
      if (count_ == 0) return {};
      const record::PlainEvents events = rows_.plain_events(std::span(events_).first(count_));
      count_ = 0;
      TRY(reading_.sink.plain(events));
      reading_.quality.rows_accepted(events);
      rows_.plain_events_taken();
    }
    return {};
  }

 private:
  Rows& rows_;
  const Reading& reading_;
  std::size_t count_ = 0;
  std::vector<record::PlainEvent> events_ = std::vector<record::PlainEvent>(Rows::has_plain_rows ? 2048 : 0);
};

// Runs `rows.make(Record&) -> optional<Refused>` over each row that has no fault, and tells what `rows.repaired()` says of it. Formats that have plain rows are asked for one first:
// `rows.plain(PlainEvent&)`.
template <typename Rows>
Result<void> read_rows(Csv& csv, const Input& input, const Inputs& inputs, const Reading& reading, Rows& rows_of) {
  const auto tell = [&](Problem::Outcome outcome, const Refused& what) {
    return reading.quality.problem({.outcome = outcome,
                                    .place = {input.name(), csv.line(), std::string(what.field)},
                                    .rule = std::string(what.rule),
                                    .reason = std::string(what.reason)});
  };
  const auto reject = [&](const Refused& what) { return tell(Problem::Outcome::rejected, what); };
  constexpr std::uint64_t rows_between_reports = 1 << 15;
  PlainRows<Rows> plain(rows_of, reading);
  for (std::uint64_t rows = 1; TRY(csv.next()); ++rows) {
    if (reading.progress && rows % rows_between_reports == 0) reading.progress(inputs.consumed_bytes());
    if (csv.fault() == RowFault::none && plain.take()) {
      if (plain.full() || csv.waits_for_next()) TRY(plain.flush());  // what has come is not kept until more does
      continue;
    }
    TRY(plain.flush());
    reading.quality.row();
    if (csv.fault() != RowFault::none) {
      TRY(reject({"", rule(csv.fault()), reason(csv.fault())}));
      continue;
    }
    record::Record record;
    if (const std::optional<Refused> refused = rows_of.make(record)) {
      TRY(reject(*refused));
      continue;
    }
    if (reading.options.keep_originals) record.original = csv.raw();
    if (const Result<void> valid = record::validate(record); !valid) {
      TRY(reject({"", not_kept, valid.error().message}));
      continue;
    }
    if (const std::optional<Refused> repaired = rows_of.repaired()) TRY(tell(Problem::Outcome::repaired, *repaired));
    TRY(reading.sink.record(record));
    reading.quality.accepted(record);
  }
  return plain.flush();
}

// read_rows() with several threads, each over parts of the file. `make_rows(const Csv&)` gives what makes the records of one
// part after another: `begin(const Csv&)`, `make(Record&)` as above, `has_plain_rows`, and `done()`. Falls back to one thread where the file or the sink wants that.
template <typename MakeRows>
Result<void> read_rows_in_parts(Csv& csv, const Input& input, const Inputs& inputs, const Reading& reading,
                                MakeRows make_rows) {
  // Large parts cost least; a file that is not large is shared by all threads nevertheless.
  constexpr std::uint64_t MiB = 1 << 20;
  const std::uint64_t part_bytes =
      std::clamp(input.plain_bytes().value_or(0) / (2 * std::max(1u, reading.options.threads)), MiB, 4 * MiB);
  std::optional<CsvCutter> cutter = reading.options.threads > 1 ? CsvCutter::make(csv, input, part_bytes) : std::nullopt;
  std::unique_ptr<RecordSink> first = cutter ? reading.sink.part() : nullptr;
  if (!first) {
    auto rows = make_rows(csv);
    TRY(read_rows(csv, input, inputs, reading, rows));
    rows.done();
    return {};
  }
  std::mutex mutex;  // of the next part, and the first error
  std::size_t next = 0;
  std::optional<std::size_t> failed;
  Result<void> failure;
  const auto fail = [&](std::size_t place, Result<void> why) {
    if (!failed || place < *failed)
      failed = place, failure = std::move(why);  // the error that one thread would have met
  };
  const auto work = [&] {
    auto rows = make_rows(csv);  // of a thread, with what it has learnt
    CsvPart range;
    for (;;) {
      std::size_t place = 0;
      std::unique_ptr<RecordSink> sink;
      {
        const std::lock_guard lock(mutex);
        if (failed) return;
        place = next++;
        const Result<bool> found = cutter->next(range);
        if (!found) return fail(place, found.error());
        if (!*found) return;
        sink = place == 0 ? std::move(first) : reading.sink.part();
        if (place > 0 && reading.progress) reading.progress(range.begin);
      }
      const auto read_part = [&]() -> Result<void> {
        const Reading part_reading{reading.paths, reading.options, *sink, reading.quality, no_progress};
        Csv part = TRY(range.open(csv, input));
        rows.begin(part);
        TRY(read_rows(part, input, inputs, part_reading, rows));
        rows.done();
        return {};
      };
      Result<void> read = read_part();
      if (read) continue;
      const std::lock_guard lock(mutex);
      fail(place, std::move(read));
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < reading.options.threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return failure;
}

}  // namespace chartline::exchange
