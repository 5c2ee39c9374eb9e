// Temporal questions as they stand in their files.
#pragma once

#include <simdjson.h>

#include <stdexcept>

#include "formats/record/decimal.h"
#include "tests/suites/question_text.h"

namespace chartline::suites {

inline Question question_of(simdjson::dom::element line) {
  Question question;
  question.kind = std::string(std::string_view(line["kind"]));
  for (const auto [name, value] : simdjson::dom::object(line["params"])) {
    if (value.is_string()) question.codes[std::string(name)] = std::string(std::string_view(value));
    else
      question.numbers[std::string(name)] =
          record::print(value.is_int64() ? record::decimal(int64_t(value), 0) : record::decimal(double(value)));
  }
  return question;
}

}  // namespace chartline::suites
