// A patient as a page tells it, one line a fact:
//
//   born 1950-05-01, died 2024-02-01, female
//   2024-01-10                        condition    icd10:E11.9
//   2024-01-10T09:30:00Z..2024-01-12  encounter    visit:IP      record=e1 source=RYJ
//   2024-03                           observation  loinc:4548-4+local:a1c = 58 mmol/mol  encounter=e1 attr.site='left'
//   -                                 medication   atc:C10AA05   status=planned author=patient certainty=refuted
//
// A time may end `..ongoing` or `..unknown`; `-` is an event without one, and a code `-` none. Values are numbers (`<0.3`
// too) with a unit or without, 'text', yes, no, dates (attributes) or codes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/person.h"

namespace chartline::query {

class MadePerson {
 public:
  MadePerson();
  // Fails the test at a line that it cannot read.
  void add(std::string_view line);
  // Valid until the next add().
  Person person();

 private:
  void add_demographics(std::string_view line);
  void add_property(std::string_view property, record::Event& event, std::vector<record::Attribute>& attributes);
  record::Value value(std::string_view text, std::string_view unit);
  record::Code code(std::string_view text);

  record::Arena arena_;
  std::vector<record::Event> events_;
  Person person_;
};

}  // namespace chartline::query
