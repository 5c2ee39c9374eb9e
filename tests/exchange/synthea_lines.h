// Synthea's bundles and the independent reading of them (events.csv.gz, events_patients.csv) as lines that can be compared.
//
// The independent reading differs by design in six things, and this file says each of them in code:
//   1. It has only nine resource types; the reader's other records (claims, goals, imaging, people) are left out here.
//   2. An Observation with components has one row per component and none for itself: the panel is part 0 here.
//   3. It has the first coding only: translations are left out here.
//   4. It has only ends that are written; `ongoing` and `unknown` are "" there.
//   5. A coded value is its code alone, without the system.
//   6. It has no text values ("HIV positive"): they are left out here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/record/event.h"

namespace chartline::exchange {

inline constexpr const char* synthea_folder = "../shared/data/synthea-r4-smart";

using Lines = std::map<std::string, std::vector<std::string>>;  // by resource type

// Events of the compared types, one line each, and people; nothing else, so that memory stays small.
class SyntheaLines {
 public:
  // `is_panel`: the event's record has components.
  void add(std::string_view patient, const record::Event& event, bool is_panel);

  Lines events;
  std::vector<std::string> people;
};

// The independent reading. Throws where a file cannot be read.
Lines independent_events();
std::vector<std::string> independent_people();

// What stands in one of two multisets only, one line each; "" where they are equal.
std::string differences(std::vector<std::string> ours, std::vector<std::string> theirs);

}  // namespace chartline::exchange
