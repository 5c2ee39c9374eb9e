#include "formats/wire/failure.h"

namespace chartline::wire {
namespace {

constexpr std::string_view mark = "chartline: ";

}  // namespace

std::string failure_text(const Error& error) {
  return std::string(mark) + std::string(name(error.fault)) + ": " + error.message;
}

// Whoever passes an exception on may have put words before it.
Error read_failure(std::string_view text) {
  const std::size_t begin = text.find(mark);
  if (begin != std::string_view::npos) {
    const std::string_view rest = text.substr(begin + mark.size());
    for (int fault = 1; fault <= static_cast<int>(Fault::unsupported); ++fault) {
      const std::string_view word = name(static_cast<Fault>(fault));
      if (rest.starts_with(word) && rest.substr(word.size()).starts_with(": "))
        return {static_cast<Fault>(fault), std::string(rest.substr(word.size() + 2))};
    }
  }
  return unavailable("the connection failed: " + std::string(text.substr(0, 200)));
}

}  // namespace chartline::wire
