#include "formats/record/kind.h"

#include "formats/record/words.h"

namespace chartline::record {
namespace {

constexpr Words<Kind, kind_count> kinds{{{
    {Kind::other, "other"},
    {Kind::registration, "registration"},
    {Kind::encounter, "encounter"},
    {Kind::condition, "condition"},
    {Kind::observation, "observation"},
    {Kind::medication, "medication"},
    {Kind::procedure, "procedure"},
    {Kind::immunization, "immunization"},
    {Kind::allergy, "allergy"},
    {Kind::care_plan, "care_plan"},
    {Kind::goal, "goal"},
    {Kind::referral, "referral"},
    {Kind::document, "document"},
    {Kind::device, "device"},
    {Kind::report, "report"},
    {Kind::consent, "consent"},
    {Kind::assessment, "assessment"},
    {Kind::appointment, "appointment"},
    {Kind::family_history, "family_history"},
    {Kind::service, "service"},
    {Kind::death, "death"},
    {Kind::patient, "patient"},
}}};

// The synonyms behind the list are words of FHIR's other releases (aborted, onhold, discontinued, discharged), of HL7
// version 3's ActStatus (nullified, held, obsolete), of document registries (deprecated), the outcomes of
// GuidanceResponse and American spelling. Each stands for the state with the same consequences for the record.
constexpr Words<Status, status_count, 11> statuses{{{
                                                       {Status::none, ""},
                                                       {Status::unknown, "unknown"},
                                                       {Status::registered, "registered"},
                                                       {Status::preliminary, "preliminary"},
                                                       {Status::final, "final"},
                                                       {Status::amended, "amended"},
                                                       {Status::corrected, "corrected"},
                                                       {Status::cancelled, "cancelled"},
                                                       {Status::entered_in_error, "entered-in-error"},
                                                       {Status::planned, "planned"},
                                                       {Status::arrived, "arrived"},
                                                       {Status::triaged, "triaged"},
                                                       {Status::in_progress, "in-progress"},
                                                       {Status::onleave, "onleave"},
                                                       {Status::finished, "finished"},
                                                       {Status::active, "active"},
                                                       {Status::recurrence, "recurrence"},
                                                       {Status::relapse, "relapse"},
                                                       {Status::inactive, "inactive"},
                                                       {Status::remission, "remission"},
                                                       {Status::resolved, "resolved"},
                                                       {Status::on_hold, "on-hold"},
                                                       {Status::completed, "completed"},
                                                       {Status::stopped, "stopped"},
                                                       {Status::draft, "draft"},
                                                       {Status::not_done, "not-done"},
                                                       {Status::preparation, "preparation"},
                                                       {Status::not_taken, "not-taken"},
                                                       {Status::intended, "intended"},
                                                       {Status::revoked, "revoked"},
                                                       {Status::proposed, "proposed"},
                                                       {Status::accepted, "accepted"},
                                                       {Status::rejected, "rejected"},
                                                       {Status::ended, "ended"},
                                                       {Status::current, "current"},
                                                       {Status::superseded, "superseded"},
                                                       {Status::partial, "partial"},
                                                       {Status::appended, "appended"},
                                                       {Status::pending, "pending"},
                                                       {Status::booked, "booked"},
                                                       {Status::fulfilled, "fulfilled"},
                                                       {Status::noshow, "noshow"},
                                                       {Status::checked_in, "checked-in"},
                                                       {Status::waitlist, "waitlist"},
                                                       {Status::available, "available"},
                                                       {Status::unavailable, "unavailable"},
                                                       {Status::suspended, "suspended"},
                                                       {Status::failed, "failed"},
                                                       {Status::requested, "requested"},
                                                       {Status::received, "received"},
                                                       {Status::ready, "ready"},
                                                       {Status::health_unknown, "health-unknown"},
                                                       {Status::retired, "retired"},
                                                       {Status::abandoned, "abandoned"},
                                                       {Status::declined, "declined"},
                                                       {Status::unsatisfactory, "unsatisfactory"},
                                                       {Status::tentative, "tentative"},
                                                       {Status::needs_action, "needs-action"},
                                                       {Status::not_started, "not-started"},
                                                       {Status::scheduled, "scheduled"},
                                                       {Status::data_requested, "data-requested"},
                                                       {Status::data_required, "data-required"},
                                                   }},
                                                   {{
                                                       {Status::stopped, "aborted"},
                                                       {Status::stopped, "discontinued"},
                                                       {Status::entered_in_error, "nullified"},
                                                       {Status::on_hold, "onhold"},
                                                       {Status::on_hold, "held"},
                                                       {Status::superseded, "obsolete"},
                                                       {Status::superseded, "deprecated"},
                                                       {Status::finished, "discharged"},
                                                       {Status::completed, "success"},
                                                       {Status::failed, "failure"},
                                                       {Status::cancelled, "canceled"},
                                                   }}};

constexpr Words<Certainty, certainty_count> certainties{{{
    {Certainty::none, ""},
    {Certainty::unconfirmed, "unconfirmed"},
    {Certainty::provisional, "provisional"},
    {Certainty::differential, "differential"},
    {Certainty::confirmed, "confirmed"},
    {Certainty::refuted, "refuted"},
}}};

constexpr Words<Author, author_count, 1> authors{{{
                                                     {Author::unknown, ""},
                                                     {Author::clinician, "clinician"},
                                                     {Author::patient, "patient"},
                                                     {Author::carer, "carer"},
                                                     {Author::device, "device"},
                                                     {Author::algorithm, "algorithm"},
                                                 }},
                                                 {{{Author::unknown, "unknown"}}}};

constexpr Words<Comparator, comparator_count, 1> comparators{{{
                                                                 {Comparator::equal, ""},
                                                                 {Comparator::less, "<"},
                                                                 {Comparator::less_or_equal, "<="},
                                                                 {Comparator::greater_or_equal, ">="},
                                                                 {Comparator::greater, ">"},
                                                             }},
                                                             {{{Comparator::equal, "="}}}};

}  // namespace

std::string_view name(Kind kind) { return kinds.name(kind); }
std::string_view name(Status status) { return statuses.name(status); }
std::string_view name(Certainty certainty) { return certainties.name(certainty); }
std::string_view name(Author author) { return authors.name(author); }
std::string_view name(Comparator comparator) { return comparators.name(comparator); }

std::optional<Kind> parse_kind(std::string_view word) { return kinds.parse(word); }
std::optional<Status> parse_status(std::string_view word) { return statuses.parse(word); }
std::optional<Certainty> parse_certainty(std::string_view word) { return certainties.parse(word); }
std::optional<Author> parse_author(std::string_view word) { return authors.parse(word); }
std::optional<Comparator> parse_comparator(std::string_view word) { return comparators.parse(word); }

}  // namespace chartline::record
