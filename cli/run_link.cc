// link and unlink: each other's inverse.
#include "cli/runs.h"
#include "cli/source.h"

namespace chartline::cli {

Result<void> run_link(const Invocation& invocation, Console& console) {
  const auto source = TRY(open_source(invocation, Access::write));
  TRY(source->link(invocation.argument(0), invocation.argument(1)));
  console.note("linked: both identifiers find the whole person");
  return {};
}

Result<void> run_unlink(const Invocation& invocation, Console& console) {
  const auto source = TRY(open_source(invocation, Access::write));
  TRY(source->unlink(invocation.argument(0), invocation.argument(1)));
  console.note("unlinked: they are two patients again");
  return {};
}

}  // namespace chartline::cli
