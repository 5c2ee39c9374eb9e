// Cohorts that the store keeps by name.
#include "cli/ask.h"
#include "cli/complaints.h"
#include "cli/failure.h"
#include "cli/kept_cohort.h"
#include "cli/open_store.h"
#include "cli/position.h"
#include "cli/query_paint.h"
#include "cli/query_text.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "query/token.h"

namespace chartline::cli {
namespace {

Result<QueryText> cohort_text(const Invocation& invocation, Console& console) {
  if (invocation.arguments().size() < 2) return query_text(invocation, console);
  if (invocation.given("text") || invocation.given("file"))
    return invalid_request("a FILE, -e and -f exclude each other: the text stands in one place");
  const std::string& path = invocation.argument(1);
  return QueryText{TRY(read_query_file(path)), path};
}

}  // namespace

Result<void> run_cohort_save(const Invocation& invocation, Console& console) {
  const std::string& name = invocation.argument(0);
  if (!query::is_word(name))
    return invalid_request("the name of a cohort is letters, digits and _, as in old_and_frail");
  const Asking asking = TRY(asking_of(invocation, console));
  const QueryText text = TRY(cohort_text(invocation, console));
  const auto source = TRY(open_source(invocation, Access::write));
  const auto complaints = TRY(source->save_cohort(name, text.text, asking.prepare));
  if (!complaints.empty()) {
    console.say_text(complaint_text(complaints, text.text, text.origin, console.err()));
    return Error{wrong_query, "nothing was saved"};
  }
  console.note("saved " + name);
  return {};
}

Result<void> run_cohort_list(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  const auto writer =
      row_writer(form, {"cohort"}, console.out(), [&](std::string_view text) { return console.write(text); });
  for (const std::string& name : TRY(source->cohorts())) TRY(writer->row({text_cell(name)}));
  return writer->end();
}

Result<void> run_cohort_show(const Invocation& invocation, Console& console) {
  const auto source = TRY(open_source(invocation, Access::read));
  const std::string text = TRY(kept_cohort(*source, invocation.argument(0)));
  return console.write(painted_query(text, console.out()) + (text.ends_with('\n') ? "" : "\n"));
}

Result<void> run_cohort_run(const Invocation& invocation, Console& console) {
  const std::vector<std::string>& names = invocation.arguments();
  const Asking asking = TRY(asking_of(invocation, console));
  const auto source = TRY(open_source(invocation, Access::read));
  // One as if it had just been typed, so that its params can be given other values. Several in one pass over the patients.
  std::string text;
  for (const std::string& name : names) {
    const std::string kept = TRY(kept_cohort(*source, name));
    text += (names.size() == 1 ? kept + "\n" : "") + "list in " + name + "\n";
  }
  return ask(*source, text, "", asking, console);
}

Result<void> run_cohort_watch(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const auto source = TRY(open_source(invocation, Access::read));
  (void)TRY(kept_cohort(*source, invocation.argument(0)));
  const Position now = TRY(source->position());
  const auto given = invocation.given("since");
  const Position since = given ? TRY(parse_position(*given, now)) : now;
  const WatchedCohort told = TRY(source->watch_cohort(invocation.argument(0), since));
  const auto writer = row_writer(form, {"patient", "system", "change"}, console.out(),
                                 [&](std::string_view text) { return console.write(text); });
  for (const WatchedCohort::Change& one : told.changes)
    TRY(writer->row({text_cell(one.patient), text_cell(one.system), text_cell(one.entered ? "entered" : "left")}));
  TRY(writer->end());
  TRY(console.flush());
  console.note("position " + position_text(told.position) + "; go on with --since " + position_text(told.position));
  return {};
}

Result<void> run_cohort_remove(const Invocation& invocation, Console& console) {
  const auto source = TRY(open_source(invocation, Access::write));
  TRY(kept_cohort(*source, invocation.argument(0)));
  TRY(source->forget_cohort(invocation.argument(0)));
  console.note("removed");
  return {};
}

}  // namespace chartline::cli
