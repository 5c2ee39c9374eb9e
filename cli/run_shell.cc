// Lines from the terminal, or from a pipe, to the shell.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/interrupt.h"
#include "cli/line_editor.h"
#include "cli/query_paint.h"
#include "cli/runs.h"
#include "cli/shell.h"
#include "cli/source.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

constexpr std::string_view prompt = "chartline> ", prompt_within = "      ...> ";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Beside other programs' state, as the XDG folders have it.
std::string history_file(const Invocation& invocation) {
  if (const auto named = invocation.given("history")) return *named;
  if (const std::string state = environment("XDG_STATE_HOME"); !state.empty()) return state + "/chartline/history";
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.local/state/chartline/history";
}

// The date where the store is.
Result<record::Day> today_of(const Source& store) {
  SystemClock clock;
  const Micros now = clock.now();
  const record::Zone zone = TRY(record::Zone::find(store.zone()));
  return record::at_instant(now, zone.offset_minutes(now)).day();
}

void talk(Shell& shell, const Invocation& invocation, const Look& look) {
  LineEditor editor(
      {.history_file = history_file(invocation),
       .complete = [&](std::string_view before) { return candidates(before, shell.vocabulary()); },
       .paint =
           [&](std::string_view line) { return line.starts_with('.') ? std::string(line) : painted_query(line, look); },
       .look = look});
  while (!shell.wants_to_quit()) {
    std::string line;
    switch (editor.read(shell.within_input() ? prompt_within : prompt, line)) {
      case LineEditor::Outcome::end: return shell.finish();
      case LineEditor::Outcome::interrupted:
        shell.give_up_input();
        forget_interrupt();
        break;
      case LineEditor::Outcome::line:
        if (!line.empty()) editor.remember(line);
        shell.take(line);
    }
  }
}

void listen(Shell& shell, const Console& console) {
  for (std::string line;
       !shell.wants_to_quit() && !interrupted() && !console.reader_gone() && std::getline(std::cin, line);)
    shell.take(line);
  if (!shell.wants_to_quit() && !interrupted()) shell.finish();
}

}  // namespace

Result<void> run_shell(const Invocation& invocation, Console& console) {
  Asking asking = TRY(asking_of(invocation, console));
  const auto store = TRY(open_source(invocation, Access::read));
  asking.prepare.today = TRY(today_of(*store));
  const std::string assumption = asking.prepare.parameters.contains("today")
                                     ? ""
                                     : "today is taken as " + record::print(record::day_time(*asking.prepare.today)) +
                                           "; `param today = ...` says otherwise";
  Shell shell(*store, std::move(asking), console);
  if (isatty(STDIN_FILENO) == 0 || !console.out().terminal) {
    if (!assumption.empty()) console.note(assumption);
    listen(shell, console);
    if (!shell.first_failure()) return {};
    return Error{shell.first_failure()->fault, "not every input could be answered"};
  }
  const std::uint64_t patients = TRY(store->patients());
  console.note(fmt::format("chartline {}, {}: {} patient{}", CHARTLINE_VERSION,
                           printable(store->name(), console.err().utf8), grouped(patients), patients == 1 ? "" : "s"));
  console.note("A query ends with ; or an empty line. Tab completes, .help explains, Ctrl-D leaves.");
  if (!assumption.empty()) console.note(assumption);
  talk(shell, invocation, console.out());
  return {};
}

}  // namespace chartline::cli
