#include "cli/password.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "cli/interrupt.h"

namespace chartline::cli {
namespace {

constexpr std::size_t line_bytes_max = 4096;
constexpr int look_every_ms = 100;

// Nothing that is typed is shown while this lives.
class Unseen {
 public:
  Unseen() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios unseen = before_;
    unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen) == 0;
  }
  ~Unseen() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
  bool works() const { return changed_; }

 private:
  termios before_{};
  bool changed_ = false;
};

// Byte by byte, so that nothing behind the line is taken from whoever reads next.
Result<std::string> line_of_input() {
  std::string line;
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  for (char c = 0; line.size() <= line_bytes_max;) {
    // Ctrl-C may come just before this waits, so it does not wait for long.
    const int ready = poll(&input, 1, look_every_ms);
    TRY(stop_if_interrupted());
    if (ready <= 0) continue;
    const ssize_t n = read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unavailable("standard input cannot be read");
    if (n == 0 || c == '\n') return line;
    line += c;
  }
  return invalid_request("the password is too long");
}

Result<std::string> typed(const std::string& prompt, Console& console) {
  const Unseen unseen;
  if (!unseen.works()) return unavailable("the terminal would show the password");
  console.say_text(prompt);
  auto line = line_of_input();
  console.say_text("\n");
  return line;
}

}  // namespace

Result<std::string> new_password(const std::string& user, Console& console) {
  const bool asks = isatty(STDIN_FILENO) == 1;
  std::string password = asks ? TRY(typed("password for " + user + ": ", console)) : TRY(line_of_input());
  if (password.empty()) return invalid_request("no password is given: it is the first line of standard input");
  if (asks && TRY(typed("once more: ", console)) != password) return invalid_request("the two passwords differ");
  return password;
}

}  // namespace chartline::cli
