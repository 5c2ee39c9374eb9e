// The shell: asks a store one input after the other, at a terminal or from a pipe. An input ends with a semicolon or an
// empty line; what it defines is known to all later ones. Lines that begin with a dot are about the shell itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/ask.h"
#include "cli/console.h"
#include "cli/query_words.h"
#include "cli/session.h"
#include "cli/source.h"

namespace chartline::cli {

class Shell {
 public:
  Shell(Source& store, Asking asking, Console& console)
      : store_(store), asking_(std::move(asking)), console_(console) {}

  // One line. What goes wrong is said, and the shell goes on.
  void take(std::string_view line);
  void finish();         // the last input may have no end
  void give_up_input();  // Ctrl-C
  bool within_input() const { return !input_.empty(); }
  bool wants_to_quit() const { return quits_; }
  const std::optional<Error>& first_failure() const { return first_failure_; }

  Vocabulary vocabulary();  // for completion

 private:
  struct DotCommand {
    std::string_view name, argument, help;
    Result<void> (Shell::*run)(std::string_view argument);
  };
  static std::span<const DotCommand> dot_commands();
  static bool is_dot_command(std::string_view line);

  query::PrepareOptions with_params_of(std::string_view text) const;
  Result<void> ask(std::string_view input);
  Result<void> dot_command(std::string_view line);
  Result<void> help(std::string_view), explain(std::string_view), timer(std::string_view), mode(std::string_view),
      read(std::string_view), codes(std::string_view), cohorts(std::string_view), defined(std::string_view),
      quit(std::string_view);
  void run_input();
  void note_failure(const Result<void>& done);

  Source& store_;
  Asking asking_;
  Console& console_;
  Session session_;
  std::string input_;       // lines so far
  std::string last_asked_;  // for .explain
  bool quits_ = false;
  int depth_ = 0;  // of .read
  std::optional<Error> first_failure_;
};

}  // namespace chartline::cli
