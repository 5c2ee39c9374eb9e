#include "cli/result_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/text.h"

namespace chartline::cli {
namespace {

bool for_people(Form form) { return form == Form::table || form == Form::markdown; }

// 5.7704, 0.0004132, 12; as a person reads it.
std::string rounded(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value) || size >= 1e15 || (size > 0 && size < 1e-6)) return query::print(query::Cell(value));
  if (size < 0.1) return fmt::format("{:.4g}", value);
  std::string text = fmt::format("{:.4f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Cell shown(const query::Cell& cell, Form form) {
  if (query::is_missing(cell)) return {};
  if (const auto* truth = std::get_if<bool>(&cell)) return truth_cell(*truth);
  if (const auto* value = std::get_if<double>(&cell)) {
    if (for_people(form)) return number_cell(rounded(*value));
    if (!std::isfinite(*value)) return {};
    return number_cell(query::print(cell));
  }
  if (std::holds_alternative<std::int64_t>(cell)) return number_cell(query::print(cell));
  return {Cell::Type::text, query::print(cell), {}};
}

class RowResults final : public query::ResultSink {
 public:
  RowResults(Form form, std::size_t statements, const Look& look, Sink sink)
      : form_(form), statements_(statements), look_(look), sink_(std::move(sink)) {}

  Result<void> begin(const query::Schema& schema) override {
    ++number_;
    if (several()) TRY(sink_(heading(schema)));
    std::vector<std::string> columns;
    if (numbered()) columns.emplace_back("statement");
    for (const query::ResultColumn& column : schema.columns) {
      columns.push_back(column.name);
      if (for_people(form_) && !column.unit.empty()) columns.back() += " (" + column.unit + ")";
    }
    writer_ = row_writer(form_, std::move(columns), look_, sink_);
    return {};
  }

  Result<void> rows(const query::Batch& batch) override {
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      Row row;
      if (numbered()) row.push_back(number_cell(number_));
      for (const auto& column : batch.columns) row.push_back(shown(column[i], form_));
      TRY(writer_->row(row));
    }
    return {};
  }

  Result<void> end() override {
    TRY(writer_->end());
    if (several() && form_ == Form::json) return sink_(number_ < statements_ ? "},\n" : "}\n]\n");
    return {};
  }

 private:
  bool several() const { return statements_ > 1; }
  bool numbered() const { return several() && form_ == Form::ndjson; }

  std::string heading(const query::Schema& schema) const {
    const std::string between = number_ > 1 ? "\n" : "";
    switch (form_) {
      case Form::json: return (number_ > 1 ? "{" : "[\n{") + ("\"statement\":" + json_text(schema.text)) + ",\"rows\":";
      case Form::csv: return between;
      case Form::markdown: return between + "### `" + printable(schema.text, true) + "`\n\n";
      case Form::table: {
        std::string text = printable(schema.text, look_.utf8);
        if (look_.terminal) text = fit(text, look_.width, look_.utf8);
        return between + paint(text, Ink::cyan, look_) + "\n";
      }
      case Form::ndjson:
      case Form::arrow: break;
    }
    return {};
  }

  const Form form_;
  const std::size_t statements_;
  const Look look_;
  const Sink sink_;
  std::uint64_t number_ = 0;  // of the statement at hand
  std::unique_ptr<RowWriter> writer_;
};

}  // namespace

std::unique_ptr<query::ResultSink> result_writer(Form form, std::size_t statements, const Look& look, Sink sink) {
  if (form == Form::arrow) return arrow_result_writer(std::move(sink));
  return std::make_unique<RowResults>(form, statements, look, std::move(sink));
}

}  // namespace chartline::cli
