#include "server/policy_door.h"

#include <algorithm>
#include <utility>

namespace chartline::server {
namespace {

Error not_let_in() { return denied("not let in"); }

// Who has one role need not name it.
std::string role_of(const engine::Claims& claims, const std::string& asked) {
  return asked.empty() && claims.roles.size() == 1 ? claims.roles.front() : asked;
}

Result<engine::Claims> prove(const Admission& admission, const Shown& shown, Micros now, Micros lifetime) {
  if (!shown.token.empty()) {
    if (!admission.tokens) return not_let_in();
    return admission.tokens->verify(shown.token, now).claims;
  }
  if (shown.user.empty() || !admission.users) return not_let_in();
  return admission.users->verify(shown.user, shown.password, now, lifetime);
}

}  // namespace

void PolicyDoor::replace(std::shared_ptr<const Admission> admission) {
  const std::lock_guard lock(mutex_);
  admission_ = std::move(admission);
}

std::shared_ptr<const Admission> PolicyDoor::admission() const {
  const std::lock_guard lock(mutex_);
  return admission_;
}

Result<Admitted> PolicyDoor::admit(const Shown& shown, const Asked& asked, Micros now) {
  const std::shared_ptr<const Admission> admission = this->admission();
  const Micros lifetime = Micros{session_seconds_} * 1'000'000;
  const engine::Claims claims = TRY(prove(*admission, shown, now, lifetime));
  const engine::AccessRequest request{.role = role_of(claims, asked.role),
                                      .purpose = asked.purpose,
                                      .project = asked.project,
                                      .reason = asked.reason,
                                      .patient = asked.patient};
  const auto decided = admission->policy->decide(claims, request, store_, now);
  if (!decided)
    return Admitted{.user = claims.user, .role = {}, .purpose = {}, .project = {}, .refused = decided.error()};
  const auto& grant = *decided;
  return Admitted{.user = claims.user,
                  .role = request.role,
                  .purpose = std::string(name(grant->purpose)),
                  .project = request.project,
                  .grant = grant,
                  .until = std::min(claims.expires, grant->until)};
}

}  // namespace chartline::server
