#include "engine/trust/role_table.h"

namespace chartline::engine {

RoleMost most_of(Role role) {
  using enum Purpose;
  using enum Right;
  switch (role) {
    case Role::clinician:
      return {.purposes = mask(direct_care),
              .rights = mask(rows) | mask(figures),
              .reach = Reach::related,
              .identifiable = true};
    case Role::patient:
      return {.purposes = mask(patient_access),
              .rights = mask(rows) | mask(figures) | mask(contribute),
              .reach = Reach::own,
              .identifiable = true};
    case Role::carer:
      return {.purposes = mask(patient_access),
              .rights = mask(rows) | mask(figures) | mask(contribute),
              .reach = Reach::granted,
              .identifiable = true};
    case Role::planner:
      return {.purposes = mask(planning) | mask(national_extract), .rights = mask(figures), .reach = Reach::everyone};
    case Role::researcher:
      return {.purposes = mask(research), .rights = mask(rows) | mask(figures) | mask(release), .reach = Reach::everyone};
    case Role::source_system:
      return {.purposes = mask(direct_care) | mask(operation),
              .rights = mask(write_own_organisation) | mask(read_quality_reports)};
    case Role::auditor: return {.purposes = mask(operation), .rights = mask(read_audit)};
    case Role::operator_: return {.purposes = mask(operation), .rights = mask(operate)};
  }
  return {};
}

}  // namespace chartline::engine
