// Queries from the command line, a file or standard input.
#include "cli/ask.h"
#include "cli/failure.h"
#include "cli/query_text.h"
#include "cli/runs.h"
#include "cli/source.h"

namespace chartline::cli {

Result<void> run_query(const Invocation& invocation, Console& console) {
  const Asking asking = TRY(asking_of(invocation, console));
  const QueryText query = TRY(query_text(invocation, console));
  const auto source = TRY(open_source(invocation, Access::read));
  return ask(*source, query.text, query.origin, asking, console);
}

}  // namespace chartline::cli
