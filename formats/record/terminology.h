// Terminology: what code systems say about their codes. Loaded beside events, pinned by version, used by queries.
#pragma once

#include <string_view>

#include "formats/record/event.h"

namespace chartline::record {

struct Concept {
  Code code{};                    // with the display that the terminology gives it
  std::string_view omop_id{};     // concept id where it comes from an OMOP vocabulary, else ""
  std::string_view domain{};      // OMOP domain, "" where unknown
  bool standard = false;          // OMOP's standard concepts
  std::string_view valid_from{};  // ISO dates as the source wrote them, "" for none
  std::string_view valid_to{};
};

// child is_a parent (at any distance); local maps_to standard; omop:ID stands_for the code of its vocabulary, which a store
// takes from the concepts themselves
enum class Relation : std::uint8_t { is_a = 1, maps_to = 2, stands_for = 3 };

struct ConceptLink {
  Relation relation = Relation::is_a;
  Code from{};
  Code to{};
  std::uint32_t distance = 1;  // levels, for is_a
};

}  // namespace chartline::record
