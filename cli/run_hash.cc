#include "cli/open_store.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"

namespace chartline::cli {

Result<void> run_hash(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const bool history = invocation.on("history");
  const auto store = TRY(open_store(invocation, Access::read));
  Progress progress(console, "hash", Unit::steps);
  const std::string hash = hex(TRY(engine::content_hash(*store, history, progressed(progress))));
  if (form == Form::table) return console.write(hash + "\n");
  return write_fields(form, {{"hash", text_cell(hash)}, {"of", text_cell(history ? "history" : "content")}}, console);
}

}  // namespace chartline::cli
