#include "cli/console.h"

#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "cli/text.h"

namespace chartline::cli {
namespace {

constexpr std::size_t buffer_bytes = 1 << 16;
constexpr std::size_t width_least = 60;

std::size_t width_of(int stream) {
  winsize size{};
  if (isatty(stream) != 0 && ioctl(stream, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const auto number = parse_number(columns); number && *number > 0 && *number < 10'000)
      return static_cast<std::size_t>(*number);
  }
  return Look{}.width;
}

Look look_at(int stream) {
  Look look;
  look.terminal = isatty(stream) != 0;
  look.utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  look.width = std::max(width_of(stream), width_least);
  return look;
}

bool may_colour(const Look& look) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return look.terminal && (no_color == nullptr || *no_color == '\0') && term != nullptr &&
         std::string_view(term) != "dumb";
}

// Writes everything, or says with errno why not.
bool write_all(int stream, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(stream, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::plain: return "";
    case Ink::bold: return "\x1b[1m";
    case Ink::dim: return "\x1b[2m";
    case Ink::red: return "\x1b[1;31m";
    case Ink::green: return "\x1b[32m";
    case Ink::yellow: return "\x1b[33m";
    case Ink::blue: return "\x1b[1;34m";
    case Ink::cyan: return "\x1b[36m";
  }
  return "";
}

}  // namespace

std::string paint(std::string_view text, Ink ink, const Look& look) {
  if (!look.colour || ink == Ink::plain || text.empty()) return std::string(text);
  return std::string(code_of(ink)).append(text).append("\x1b[0m");
}

Console::Console() {
  setlocale(LC_CTYPE, "");
  out_ = look_at(STDOUT_FILENO);
  err_ = look_at(STDERR_FILENO);
  set_colour(Colour::automatic);
}

Console::~Console() {
  status("");
  (void)flush();  // whoever cares has flushed before and seen the error
}

void Console::set_colour(Colour colour) {
  for (Look* look : {&out_, &err_})
    look->colour = colour == Colour::always || (colour == Colour::automatic && may_colour(*look));
}

Result<void> Console::write(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < buffer_bytes ? Result<void>() : flush();
}

Result<void> Console::flush() {
  if (out_.terminal && !buffer_.empty()) status("");  // results are not written behind a line of progress
  const bool written = write_all(STDOUT_FILENO, buffer_);
  buffer_.clear();
  if (written) return {};
  reader_gone_ = errno == EPIPE;
  return unavailable(reader_gone_ ? "the reader of standard output has gone"
                                  : "standard output cannot be written: is the disk full?");
}

// What cannot be said cannot be said: a failing standard error changes nothing of the work.
void Console::say(std::string_view line) {
  status("");
  (void)write_all(STDERR_FILENO, std::string(line).append("\n"));
}

void Console::say_text(std::string_view lines) {
  status("");
  (void)write_all(STDERR_FILENO, lines);
}

void Console::note(std::string_view line) {
  if (!quiet_) say(line);
}

void Console::status(std::string_view line) {
  if (!err_.terminal || quiet_ || (line.empty() && !status_shown_)) return;
  status_shown_ = !line.empty();
  (void)write_all(STDERR_FILENO, std::string("\r\x1b[K").append(line));
}

}  // namespace chartline::cli
