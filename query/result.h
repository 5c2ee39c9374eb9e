// Results: what the statements of a query give, as a stream of columnar batches. A sink takes them in order: begin of a
// statement, its batches, its end; then the next statement. Definitions (param, codes, let, cohort) give nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/cell.h"

namespace chartline::query {

enum class ColumnForm : std::uint8_t {
  truth,    // bool
  integer,  // std::int64_t: counts, ages, years
  number,   // double
  time,     // record::Time: dates and instants
  text,
  any,  // differs from row to row: the value of an event, an attribute
};

struct ResultColumn {
  std::string name;
  ColumnForm form = ColumnForm::any;
  std::string unit{};  // of a number, where all rows have the same
};

struct Batch {
  std::vector<std::vector<Cell>> columns;  // as many as the schema has, all of one length
  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
};

struct Schema {
  std::string statement;  // the word it begins with: count, list, explain, ...
  std::string text;       // the statement as printed, one line
  std::vector<ResultColumn> columns;
};

class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual Result<void> begin(const Schema& schema) = 0;
  virtual Result<void> rows(const Batch& batch) = 0;  // in order; at most some thousands of rows
  virtual Result<void> end() = 0;
};

// Keeps everything: for tests, and results that are known to be small.
struct Answer {
  Schema schema;
  std::vector<std::vector<Cell>> rows;  // one vector a row
};
class Answers final : public ResultSink {
 public:
  std::vector<Answer> all;
  Result<void> begin(const Schema& schema) override;
  Result<void> rows(const Batch& batch) override;
  Result<void> end() override;
};

}  // namespace chartline::query
