// A Doorkeeper knows who is who: it turns what someone shows into claims, or refuses. It is asked on a worker, as hashing a
// password takes long on purpose.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/trust/grant.h"

namespace chartline::server {

// What someone shows at the door.
struct Shown {
  std::string token;           // a JWT; "" for none
  std::string user, password;  // "" for none
  bool local = false;          // the connection does not leave the host
};

// What they ask to be.
struct Asked {
  std::string role, purpose, project;
  std::string reason, patient;  // break-glass: why, and whose record
};

struct Admitted {
  std::string user, role, purpose, project;
  std::shared_ptr<const engine::Grant> grant{};  // null: everything
  Micros until = INT64_MAX;
  std::optional<Error> refused{};  // who the user is was proved, and this is why they are not let in all the same
};

class Doorkeeper {
 public:
  virtual ~Doorkeeper() = default;
  // `denied`, whatever the reason.
  virtual Result<Admitted> admit(const Shown& shown, const Asked& asked, Micros now) = 0;
};

// For one's own machine: whoever reaches a loopback port is let in as the operator of everything.
class OpenDoor final : public Doorkeeper {
 public:
  Result<Admitted> admit(const Shown& shown, const Asked& asked, Micros now) override;
};

}  // namespace chartline::server
