// Patients of a bulk load whose rows are plain but for a few, as those of a large table are: the same decisions, order and numbers as
// decide_all() gives them, over rows of 32 bytes. Whatever takes more than that is left to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/content.h"
#include "engine/dictionary.h"
#include "engine/import.h"
#include "engine/row_sorter.h"
#include "engine/sort_stretches.h"
#include "engine/view.h"
#include "formats/stored/mixed_rows.h"

namespace chartline::engine {

class PlainPatient {
 public:
  PlainPatient(const RowSorter& sorter, Micros recorded) : sorter_(sorter), recorded_(recorded) {}

  // False, and nothing counted, where rows have ids, versions, originals, or places that their source gave them, where some are entered in error, or
  // where more than arrival decides the order of one moment.
  Result<bool> decide(RowSorter::Sorted& sorted, const Dictionary& names, ImportCounts& counts);

  // Of the patient decided last, in the total order, numbered from 1.
  stored::MixedRows rows() const { return {rows_, wholes_, sorter_.sorts().all(), 1, recorded_}; }
  const Hash128& content() const { return content_; }
  bool has_demographics() const { return has_demographics_; }
  const Demographics& demographics() const { return demographics_; }

 private:
  Result<bool> take(RowSorter::Sorted& sorted);
  bool order();
  bool give_places(std::size_t from, std::size_t past);
  void sum_up(const Dictionary& names, ImportCounts& counts);

  const RowSorter& sorter_;
  const Micros recorded_;
  std::vector<stored::MixedRow> rows_, reordered_;
  std::vector<stored::Row> wholes_;
  std::vector<TimePlace> moments_;  // and places in order of arrival
  std::vector<std::uint32_t> alike_;
  std::uint64_t equal_ = 0;
  Hash128 content_;
  std::optional<PlainContent> plain_content_;  // of one shard
  bool has_demographics_ = false;
  Demographics demographics_;
};

}  // namespace chartline::engine
