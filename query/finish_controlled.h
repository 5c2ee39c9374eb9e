// The result of a statement under disclosure control: figures of the findings controlled one by one, all others made anew from
// those that are told. A group of which nothing may be told is left out, since that it is there would tell of who is in it.
#pragma once

#include <string>

#include "engine/trust/project_key.h"
#include "engine/trust/words.h"
#include "query/findings.h"

namespace chartline::query {

struct FiguresControl {
  engine::Disclosure mode = engine::Disclosure::none;
  const engine::ProjectKey* key = nullptr;
  std::string question{};  // what the noise is drawn for: the statement, and to whom it is put
};

// Where needs_shares() says so, the findings have shares.
Result<void> finish_controlled(const typed::Node& statement, const Schema& schema, const Program& program,
                               Findings&& findings, const FiguresControl& control, ResultSink& sink);

}  // namespace chartline::query
