// What a reader delivered and what a store gives back, in one form that does not know the store: a sorted list of
// facts. A fact is the hash of whose event it is and of every field that its source gave.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "engine/view.h"
#include "formats/record/event.h"

namespace chartline::integration {

using Facts = std::vector<Hash128>;

// Kept the obvious way: the last word on a record counts, and each row without an id stands for itself.
class Delivered {
 public:
  Result<void> add(const record::Record& record);
  std::size_t rows_without_id() const { return rows_.size(); }
  std::size_t records_with_id() const { return records_.size(); }
  Facts facts() const;

 private:
  std::map<std::pair<Hash128, Hash128>, Facts> records_;  // by person, and source with record id
  Facts rows_;
};

// Every event that a View shows, hidden ones too, read timeline by timeline.
Facts facts_of(const engine::View& view);

}  // namespace chartline::integration
