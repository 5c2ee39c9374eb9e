#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"

namespace chartline::cli {

Result<void> run_hash(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const bool history = invocation.on("history");
  const auto source = TRY(open_source(invocation, Access::read));
  Progress progress(console, "hash", Unit::steps);
  const std::string hash = TRY(source->hash(history, progress));
  if (form == Form::table) return console.write(hash + "\n");
  return write_fields(form, {{"hash", text_cell(hash)}, {"of", text_cell(history ? "history" : "content")}}, console);
}

}  // namespace chartline::cli
