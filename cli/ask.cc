#include "cli/ask.h"

#include <fmt/format.h>

#include <chrono>

#include "cli/complaints.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/option_table.h"
#include "cli/progress.h"
#include "cli/result_writer.h"
#include "query/token.h"

namespace chartline::cli {
namespace {

Result<std::map<std::string, std::string>> parameters_of(const std::vector<std::string>& given) {
  std::map<std::string, std::string> parameters;
  for (const std::string& parameter : given) {
    const auto equals = parameter.find('=');
    const std::string name = parameter.substr(0, equals);
    if (equals == std::string::npos || !query::is_word(name))
      return invalid_request("--param takes NAME=VALUE, as in --param today=2024-03-31");
    if (!parameters.emplace(name, parameter.substr(equals + 1)).second)
      return invalid_request("--param gives " + name + " twice");
  }
  return parameters;
}

query::Executor executor_of(std::string_view word) {
  if (word == "reference") return query::Executor::reference;
  return word == "vectorised" ? query::Executor::vectorised : query::Executor::automatic;
}

}  // namespace

const std::vector<const Option*> asking_options = {
    &option::parameter, &option::answer_format, &option::query_threads, &option::time_limit, &option::memory_limit,
    &option::executor,  &option::clamp,         &option::terminology,   &option::timer,      &option::cache};

Result<void> check_form(Form form, const Console& console) {
  if (form != Form::arrow || !console.out().terminal) return {};
  return advise(invalid_request("arrow is bytes for programs, not for a terminal"),
                "use: chartline query --format arrow > FILE");
}

Result<Asking> asking_of(const Invocation& invocation, const Console& console) {
  Asking asking;
  asking.form = TRY(form_of(invocation.text("format"), Form::table, Typed::yes));
  TRY(check_form(asking.form, console));
  asking.timer = invocation.on("timer");
  asking.prepare.parameters = TRY(parameters_of(invocation.all("param")));
  asking.prepare.month_end = invocation.on("clamp") ? query::MonthEnd::clamp : query::MonthEnd::roll;
  asking.prepare.terminology = invocation.text("terminology");
  asking.run.executor = executor_of(invocation.text("executor"));
  asking.run.threads = static_cast<unsigned>(invocation.number("threads"));
  asking.run.milliseconds_max = 1000 * invocation.number("time-limit");
  asking.run.memory_bytes_max = invocation.number("memory-limit");
  return asking;
}

Result<void> answer(Question& question, const Asking& asking, Console& console) {
  if (question.statements == 0) console.note("the text defines, and asks nothing");
  query::RunOptions options = asking.run;
  Progress progress(console, "query", Unit::patients);
  options.cancel = &interruption();
  options.progress = [&](const query::Progress& so_far) { progress.update(so_far.patients, so_far.of); };
  const auto writer = result_writer(asking.form, question.statements, console.out(),
                                    [&](std::string_view text) { return console.write(text); });
  return question.run(options, *writer);
}

Result<void> ask(Source& source, std::string_view text, std::string_view origin, const Asking& asking, Console& console) {
  const auto start = std::chrono::steady_clock::now();
  const auto question = TRY(source.prepare(text, asking.prepare, asking.run));
  if (!question->complaints.empty()) {
    console.say_text(complaint_text(question->complaints, text, origin, console.err()));
    return wrong_text(question->complaints.size());
  }
  TRY(answer(*question, asking, console));
  if (!asking.timer) return {};
  TRY(console.flush());
  console.say(timing(start));
  return {};
}

std::string timing(std::chrono::steady_clock::time_point start) {
  return fmt::format("{:.3f} s", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

Error wrong_text(std::size_t complaints) {
  return {wrong_query, complaints == 1 ? "the query is wrong: nothing was run"
                                       : fmt::format("{} complaints: nothing was run", complaints)};
}

}  // namespace chartline::cli
