// TimelineReader: one question put to the timelines of one moment.
//
//   1. gather   the heads of the person's patients, and the delta's rows, become pieces; what the delta took away is noted
//   2. open     a piece when the merge comes near it: decode the columns asked for, keep the rows that the filter keeps
//   3. merge    the open pieces by the store's total order, forwards or backwards, up to the limit
//
// A piece that the days asked for, the cursor or the limit leave aside is never opened. Details are read only where the
// filter (translations, an instant in the past) or a tie between two pieces needs them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "engine/timeline_cursor.h"
#include "engine/timeline_filter.h"
#include "engine/timeline_parts.h"

namespace chartline::engine {

class TimelineReader {
 public:
  // invalid_request for a limit of 0 and for a cursor that is none. Borrows the filter.
  static Result<TimelineReader> make(std::shared_ptr<const ViewParts> moment, const TimelineFilter& filter,
                                     std::uint32_t fields);

  Result<void> read(std::span<const PatientRef> person, Timeline::Parts& into) const;
  // false where there are many events, or details have to be looked at.
  Result<bool> read_if_short(std::span<const PatientRef> person, Timeline::Parts& into) const;
  // Calls `each` for every patient, in order; heads and runs are read many at a time. `person_of` says who belongs together.
  Result<void> read_many(std::span<const PatientRef> patients,
                         const std::function<std::vector<PatientRef>(PatientRef)>& person_of,
                         const std::function<Result<void>(PatientRef, Timeline&)>& each) const;

 private:
  TimelineReader(std::shared_ptr<const ViewParts> moment, const TimelineFilter& filter, std::uint32_t fields);

  Result<const ShardMoment*> shard_of(PatientRef patient) const;
  void gather_delta(const ShardMoment& shard, PatientRef patient, Timeline::Parts& into) const;
  void gather_runs(const ShardMoment& shard, PatientRef patient, const stored::Head& head, Timeline::Parts& into) const;
  // All rows of the patient, as the grant's project sees them, as one piece.
  Result<void> gather_changed(const ShardMoment& shard, PatientRef patient, Timeline::Parts& into) const;
  const Deidentification* deidentified() const;
  Result<void> fetch_runs(std::span<Timeline> timelines) const;
  Result<void> merge(std::span<const PatientRef> person, Timeline::Parts& into) const;
  std::uint32_t fields_of(std::span<const PatientRef> person, const Timeline::Parts& into) const;

  bool in_the_past() const { return moment_->as_of != INT64_MAX; }

  std::shared_ptr<const ViewParts> moment_;
  const TimelineFilter& filter_;
  CompiledFilter compiled_;
  std::uint32_t fields_;
  std::optional<Cursor> cursor_;
};

}  // namespace chartline::engine
