#include "cli/failure.h"

#include <algorithm>

#include "cli/text.h"

namespace chartline::cli {

int exit_code(Fault fault) {
  if (fault == wrong_query) return 3;
  switch (fault) {
    case Fault::invalid_request: return 2;
    case Fault::not_found:
    case Fault::conflict: return 1;
    case Fault::denied: return 4;
    case Fault::busy:
    case Fault::unavailable: return 6;
    case Fault::corrupt: return 5;
    case Fault::unsupported: return 7;
  }
  return 6;
}

Error advise(Error error, std::string_view advice) {
  error.message.append("\n").append(advice);
  return error;
}

void print_failure(const Error& error, std::string_view command, Console& console) {
  std::string_view rest = error.message;
  const std::string_view cause = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), cause.size() + 1));
  const std::string who = command.empty() ? "chartline" : "chartline " + std::string(command);
  const auto safe = [&](std::string_view text) {
    return printable(text, console.err().utf8);
  };  // names of files are not ours
  console.say(paint(who + ":", Ink::red, console.err()) + " " + safe(cause));
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    console.say("  " + safe(line));
  }
}

}  // namespace chartline::cli
