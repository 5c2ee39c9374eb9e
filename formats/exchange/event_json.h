// Codes and attributes of an event as JSON: in rows for machines, and in cells of the event CSV, which reads them back.
//
//   codes        [{"system":"icd10","code":"E11.9","display":"Type 2 diabetes"}]
//   attributes   {"dose":{"value":5,"comparator":"<","unit":"mg"},"site":["left","right"],"begun":"2024-02","wet":true,
//                 "drug":{"system":"atc","code":"A10BA02"}}
//
// One member for each name, an array where a name has several values, null for none. A text that is a date or time of a month
// or finer is one, others are text; where it is not so it is said: {"text":"2024-02"}, {"date":"2024"}, {"date":""}.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/exchange/code_cell.h"
#include "formats/record/event.h"

namespace chartline::exchange {

std::string codes_json(std::span<const record::Code> codes);
std::string attributes_json(std::span<const record::Attribute> attributes);  // which are sorted by name

class EventJson {
 public:
  explicit EventJson(const record::Zone& zone);  // of times without an offset
  EventJson(EventJson&&) noexcept;
  ~EventJson();

  // False where the text is not of the form above. What is appended borrows from this object until it is cleared.
  bool codes(std::string_view json, CodeCells& codes, std::vector<record::Code>& to);
  bool attributes(std::string_view json, CodeCells& codes, std::vector<record::Attribute>& to);
  void clear();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace chartline::exchange
