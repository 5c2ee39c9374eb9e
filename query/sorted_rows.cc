#include "query/sorted_rows.h"

#include <algorithm>

#include "query/findings.h"

namespace chartline::query {

Result<void> SortedRows::begin(const Schema& schema) {
  schema_ = schema;
  return sink_.begin(schema);
}

Result<void> SortedRows::rows(const Batch& batch) {
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    auto& cells = rows_.emplace_back();
    for (const std::vector<Cell>& column : batch.columns) {
      cells.push_back(column[row]);
      const auto* text = std::get_if<std::string>(&column[row]);
      bytes_ += sizeof(Cell) + (text ? text->size() : 0);
    }
  }
  if (bytes_max_ != 0 && bytes_ > bytes_max_)
    return unavailable("the rows do not fit into the memory that a run may use: ask for fewer columns or patients");
  return {};
}

Result<void> SortedRows::end() {
  const bool figures = schema_.statement != "list" && schema_.statement != "events";
  if (!figures) {
    const bool by_name = !schema_.columns.empty() && schema_.columns[0].name == "patient";
    std::ranges::stable_sort(
        rows_, [&](const auto& a, const auto& b) { return by_name ? compare(a[0], b[0]) < 0 : compare(a, b) < 0; });
  }
  RowStream out(schema_, sink_);
  for (auto& row : rows_) TRY(out.row(std::move(row)));
  rows_.clear();
  bytes_ = 0;
  TRY(out.flush());
  return sink_.end();
}

}  // namespace chartline::query
