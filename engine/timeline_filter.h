// A TimelineFilter made ready for one moment: days as instants to choose runs by, names as numbers of each shard.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/moment.h"
#include "engine/view.h"
#include "formats/stored/run.h"

namespace chartline::engine {

class CompiledFilter {
 public:
  // Borrows both.
  CompiledFilter(const TimelineFilter& filter, const ViewParts& moment);

  // The columns that the conditions look at; field_number where rows were taken away since they were written.
  std::uint32_t fields() const { return fields_; }
  // Whether a run may hold rows within the days asked for. Says yes too often rather than too seldom: days are local, and
  // offsets may be anything that a time can hold.
  bool reaches(const stored::RunRef& run) const { return run.last >= first_instant_ && run.first <= last_instant_; }
  // Whether any row of the shard can match: false where none of the codes or sources was ever seen there.
  bool reaches_shard(std::uint32_t shard) const;
  bool has_codes() const { return !filter_.codes.empty(); }

  // The places of the rows that match, ascending: all conditions but the codes, which may need the details.
  // `taken`: sorted numbers of rows to leave out.
  void choose(const stored::RunColumns& columns, std::uint32_t shard, std::span<const std::uint32_t> taken,
              std::vector<std::uint32_t>& chosen) const;
  void choose(std::span<const stored::Row* const> rows, std::uint32_t shard, std::span<const std::uint32_t> taken,
              std::vector<std::uint32_t>& chosen) const;
  std::span<const Name> codes(std::uint32_t shard) const { return names_[shard].codes; }  // ascending

 private:
  struct Names {
    std::vector<Name> codes, sources;  // sorted
  };
  template <typename Columns>
  void choose_by(const Columns& columns, std::uint32_t shard, std::span<const std::uint32_t> taken,
                 std::vector<std::uint32_t>& chosen) const;

  const TimelineFilter& filter_;
  bool by_day_;
  Micros first_instant_, last_instant_;
  std::uint32_t fields_ = 0;
  std::vector<Names> names_;  // by shard; empty where neither codes nor sources are asked for
};

}  // namespace chartline::engine
