// SortedFiles: one table's keys in order, as files of bounded size. What a file holds in memory until it is finished, its
// index and filter, grows with it; and so does what a store holds of it while it is open.
#pragma once

#include <memory>
#include <vector>

#include "engine/storage/tables.h"

namespace chartline::engine {

class SortedFiles {
 public:
  static constexpr std::uint64_t file_bytes_max = 64u << 20;

  Result<void> put(Tables& tables, Table table, BytesView key, BytesView value) {
    if (open_ && open_->bytes() >= file_bytes_max) TRY(finish());
    if (!open_) open_ = TRY(tables.sorted_file(table));
    return open_->put(key, value);
  }
  Result<void> finish() {
    if (!open_) return {};
    TRY(open_->finish());
    finished_.push_back(std::move(open_));
    return {};
  }
  // After finish().
  void move_to(std::vector<std::unique_ptr<SortedFile>>& all) {
    for (std::unique_ptr<SortedFile>& file : finished_) all.push_back(std::move(file));
    finished_.clear();
  }

 private:
  std::unique_ptr<SortedFile> open_;
  std::vector<std::unique_ptr<SortedFile>> finished_;
};

}  // namespace chartline::engine
