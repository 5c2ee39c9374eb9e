// Lines from a person at a terminal: editing keys, history over sessions, completion with Tab, and the line in colour
// while it is typed. Keys are Emacs' ones, or what ~/.editrc says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/console.h"
#include "cli/query_words.h"

namespace chartline::cli {

class LineEditor {
 public:
  struct Options {
    std::string history_file;  // "": history of this session only
    std::function<Candidates(std::string_view before)> complete;
    std::function<std::string(std::string_view line)> paint;  // the same characters; not called where colour is off
    Look look;
  };
  explicit LineEditor(Options options);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Outcome : std::uint8_t {
    line,
    interrupted,
    end
  };  // end: Ctrl-D on an empty line, or the terminal is gone
  // `prompt` is ASCII. The line comes without its line break.
  Outcome read(std::string_view prompt, std::string& line);
  void remember(const std::string& line);  // in the history, which only its owner may read

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Where a character stands on a terminal that is `width` columns wide, in rows and columns from the row and column 0 of
// a prompt of `prompt` columns before the text.
struct ScreenPlace {
  std::size_t row = 0, column = 0;
  friend bool operator==(const ScreenPlace&, const ScreenPlace&) = default;
};
ScreenPlace place_behind(std::string_view text, std::size_t prompt, std::size_t width);

}  // namespace chartline::cli
