// The program on a terminal: a pseudo-terminal of the system.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "tests/cli/scratch.h"

namespace chartline::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int silence_ms_max = 20'000;

struct Shown {
  std::string text;
  int code = 0;
};

// What a person types once something has been shown.
struct Typed {
  std::string after, keys;
};

// Runs a line of the shell on a terminal of 100 columns, on which a person types.
Shown on_terminal(const Scratch& scratch, const std::string& line, const std::vector<Typed>& person = {}) {
  int terminal = 0;
  winsize size{.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  EXPECT_GE(child, 0);
  if (child == 0) {
    const std::string path =
        "PATH=" + std::filesystem::path(CHARTLINE_PROGRAM).parent_path().string() + ":/usr/bin:/bin";
    std::string home = "HOME=" + scratch.folder().string(), term = "TERM=xterm", locale = "LC_ALL=C.UTF-8";
    const char* suppressed = std::getenv("LSAN_OPTIONS");  // of a sanitizer
    std::string leaks = std::string("LSAN_OPTIONS=") + (suppressed ? suppressed : "");
    std::array<char*, 6> environment = {
        const_cast<char*>(path.c_str()), home.data(), term.data(), locale.data(), leaks.data(), nullptr};
    if (chdir(scratch.folder().c_str()) == 0) execle("/bin/sh", "sh", "-c", line.c_str(), nullptr, environment.data());
    _exit(127);
  }
  Shown shown;
  std::array<char, 4096> buffer;
  std::size_t sent = 0, seen = 0;
  pollfd waiting{.fd = terminal, .events = POLLIN, .revents = 0};
  for (ssize_t n = 0;;) {
    if (poll(&waiting, 1, silence_ms_max) == 0) {
      ADD_FAILURE() << "nothing more is shown, and the program does not end: " << shown.text;
      kill(child, SIGKILL);
      break;
    }
    if ((n = read(terminal, buffer.data(), buffer.size())) <= 0) break;
    shown.text.append(buffer.data(), static_cast<std::size_t>(n));
    while (sent < person.size()) {
      const auto found = shown.text.find(person[sent].after, seen);
      if (found == std::string::npos) break;
      seen = found + person[sent].after.size();
      const std::string& keys = person[sent++].keys;
      EXPECT_EQ(write(terminal, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(terminal);
  shown.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return shown;
}

class Terminal : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(scratch_.run("chartline init --store care && chartline import --store care fixtures/clinic.csv").code, 0);
  }
  Scratch scratch_;
};

TEST_F(Terminal, ShowsColourUnlessTold) {
  const std::string command = "chartline timeline --store care 9434765919";
  EXPECT_THAT(on_terminal(scratch_, command).text, HasSubstr("\x1b[1mAda Moss"));
  EXPECT_THAT(on_terminal(scratch_, "NO_COLOR=1 " + command).text, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_terminal(scratch_, command + " --color never").text, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_terminal(scratch_, "TERM=dumb " + command).text, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_terminal(scratch_, command + " | cat").text, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(scratch_.run(command + " --color always").output, HasSubstr("\x1b[1mAda Moss"));
}

TEST_F(Terminal, ShowsProgressOfLongWorkAndTakesItAway) {
  const Shown shown = on_terminal(scratch_,
                                  "(echo patient,time,code,value; i=0; while [ $i -lt 40 ]; do echo "
                                  "p$i,2020-01-01,HB,$i; i=$((i+1)); sleep 0.05; done) |"
                                  " chartline import --store care --format events --color never -");
  EXPECT_EQ(shown.code, 0) << shown.text;
  EXPECT_THAT(shown.text, HasSubstr("\r\x1b[Kimport  "));
  EXPECT_THAT(shown.text, HasSubstr(" records/s"));
  EXPECT_THAT(shown.text, HasSubstr("\r\x1b[K40 rows in"))
      << "the line of progress is taken away before anything else is said";
  const Shown piped = on_terminal(scratch_, "chartline import --store care fixtures/clinic.csv 2>/dev/null");
  EXPECT_THAT(piped.text, Not(HasSubstr("\x1b[K")));
}

TEST_F(Terminal, CtrlCStopsAnImportCleanly) {
  const Shown shown = on_terminal(scratch_,
                                  "(echo patient,time,code,value; while sleep 0.02; do echo p,2020-01-01,HB,1; done) |"
                                  " chartline import --store care --format events --color never -",
                                  {{" records/s", "\x03"}});
  EXPECT_EQ(shown.code, 130) << shown.text;
  EXPECT_THAT(shown.text, HasSubstr("interrupted; what was acknowledged is safe"));
  EXPECT_THAT(shown.text, Not(HasSubstr("created ")));
  EXPECT_EQ(scratch_.run("chartline check --store care --deep --quiet").code, 0);
}

TEST_F(Terminal, TheShellAnswersCompletesAndPaints) {
  const Shown shown = on_terminal(scratch_, "exec chartline shell --store care",
                                  {{"chartline> ", "count exi\tcond\tsnom\t44054006]"},
                                   {"\x1b[33msnomed:44054006\x1b[0m]", ";\n"},
                                   {"patients", "tally observa\t*] by kind\n"},
                                   {"...> ", "\n"},
                                   {"events", ".quit\n"}});
  EXPECT_EQ(shown.code, 0) << shown.text;
  EXPECT_THAT(shown.text, HasSubstr("today is taken as 20"));
  EXPECT_THAT(shown.text, HasSubstr("\x1b[1;34mcount\x1b[0m \x1b[1;34mexists\x1b[0m \x1b[36mcondition\x1b[0m["
                                    "\x1b[33msnomed:44054006\x1b[0m]"));
  EXPECT_THAT(shown.text, HasSubstr("       1\r\n"));
  EXPECT_THAT(shown.text, HasSubstr("observation       5\r\n"));
}

TEST_F(Terminal, TheShellListsWhatMayFollow) {
  const Shown shown = on_terminal(scratch_, "exec chartline shell --store care --color never",
                                  {{"> ", "count exists me\t"}, {"medication[", "\x15.quit\n"}});
  EXPECT_EQ(shown.code, 0) << shown.text;
  EXPECT_THAT(shown.text, HasSubstr("measure      median(      medication["));
  EXPECT_THAT(shown.text, Not(HasSubstr("\x1b[1;34m")));
}

TEST_F(Terminal, TheShellRemembersLinesForItsOwnerAlone) {
  on_terminal(scratch_, "exec chartline shell --store care", {{"> ", "count alive(2020);\n"}, {"patients", "\x04"}});
  const Shown shown =
      on_terminal(scratch_, "exec chartline shell --store care", {{"> ", "\x1b[A\n"}, {"patients", "\x04"}});
  EXPECT_THAT(shown.text, HasSubstr("count alive(2020);"));
  const auto file = scratch_.folder() / ".local/state/chartline/history";
  EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms(0777), std::filesystem::perms(0600));
}

TEST_F(Terminal, CtrlCGivesUpTheInputAndCtrlDLeaves) {
  const Shown shown = on_terminal(scratch_, "exec chartline shell --store care --color never",
                                  {{"> ", "count nonsense\n"},
                                   {"...> ", "  and more\x03"},
                                   {"chartline> ", "\x03"},
                                   {"chartline> ", "count alive(2020);\n"},
                                   {"patients", "\x04"}});
  EXPECT_EQ(shown.code, 0) << shown.text;
  EXPECT_THAT(shown.text, Not(HasSubstr("not a known name")));
  EXPECT_THAT(shown.text, HasSubstr("patients\r\n"));
}

TEST_F(Terminal, APasswordIsAskedForTwiceAndNeverShown) {
  const std::string add = "chartline user add --users users.toml --role clinician mary";
  const Shown differ = on_terminal(
      scratch_, add, {{"password for mary: ", "correct horse battery\n"}, {"once more: ", "wrong horse battery\n"}});
  EXPECT_EQ(differ.code, 2) << differ.text;
  EXPECT_THAT(differ.text, HasSubstr("the two passwords differ"));
  const Shown shown = on_terminal(
      scratch_, add, {{"password for mary: ", "correct horse battery\n"}, {"once more: ", "correct horse battery\n"}});
  EXPECT_EQ(shown.code, 0) << shown.text;
  EXPECT_THAT(shown.text, Not(HasSubstr("horse")));
  EXPECT_THAT(shown.text, HasSubstr("mary is a user now"));
}

TEST_F(Terminal, CtrlCLeavesTheTerminalAsItWas) {
  const Shown shown = on_terminal(
      scratch_, "trap : INT; chartline user add --users users.toml mary; stty -a; test ! -e users.toml && echo none",
      {{"password for mary: ", "\x03"}});
  EXPECT_THAT(shown.text, HasSubstr("interrupted"));
  EXPECT_THAT(shown.text, HasSubstr(" echo "));
  EXPECT_THAT(shown.text, HasSubstr("none")) << "nobody was made a user";
}

TEST_F(Terminal, AReaderThatLeavesIsNoFailure) {
  const auto outcome =
      scratch_.run("sh -c 'chartline events --store care --format table; echo code $? >&2' | head -n 1");
  EXPECT_THAT(outcome.output, HasSubstr("code 0"));
}

TEST_F(Terminal, AFullDiskIsAFailure) {
  const auto outcome = scratch_.run("chartline events --store care >/dev/full");
  EXPECT_EQ(outcome.code, 6) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("standard output cannot be written"));
}

}  // namespace
}  // namespace chartline::cli
