// Results as Arrow: truths, integers and numbers in columns of their own type. Times are texts in ISO 8601, since a column
// of them may hold instants, days, months and years, and no type of Arrow's keeps apart how much was known. Columns whose
// type differs from row to row are texts too. The form of a column stands in its metadata.
#include <optional>

#include "cli/result_writer.h"
#include "formats/exchange/arrow_stream.h"

namespace chartline::cli {
namespace {

using exchange::ArrowColumn;
using exchange::ArrowField;
using exchange::ArrowStream;
using exchange::ArrowType;
using query::ColumnForm;

std::string_view name(ColumnForm form) {
  switch (form) {
    case ColumnForm::truth: return "truth";
    case ColumnForm::integer: return "integer";
    case ColumnForm::number: return "number";
    case ColumnForm::time: return "time";
    case ColumnForm::text: return "text";
    case ColumnForm::any: return "any";
  }
  return "any";
}

ArrowType type_of(ColumnForm form) {
  switch (form) {
    case ColumnForm::truth: return ArrowType::boolean;
    case ColumnForm::integer: return ArrowType::int64;
    case ColumnForm::number: return ArrowType::float64;
    default: return ArrowType::utf8;
  }
}

// false: the cell is not of the column's form.
bool add(ArrowColumn& column, ColumnForm form, const query::Cell& cell) {
  if (query::is_missing(cell)) return column.add_null(), true;
  const auto* truth = std::get_if<bool>(&cell);
  const auto* whole = std::get_if<std::int64_t>(&cell);
  const auto* number = std::get_if<double>(&cell);
  switch (form) {
    case ColumnForm::truth: return truth && (column.add(*truth), true);
    case ColumnForm::integer: return whole && (column.add(*whole), true);
    case ColumnForm::number:
      if (whole) return column.add(static_cast<double>(*whole)), true;
      return number && (column.add(*number), true);
    default: return column.add(std::string_view(query::print(cell))), true;
  }
}

class ArrowResults final : public query::ResultSink {
 public:
  explicit ArrowResults(Sink sink) : sink_(std::move(sink)) {}

  Result<void> begin(const query::Schema& schema) override {
    columns_ = schema.columns;
    std::vector<ArrowField> fields;
    for (const query::ResultColumn& column : columns_) {
      fields.push_back({column.name, type_of(column.form), {{"form", std::string(name(column.form))}}});
      if (!column.unit.empty()) fields.back().metadata.emplace_back("unit", column.unit);
    }
    stream_ = TRY(ArrowStream::begin(std::move(fields), {{"statement", schema.text}}, sink_));
    return {};
  }

  Result<void> rows(const query::Batch& batch) override {
    if (batch.rows() == 0) return {};
    std::vector<ArrowColumn> columns;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      ArrowColumn& column = columns.emplace_back(type_of(columns_[i].form));
      for (const query::Cell& cell : batch.columns[i])
        if (!add(column, columns_[i].form, cell))
          return unsupported("column " + columns_[i].name +
                             " holds values of several types, which arrow has no column for");
    }
    return stream_->write(columns);
  }

  Result<void> end() override { return stream_->end(); }

 private:
  const Sink sink_;
  std::vector<query::ResultColumn> columns_;
  std::optional<ArrowStream> stream_;
};

}  // namespace

std::unique_ptr<query::ResultSink> arrow_result_writer(Sink sink) {
  return std::make_unique<ArrowResults>(std::move(sink));
}

}  // namespace chartline::cli
