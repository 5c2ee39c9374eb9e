#include "engine/trust/rules.h"

#include "engine/trust/role_table.h"

namespace chartline::engine {

Rights rights_of(const Rules& rules, Role role) {
  const RoleMost most = most_of(role);
  const std::optional<RoleRules>& granted = rules.roles[static_cast<std::size_t>(role)];
  Rights rights = granted ? most.rights : Rights{0};
  if (granted && !granted->contribute) rights &= ~mask(Right::contribute);
  if (most.reach == Reach::everyone && !rules.hiding) rights &= ~(mask(Right::figures) | mask(Right::rows));
  return rights;
}

}  // namespace chartline::engine
