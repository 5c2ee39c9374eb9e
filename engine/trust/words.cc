#include "engine/trust/words.h"

#include "formats/record/words.h"

namespace chartline::engine {
namespace {

using record::Word;
using record::Words;

constexpr Words<Role, role_count> roles({{{Role::clinician, "clinician"},
                                          {Role::patient, "patient"},
                                          {Role::carer, "carer"},
                                          {Role::planner, "planner"},
                                          {Role::researcher, "researcher"},
                                          {Role::source_system, "source_system"},
                                          {Role::auditor, "auditor"},
                                          {Role::operator_, "operator"}}});

constexpr Words<Purpose, purpose_count> purposes({{{Purpose::direct_care, "direct_care"},
                                                   {Purpose::planning, "planning"},
                                                   {Purpose::research, "research"},
                                                   {Purpose::national_extract, "national_extract"},
                                                   {Purpose::patient_access, "patient_access"},
                                                   {Purpose::operation, "operation"}}});

constexpr Words<Right, right_count> rights({{{Right::rows, "rows"},
                                             {Right::figures, "figures"},
                                             {Right::write_own_organisation, "write_own_organisation"},
                                             {Right::contribute, "contribute"},
                                             {Right::read_quality_reports, "read_quality_reports"},
                                             {Right::read_audit, "read_audit"},
                                             {Right::operate, "operate"},
                                             {Right::release, "release"}}});

constexpr Words<Disclosure, disclosure_count> disclosures({{{Disclosure::none, "none"},
                                                            {Disclosure::nhs_hes, "nhs-hes"},
                                                            {Disclosure::opensafely, "opensafely"},
                                                            {Disclosure::midpoint6, "midpoint6"}}});

}  // namespace

std::string_view name(Role role) { return roles.name(role); }
std::string_view name(Purpose purpose) { return purposes.name(purpose); }
std::string_view name(Right right) { return rights.name(right); }
std::string_view name(Disclosure disclosure) { return disclosures.name(disclosure); }
std::optional<Role> parse_role(std::string_view word) { return roles.parse(word); }
std::optional<Purpose> parse_purpose(std::string_view word) { return purposes.parse(word); }
std::optional<Right> parse_right(std::string_view word) { return rights.parse(word); }
std::optional<Disclosure> parse_disclosure(std::string_view word) { return disclosures.parse(word); }

std::string names(Rights held) {
  std::string all;
  for (int i = 0; i < right_count; ++i) {
    const auto right = static_cast<Right>(i);
    if (!(held & mask(right))) continue;
    all += all.empty() ? "" : ", ";
    all += name(right);
  }
  return all.empty() ? "nothing" : all;
}

}  // namespace chartline::engine
