// Wanted: which events of a person statements may ask about, and how much of each. What is not wanted need not be read.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <span>

#include "engine/view.h"
#include "query/program.h"

namespace chartline::query {

struct Wanted {                     // as it begins: everything
  std::uint32_t whole_kinds = ~0u;  // bit 1 << Kind: every event of these; of other kinds those of any of these codes
  std::array<std::set<const CodeSet*>, record::kind_count> codes{};
  std::uint32_t fields = stored::field_all;  // of events
  bool names = true;                         // of people
};
Wanted wanted_by(std::span<const typed::Node* const> statements, const Program& program);

}  // namespace chartline::query
