#include "query/result.h"

namespace chartline::query {

Result<void> Answers::begin(const Schema& schema) {
  all.push_back({schema, {}});
  return {};
}

Result<void> Answers::rows(const Batch& batch) {
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    std::vector<Cell> cells;
    cells.reserve(batch.columns.size());
    for (const std::vector<Cell>& column : batch.columns) cells.push_back(column[row]);
    all.back().rows.push_back(std::move(cells));
  }
  return {};
}

Result<void> Answers::end() { return {}; }

}  // namespace chartline::query
