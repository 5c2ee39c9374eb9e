// The door of a server with a policy: a token or a password proves who someone is, and the policy decides what they may see.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "engine/store.h"
#include "engine/trust/policy.h"
#include "server/doorkeeper.h"
#include "server/tokens.h"
#include "server/users.h"

namespace chartline::server {

// Who may knock, and what they may see then. Immutable; a reload takes a new one.
struct Admission {
  std::optional<Tokens> tokens;  // none: no token is good
  std::optional<Users> users;    // none: no password is good
  std::shared_ptr<const engine::Policy> policy;
};

class PolicyDoor final : public Doorkeeper {
 public:
  PolicyDoor(engine::Store& store, std::shared_ptr<const Admission> admission, std::uint32_t session_seconds)
      : store_(store), admission_(std::move(admission)), session_seconds_(session_seconds) {}

  // From now on. Sessions that are open stay as they are: Server::end_sessions() ends them.
  void replace(std::shared_ptr<const Admission> admission);

  Result<Admitted> admit(const Shown& shown, const Asked& asked, Micros now) override;

 private:
  std::shared_ptr<const Admission> admission() const;

  engine::Store& store_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Admission> admission_;
  const std::uint32_t session_seconds_;
};

}  // namespace chartline::server
