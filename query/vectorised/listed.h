// Listing: the rows that a `list` gives of one batch, from columns. Whose rows there are is found with all else that is asked of the
// batch. Their cells are made when they are given, some places at a time, so that a batch of many events is never all cells at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/vectorised/evaluation.h"

namespace chartline::query::vectorised {

class Listed {
 public:
  Listed(const typed::Node& list, const Program& program);

  // Why columns cannot give it; nullopt: they can.
  std::optional<std::string> rehearse(Evaluation& evaluation);

  // Finds the rows of a batch. Whoever has two of them of one instant is odd: which comes first is not known.
  void find(Evaluation& evaluation);
  Odd found() const;
  // The last place, from `first` on, up to which there are few rows: at least that one.
  std::uint32_t few_from(std::uint32_t first, std::uint32_t past) const;

  // Makes the cells of the rows of places first .. past-1; places are shown in order. That may make more of them odd.
  void show(std::uint32_t first, std::uint32_t past, Evaluation& evaluation);
  // Hands out the rows of one of those places, in order; without `into` passes them over.
  bool has(std::uint32_t place) const { return next_ < rows_.rows() && rows_.place[next_] == place; }
  void take(std::uint32_t place, const std::string& name, std::vector<std::vector<Cell>>* into);
  bool asks_names() const { return asks_names_; }

 private:
  std::size_t rows_before(std::uint32_t place) const;

  const typed::Node& list_;
  const Program& program_;
  std::vector<typed::Ptr> columns_{};  // null: of what is missing
  bool asks_names_ = false;
  // Rows of index events, of all events listed and of those that meet the condition: each of the one before.
  Frame index_{}, each_{}, rows_{};
  std::vector<std::vector<Cell>> cells_{};  // of each column, of the rows shown
  std::size_t shown_first_ = 0, next_ = 0;  // rows
};

}  // namespace chartline::query::vectorised
