// The domains of circe's criteria: which events of the store each is about, and what may be asked of them, key by key, in words
// of the query language.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chartline::exchange {

enum class CirceForm : std::uint8_t {
  number,    // a NumericRange
  date,      // a DateRange
  age,       // a NumericRange, at the time `what`
  gender,    // a list of concepts, or KEY + "CS": a concept set
  concepts,  // likewise, maybe with KEY + "Exclude"; `what` may name two places for one thing: "value|attr.x"
  visit,     // likewise, of the visit that the event is linked to
  set,       // the number of a concept set
  source,    // likewise, but asked before `First`
  text,      // a TextFilter; two places as above
  abnormal,  // true
  period,    // a period of the definition's own
};

struct CirceAsked {
  std::string_view key;
  CirceForm form;
  std::string_view what = {};
  std::string_view as_circe = {};  // what circe's SQL reads in its place
};

struct CirceDomain {
  std::string_view name, kind;
  std::string_view table;  // where the kind holds events of other tables too
  std::string_view end;    // the end that circe gives its events; "" for their own
  std::vector<CirceAsked> asked;
};

const CirceDomain* circe_domain(std::string_view name);      // null where it is not covered
std::vector<std::string> circe_keys(const CirceDomain& of);  // that its criteria may have

}  // namespace chartline::exchange
