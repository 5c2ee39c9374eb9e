// The closed lists of trust: who someone is to the store, what for, and what that may let them do. Numbers are written into
// audit entries: add at the end, never renumber. Every list has name() and parse_NAME(word).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chartline::engine {

enum class Role : std::uint8_t {
  clinician = 0,
  patient = 1,
  carer = 2,
  planner = 3,
  researcher = 4,
  source_system = 5,
  auditor = 6,
  operator_ = 7,  // "operator"
};
inline constexpr int role_count = 8;

enum class Purpose : std::uint8_t {
  direct_care = 0,
  planning = 1,
  research = 2,
  national_extract = 3,
  patient_access = 4,
  operation = 5,
};
inline constexpr int purpose_count = 6;

// What a session may do; a mask holds 1 << Right.
enum class Right : std::uint8_t {
  rows = 0,                    // timelines, lists, single events
  figures = 1,                 // counts and measures
  write_own_organisation = 2,  // records whose source is the holder's organisation
  contribute = 3,              // events of the own record, marked as the patient's or carer's word
  read_quality_reports = 4,    // of the holder's organisation
  read_audit = 5,
  operate = 6,  // health, statistics of the store
  release = 7,  // to let rows of a project out, as its output checker
};
inline constexpr int right_count = 8;
using Rights = std::uint32_t;
constexpr Rights mask(Right right) { return 1u << static_cast<unsigned>(right); }

// How figures are kept from telling few people apart.
enum class Disclosure : std::uint8_t { none = 0, nhs_hes = 1, opensafely = 2, midpoint6 = 3 };
inline constexpr int disclosure_count = 4;

std::string_view name(Role role);
std::string_view name(Purpose purpose);        // "direct_care"
std::string_view name(Right right);            // "write_own_organisation"
std::string_view name(Disclosure disclosure);  // "nhs-hes"
std::optional<Role> parse_role(std::string_view word);
std::optional<Purpose> parse_purpose(std::string_view word);
std::optional<Right> parse_right(std::string_view word);
std::optional<Disclosure> parse_disclosure(std::string_view word);

std::string names(Rights rights);  // "rows, figures"; "nothing" for none

}  // namespace chartline::engine
