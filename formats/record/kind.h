// The closed lists of the record: kinds of event, states, certainties, authors, comparators. Numbers are stored: add at
// the end, never renumber. Every list has name() (the word used in output, queries and FHIR) and parse_NAME(word).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace chartline::record {

enum class Kind : std::uint8_t {
  other = 0,
  registration = 1,
  encounter = 2,
  condition = 3,
  observation = 4,
  medication = 5,
  procedure = 6,
  immunization = 7,
  allergy = 8,
  care_plan = 9,
  goal = 10,
  referral = 11,
  document = 12,
  device = 13,
  report = 14,
  consent = 15,
  assessment = 16,
  appointment = 17,
  family_history = 18,
  service = 19,
  death = 20,
  patient = 21,  // who the person is (birth, sex, name, address) as one source tells it; see docs/decisions
};
inline constexpr int kind_count = 22;

// The lists below keep one line for each family of resources.
// clang-format off

// FHIR's words, over all resource types (https://hl7.org/fhir/R4/, the value sets bound to each `status`). `none`: not
// said.
enum class Status : std::uint8_t {
  none = 0, unknown, registered, preliminary, final, amended, corrected, cancelled, entered_in_error,
  planned, arrived, triaged, in_progress, onleave, finished,                         // encounter
  active, recurrence, relapse, inactive, remission, resolved,                        // condition, allergy
  on_hold, completed, stopped, draft, not_done, preparation, not_taken, intended,    // medication, immunization
  revoked, proposed, accepted, rejected, ended, current, superseded, partial, appended,  // plans, documents
  pending, booked, fulfilled, noshow, checked_in, waitlist, available, unavailable,  // appointment, imaging
  suspended, failed, requested, received, ready, health_unknown, retired, abandoned,
  declined, unsatisfactory, tentative, needs_action, not_started, scheduled,         // dispenses, specimens, activities
  data_requested, data_required,                                                     // guidance responses
};
inline constexpr int status_count = static_cast<int>(Status::data_required) + 1;

// none: not said. `refuted` events are kept and, like entered in error, left out of clinical questions by default.
enum class Certainty : std::uint8_t {
  none = 0, unconfirmed = 1, provisional = 2, differential = 3, confirmed = 4, refuted = 5,
};
inline constexpr int certainty_count = 6;

enum class Author : std::uint8_t { unknown = 0, clinician = 1, patient = 2, carer = 3, device = 4, algorithm = 5 };
inline constexpr int author_count = 6;

// What stands before a number: `<0.3` is every number below 0.3.
enum class Comparator : std::uint8_t { equal = 0, less = 1, less_or_equal = 2, greater_or_equal = 3, greater = 4 };
inline constexpr int comparator_count = 5;
// clang-format on

std::string_view name(Kind kind);              // "care_plan"
std::string_view name(Status status);          // "in-progress", "entered-in-error"; "" for none
std::string_view name(Certainty certainty);    // "confirmed"; "" for none
std::string_view name(Author author);          // "clinician"; "" for unknown
std::string_view name(Comparator comparator);  // "<="; "" for equal

// Exactly the words above, lower case; nullopt for any other. The empty word is none, unknown or equal, as name() says.
std::optional<Kind> parse_kind(std::string_view word);
std::optional<Status> parse_status(std::string_view word);  // also "aborted" and the like: the table in kind.cc
std::optional<Certainty> parse_certainty(std::string_view word);
std::optional<Author> parse_author(std::string_view word);          // also "unknown"
std::optional<Comparator> parse_comparator(std::string_view word);  // also "="

}  // namespace chartline::record
