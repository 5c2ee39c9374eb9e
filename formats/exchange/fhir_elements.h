// Elements: FHIR's data types turned into the record's: codings, quantities, times, identifiers, choices of type.
//
//   Coding             system by its short name where it has one, code in canonical form, display as given
//   CodeableConcept    the coding that the user selected, else the first, is primary; the others are translations;
//                      without any coding its text is the code, in the system "text"
//   Quantity, Money    number, comparator, unit: the UCUM code where given, else the unit's text, else any code;
//                      nothing without a value, and never a coded value, whatever stands in its code
//   Range, Ratio, Period, SampledData   text: "1..2 mg", "1:128", "2020/2021", the data
//   date, dateTime, instant   at their own precision and offset; without one, in the zone of the import
//   Identifier         system by its short name; an NHS number as its ten digits, only if its check digit holds
//
// Numbers are what is written; one of more than 18 digits is text, as it is written, with its unit. A Quantity's number
// that is written as a text is taken as the number, and what is no number is kept as text: both are noted.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/exchange/fhir_json.h"
#include "formats/record/event.h"

namespace chartline::exchange::fhir {

// Something that was mended, for the quality report: where in the resource, and why.
struct Note {
  std::string field;  // "Observation.effectiveDateTime"
  std::string_view rule;
  std::string_view reason;
};

inline constexpr std::size_t text_code_bytes_max = 200;  // longer text is prose: no code

// Longer text (documents, images) is left to the original.
inline constexpr std::size_t text_value_bytes_max = std::size_t{64} << 10;

struct Coded {
  record::Code primary;
  std::span<const record::Code> translations;
};

// Makes elements that borrow from its arena only. Not thread safe.
class Elements {
 public:
  Elements(record::Arena& arena, const record::Zone& zone) : arena_(arena), zone_(zone) {}

  std::string_view text(std::string_view borrowed) { return arena_.text(borrowed); }
  std::string_view system(std::string_view uri);
  record::Code coding(Node coding);                        // empty without a code
  record::Code text_code(std::string_view words);          // empty for none, or too many
  Coded codeable_concept(Node concept_or_coding_or_list);  // a list of concepts: the first has the primary code
  std::optional<record::Identifier> identifier(Node identifier,
                                               std::string_view field);  // nullopt without a system and value
  std::optional<record::Identifier> identifier(std::string_view system_uri, std::string_view value,
                                               std::string_view field);
  std::optional<record::Time> time(Node text, std::string_view field);  // absent, or noted as bad_date
  // Of any type; form none where it holds nothing. An element's name tells what it is where its parts do not.
  record::Value value(Node any, std::string_view name = {});
  record::Value choice(Node parent, std::string_view prefix);  // value[x], as the choice that is there

  void note(std::string field, std::string_view rule, std::string_view reason) {
    notes_.push_back({std::move(field), rule, reason});
  }
  std::vector<Note> take_notes() { return std::exchange(notes_, {}); }
  bool zone_was_needed() const { return zone_was_needed_; }  // a time of day had no offset, which FHIR asks for
  record::Arena& arena() { return arena_; }

 private:
  record::Value object_value(Node object, std::string_view name);
  record::Value quantity(Node quantity);
  void append(std::string& out, Node quantity);  // its comparator and value, as they are written
  record::Value long_number(std::string_view words);
  record::Value text_value(std::string_view words);

  record::Arena& arena_;
  const record::Zone& zone_;
  std::vector<Note> notes_;
  bool zone_was_needed_ = false;
  std::vector<record::Code> codes_;
};

}  // namespace chartline::exchange::fhir
