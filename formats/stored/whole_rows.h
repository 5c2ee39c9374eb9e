// WholeRows: what the encoders of a run ask of its rows, where all of them are whole. MixedRows is the other kind.
#pragma once

#include "formats/stored/mixed_rows.h"

namespace chartline::stored {

class WholeRows {
 public:
  explicit WholeRows(std::span<const Row> rows) : rows_(rows) {}
  std::size_t size() const { return rows_.size(); }
  const Row& row(std::size_t i) const { return rows_[i]; }
  HotWords hot(std::size_t i) const { return hot_words(rows_[i]); }
  ColdWords cold(std::size_t i) const { return cold_words(rows_[i]); }
  Micros instant(std::size_t i) const { return rows_[i].start.instant(); }

 private:
  std::span<const Row> rows_;
};

}  // namespace chartline::stored
