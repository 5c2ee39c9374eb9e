// Who is left after each step that leads to a kept cohort: a `flow` behind its text.
#include "cli/ask.h"
#include "cli/failure.h"
#include "cli/kept_cohort.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "query/attrition.h"

namespace chartline::cli {
namespace {

std::string in_quotes(const std::string& title) {
  std::string text = "'";
  for (const char c : title) text.append(c == '\'' ? 2 : 1, c);
  return text + "'";
}

}  // namespace

Result<void> run_cohort_attrition(const Invocation& invocation, Console& console) {
  const std::string& name = invocation.argument(0);
  const Asking asking = TRY(asking_of(invocation, console));
  const auto source = TRY(open_source(invocation, Access::read));
  const std::string text = TRY(kept_cohort(*source, name));
  std::string flow;
  for (const query::AttritionStep& step : query::attrition_of(text, name))
    flow.append(flow.empty() ? "\nflow " : ", ").append(step.condition + " as " + in_quotes(step.title));
  return ask(*source, text + flow, "", asking, console);
}

}  // namespace chartline::cli
