// Shapes: for each FHIR resource type, which kind of event it is and where its facts stand. One table instead of a
// class per type; what a table cannot say (components, answers, demographics) is a function beside it.
//
//   resource                                                   kind            start                    no end means
//   Patient                                                    patient, death  none; deceased[x]        point
//   Encounter                                                  encounter       period                   lasts
//   EpisodeOfCare                                              registration    period                   lasts
//   Condition                                                  condition       onset[x], recordedDate   lasts
//   Observation                                                observation     effective[x], issued     point
//   MedicationRequest, MedicationOrder, MedicationDispense     medication      authored, handed over    unknown
//   MedicationStatement                                        medication      effective[x]             lasts
//   MedicationAdministration                                   medication      effective[x]             point
//   Procedure                                                  procedure       performed[x]             point
//   Immunization                                               immunization    occurrence[x]            point
//   AllergyIntolerance                                         allergy         onset[x], recordedDate   lasts
//   CarePlan, CareTeam                                         care_plan       period                   lasts
//   Goal                                                       goal            startDate                lasts
//   ServiceRequest, ReferralRequest, ProcedureRequest          referral        occurrence[x], authored  point
//   DiagnosticReport, ImagingStudy, MolecularSequence          report          effective[x], started    point
//   DocumentReference, Composition, DocumentManifest, Media    document        date, created            point
//   Device, DeviceUseStatement, DeviceRequest, SupplyDelivery  device          timing[x], occurrence[x]  point
//   Consent                                                    consent         dateTime                 point
//   QuestionnaireResponse, ClinicalImpression, RiskAssessment  assessment      authored, date           point
//   Appointment                                                appointment     start                    point
//   FamilyMemberHistory                                        family_history  date                     point
//   every other type (claims, people, places, terminology)     other           whichever date it has    point
//
// An end that is given is `at`, always. `lasts`: without one it is ongoing while its status is open (active,
// in-progress, on-hold, ...), else its end is unknown; so too wherever the start comes from a Period that has no end.
// An event without any date has no time. Parts: an Observation's components, a QuestionnaireResponse's answers, a
// FamilyMemberHistory's conditions and a Patient's death are parts 1, 2, ... of the record whose part 0 is the resource
// itself. What has no place in an event stands in the original.
//
// Paths are keys joined by '.', alternatives joined by '|': the first that leads to something is taken.
#pragma once

#include <span>
#include <string_view>

#include "formats/record/kind.h"

namespace chartline::exchange::fhir {

struct Draft;

// What it means that a resource gives no end.
enum class Ending : std::uint8_t {
  point,    // it happened at its start; but a Period without an end is like `lasting`
  lasting,  // ongoing while its status is open (active, in-progress, ...), else unknown
  unknown,  // it lasted, and nothing tells how long
};

struct AttributeShape {
  std::string_view name;
  std::string_view paths;
  enum class Take : std::uint8_t {
    all,    // everything that the path leads to, as repeated attributes
    first,  // one only, where several belong together with others in ways that attributes cannot say
    date,   // one, as a date
  };
  Take take = Take::all;
};

struct Shape {
  std::string_view type;  // resourceType; "" for every other type
  record::Kind kind;
  std::string_view subject;
  std::string_view code;   // CodeableConcept, Coding, or list of them
  std::string_view start;  // dateTime, date or instant
  std::string_view end;
  Ending ending = Ending::point;
  std::string_view author = {};  // Reference: its type tells who said so
  std::span<const AttributeShape> attributes = {};
  void (*more)(Draft&) = nullptr;
  std::string_view status = "status";  // code or CodeableConcept
};

// The shape of a resource type; always one, because the last fits every type.
const Shape& shape(std::string_view type);

}  // namespace chartline::exchange::fhir
