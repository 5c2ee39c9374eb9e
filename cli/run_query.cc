// Queries from the command line, a file or standard input.
#include "cli/ask.h"
#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/query_text.h"
#include "cli/runs.h"

namespace chartline::cli {

Result<void> run_query(const Invocation& invocation, Console& console) {
  const Asking asking = TRY(asking_of(invocation));
  const QueryText query = TRY(query_text(invocation, console));
  const auto store = TRY(open_store(invocation, Access::read));
  return ask(*store, query.text, query.origin, asking, console);
}

}  // namespace chartline::cli
