// Asking a store, or a server: the text of a query on one side, rows on the console on the other, with complaints, progress and Ctrl-C
// in between. What `query`, `cohort run` and the shell have in common.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/rows.h"
#include "cli/source.h"
#include "query/run.h"

namespace chartline::cli {

struct Asking {
  query::PrepareOptions prepare;
  query::RunOptions run;
  Form form = Form::table;
  bool timer = false;
};

// From --param, --format, --threads, --time-limit, --memory-limit, --executor, --clamp, --terminology and --timer.
Result<Asking> asking_of(const Invocation& invocation, const Console& console);
// invalid_request for bytes that a terminal would be given.
Result<void> check_form(Form form, const Console& console);
extern const std::vector<const Option*> asking_options;

// Writes what the query gives.
Result<void> answer(Question& question, const Asking& asking, Console& console);

// Prepares the text and answers it. Complaints are said, and then it fails with wrong_query; `origin` is the file that
// the text is from, or "".
Result<void> ask(Source& source, std::string_view text, std::string_view origin, const Asking& asking, Console& console);

std::string timing(std::chrono::steady_clock::time_point start);  // "0.120 s"
Error wrong_text(std::size_t complaints);  // "2 complaints: nothing was run", of the fault wrong_query

}  // namespace chartline::cli
