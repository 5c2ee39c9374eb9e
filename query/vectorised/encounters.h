// Encounters of events, which postings do not tell: read from the timelines of those few who are asked about.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/timeline_columns.h"
#include "engine/view.h"

namespace chartline::query::vectorised {

class EncounterReader {
 public:
  explicit EncounterReader(const engine::View& view) : view_(view.passing()) {}

  // Whom the next questions are about; links to others are left aside.
  Result<void> read(engine::PatientRef patient);
  // The record of an event's encounter, by the event's number; "": it has none. Borrows from this until another patient is read.
  std::string_view of(std::uint32_t number) const;

  // How many were read, over all time.
  std::uint64_t opened() const { return opened_; }

 private:
  const engine::View view_;
  engine::Timeline timeline_{};
  engine::TimelineColumns columns_{};
  engine::PatientRef patient_{};
  std::vector<std::uint32_t> place_{};                      // of each number in the timeline
  std::unordered_map<std::uint32_t, std::uint32_t> far_{};  // of those beyond: a patient of whose events most were erased
  bool has_read_ = false;
  std::uint64_t opened_ = 0;
};

}  // namespace chartline::query::vectorised
