// Columns and the reference beside each other, over stores that scripts tell of.
#pragma once

#include <string>

#include "engine/store.h"
#include "formats/record/event.h"
#include "tests/query_random/script.h"

namespace chartline::query::vectorised {

// Whether the reference answers, and columns another thing.
bool differ(engine::Store& store, const std::string& text);
// More than once, where what was asked before is made use of.
void expect_agreement(engine::Store& store, const std::string& text, int times = 1);

random::Step about(random::Step::What what, const std::string& person);
// Events borrow their text: of a literal.
record::Event coded(record::Kind kind, const char* code, record::Day day);

}  // namespace chartline::query::vectorised
