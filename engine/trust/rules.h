// Rules: a policy as it was read, before anybody asks. Plain data; docs/security.md says what each thing means.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/trust/categories.h"
#include "engine/trust/claims.h"
#include "engine/trust/deidentify.h"
#include "engine/trust/grant.h"
#include "engine/trust/opt_outs.h"
#include "engine/trust/role_table.h"
#include "formats/record/time.h"

namespace chartline::engine {

using record::Day;

// Days on which something holds, both included.
struct Days {
  Day from = INT32_MIN, to = INT32_MAX;
  bool hold(Day day) const { return from <= day && day <= to; }
};

// A patient as files name one.
struct PatientName {
  std::string system, value;
  friend auto operator<=>(const PatientName&, const PatientName&) = default;
};
// SYSTEM|VALUE; nullopt where a part is missing.
std::optional<PatientName> parse_patient_name(std::string_view text);

// user:alice, team:ward 7, organisation:RYJ, person:nhs|9434765919
bool is_holder(std::string_view text);
std::vector<std::string> holders_of(const Claims& claims);  // that someone is

struct Relation {
  PatientName patient;
  Days days;
};
struct Relationship {
  std::string name;
  std::map<std::string, std::vector<Relation>> of_holder{};  // by a list
  std::optional<Day> event_within_days{};                    // by an event of the holder's organisation so near in time
  std::uint32_t kinds = ~0u;                                 // of such an event
};

struct RoleRules {
  Purposes purposes = 0;
  Micros session = 0;
  std::vector<std::string> organisations{};  // whose users; empty: any
  std::vector<std::size_t> relationships{};  // places in Rules::relationships
  std::vector<SourceScope> sources{};        // empty: any
  CategoryMask withheld = 0;                 // from everyone of this role
  std::optional<std::vector<PatientName>> patients{};
  bool contribute = false;
  Disclosure disclosure = Disclosure::none;
  std::uint32_t questions_max = 0, question_days = 1;  // 0: no bound
};

struct Project {
  std::string name;
  std::vector<std::string> members{}, checkers{};  // users
  Days days{};
  std::vector<SourceScope> sources{};
  std::optional<std::vector<PatientName>> patients{};
};

struct BreakGlass {
  std::uint32_t roles = 0;  // 1 << Role
  Micros session = 0;
  std::size_t reason_bytes_min = 0;
  bool overrides_consent = false;
};

struct Consent {
  bool all = false;  // the whole record
  CategoryMask categories = 0;
  bool granted = false;
  Days days{};
  std::optional<Purpose> purpose{};  // nullopt: every one
};

struct Delegation {
  PatientName patient;
  bool all = false;
  CategoryMask categories = 0;
  Days days{};
};

// What planners and researchers are shown in the place of the truth, and the secret that it rests on.
struct Hiding {
  std::string key_file;
  ProjectKey::Secret secret{};
  DeidentificationRules rules{};
};

// A case of the policy's own tests.
struct PolicyCase {
  enum class Expect : std::uint8_t { sees, sees_in_part, unknown, granted, denied };
  std::string name;
  std::uint64_t line = 0;
  Claims claims{};
  AccessRequest request{};
  std::optional<Day> on{};
  std::string patient{};  // SYSTEM|VALUE: of whom `expect` says something
  Expect expect = Expect::denied;
  std::optional<std::vector<std::string>> withheld{};  // categories, where the patient is seen in part
  std::optional<std::vector<std::string>> rights{};
};
// What stands in the store that the tests are run on where no other is given.
struct PolicyCaseEvent {
  std::string patient, organisation, system;
  record::Kind kind = record::Kind::encounter;
  std::string code_system, code;
  Day on = 0;
};

struct Rules {
  std::string name;
  std::string version;  // name and hash of all that was read
  std::array<std::optional<RoleRules>, role_count> roles{};
  std::map<std::string, Project, std::less<>> projects{};
  std::vector<Relationship> relationships{};
  std::optional<BreakGlass> break_glass{};
  std::optional<Hiding> hiding{};     // nullopt: planners have no figures, researchers no rows
  std::optional<OptOuts> opt_outs{};  // nullopt: the policy says that there are none
  Purposes opt_out_purposes = 0;
  std::shared_ptr<const Categories> categories = std::make_shared<const Categories>();
  CategoryMask withheld = 0;  // unless a patient consents
  std::map<PatientName, std::vector<Consent>> consents{};
  std::map<std::string, std::vector<Delegation>> delegations{};  // by holder
  std::vector<PolicyCase> cases{};
  std::vector<PolicyCaseEvent> case_events{};
};

// The most that anybody of a role may do. Without [deidentification] figures have no key for their noise, and rows are nobody's.
Rights rights_of(const Rules& rules, Role role);

// Reads a file that a policy names, by its path as written there.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;
// invalid_request with file and line for whatever is not as it must be.
Result<Rules> read_rules(std::string_view toml, std::string_view origin, const ReadFile& read);

}  // namespace chartline::engine
