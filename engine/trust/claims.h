// Claims: what authentication proved about someone. AccessRequest: what they ask to be in this session. Neither grants
// anything: a Policy decides on both together.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace chartline::engine {

struct Claims {
  std::string user;
  std::vector<std::string> roles;  // that the user may ask to be
  std::string organisation;        // "" for none
  std::vector<std::string> teams;
  std::string patient;         // SYSTEM|VALUE: who the user is, for the role patient
  Micros expires = INT64_MAX;  // no grant outlasts it
};

struct AccessRequest {
  std::string role;     // "clinician"
  std::string purpose;  // "direct_care"
  std::string project;  // for researchers
  std::string reason;   // break-glass: why; "" asks for none
  std::string patient;  // break-glass: SYSTEM|VALUE, the one record that it opens
};

}  // namespace chartline::engine
