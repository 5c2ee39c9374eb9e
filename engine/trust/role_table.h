// What each role can be given at most, whatever a policy says: its purposes, its rights, whose records it can reach, and
// whether by name. A policy chooses from this and never adds to it.
#pragma once

#include <cstdint>

#include "engine/trust/words.h"

namespace chartline::engine {

using Purposes = std::uint32_t;  // 1 << Purpose
constexpr Purposes mask(Purpose purpose) { return 1u << static_cast<unsigned>(purpose); }

enum class Reach : std::uint8_t {
  nobody,    // no records
  own,       // who the user is
  granted,   // who granted it to the user
  related,   // who has a relationship with the user, or by break-glass one named patient
  everyone,  // less those who opted out
};

struct RoleMost {
  Purposes purposes = 0;
  Rights rights = 0;
  Reach reach = Reach::nobody;
  bool identifiable = false;
};
RoleMost most_of(Role role);

}  // namespace chartline::engine
