#include "cli/program.h"

#include "cli/advice.h"
#include "cli/failure.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/settings.h"

namespace chartline::cli {
namespace {

Colour colour_of(std::string_view word) {
  if (word == "always") return Colour::always;
  return word == "never" ? Colour::never : Colour::automatic;
}

Result<void> run(CommandLine line, Console& console) {
  if (line.help) {
    if (const auto flag = line.flags.find("color"); flag != line.flags.end())
      console.set_colour(colour_of(flag->second.back()));
    TRY(console.write(help_of(*line.command, console.out())));
    return console.flush();
  }
  const Invocation invocation = TRY(settle(std::move(line), process_environment()));
  console.set_colour(colour_of(invocation.text("color")));
  console.set_quiet(invocation.on("quiet"));
  if (Result<void> done = invocation.command().run(invocation, console); !done)
    return with_places(std::move(done).error(), invocation);
  return console.flush();
}

}  // namespace

int run_program(const std::vector<std::string>& words, Console& console) {
  watch_for_interrupt();
  auto line = parse_command_line(words);
  if (!line) {
    print_failure(line.error(), "", console);
    return exit_code(line.error().fault);
  }
  const std::string name(line->command->name);
  const Result<void> done = run(std::move(line).value(), console);
  if (done) return exit_ok;
  if (console.reader_gone()) return exit_ok;  // it has read what it wanted
  (void)console.flush();                      // what was found before the failure
  if (interrupted()) {
    console.say("chartline " + name + ": interrupted; what was acknowledged is safe");
    return exit_interrupted;
  }
  print_failure(done.error(), name, console);
  return exit_code(done.error().fault);
}

}  // namespace chartline::cli
