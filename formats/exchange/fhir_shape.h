// Shapes: for each FHIR resource type, which kind of event it is and where its facts stand. One table instead of a class per
// type; what a table cannot say (components, answers, demographics) is a function beside it.
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
  std::string_view code;      // CodeableConcept, Coding, or list of them
  std::string_view start;     // dateTime, date or instant
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
