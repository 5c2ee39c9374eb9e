// SortedRows: gives the rows of each statement in an order of their own, by the patient's name where it stands first and else by
// all that they say. Patients come in the order in which a store met them; of a de-identified view that would be the same in
// every project, so that rows of two projects could be laid side by side.
#pragma once

#include <vector>

#include "query/result.h"

namespace chartline::query {

class SortedRows final : public ResultSink {
 public:
  // `bytes_max`: of rows held, 0 for no limit; beyond it the run ends `unavailable`.
  SortedRows(ResultSink& sink, std::size_t bytes_max) : sink_(sink), bytes_max_(bytes_max) {}
  Result<void> begin(const Schema& schema) override;
  Result<void> rows(const Batch& batch) override;
  Result<void> end() override;

 private:
  ResultSink& sink_;
  std::size_t bytes_max_, bytes_ = 0;
  Schema schema_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace chartline::query
