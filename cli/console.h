// Console: the two streams of the program. Results go to standard output, everything said about them to standard error.
// Colour and progress only where a terminal is; NO_COLOR and --color decide.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace chartline::cli {

enum class Colour : std::uint8_t { automatic, always, never };

// What a stream can show.
struct Look {
  bool terminal = false;
  bool colour = false;
  bool utf8 = false;
  std::size_t width = 200;  // in columns; wide where nobody counts them
};

// Paints where colour is on, else gives the text back.
enum class Ink : std::uint8_t { plain, bold, dim, red, green, yellow, blue, cyan };
std::string paint(std::string_view text, Ink ink, const Look& look);

class Console {
 public:
  Console();   // looks at the process's streams and environment
  ~Console();  // flushes
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void set_colour(Colour colour);
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }
  const Look& out() const { return out_; }
  const Look& err() const { return err_; }

  // Standard output, buffered. unavailable where it cannot be written; where its reader has gone, `reader_gone` says so.
  Result<void> write(std::string_view text);
  Result<void> flush();
  bool reader_gone() const { return reader_gone_; }

  // Standard error: a line for a person. `note` is left out with --quiet.
  void say(std::string_view line);
  void note(std::string_view line);
  void say_text(std::string_view lines);  // as they are, each with its line break
  // The one line that is drawn again and again; "" takes it away. On a terminal only.
  void status(std::string_view line);

 private:
  Look out_, err_;
  bool quiet_ = false;
  bool reader_gone_ = false;
  bool status_shown_ = false;
  std::string buffer_;
};

}  // namespace chartline::cli
