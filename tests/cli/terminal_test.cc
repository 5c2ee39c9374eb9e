// The program on a terminal: a pseudo-terminal of the system.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/cli/scratch.h"

namespace chartline::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Shown {
  std::string text;
  int code = 0;
};

// Runs a line of the shell on a terminal of 100 columns; sends SIGINT once `interrupt_at` has been shown.
Shown on_terminal(const Scratch& scratch, const std::string& line, const std::string& interrupt_at = "") {
  int terminal = 0;
  winsize size{.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  EXPECT_GE(child, 0);
  if (child == 0) {
    const std::string path =
        "PATH=" + std::filesystem::path(CHARTLINE_PROGRAM).parent_path().string() + ":/usr/bin:/bin";
    std::string home = "HOME=" + scratch.folder().string(), term = "TERM=xterm", locale = "LC_ALL=C.UTF-8";
    std::array<char*, 5> environment = {const_cast<char*>(path.c_str()), home.data(), term.data(), locale.data(),
                                        nullptr};
    if (chdir(scratch.folder().c_str()) == 0) execle("/bin/sh", "sh", "-c", line.c_str(), nullptr, environment.data());
    _exit(127);
  }
  Shown shown;
  std::array<char, 4096> buffer;
  bool sent = interrupt_at.empty();
  for (ssize_t n; (n = read(terminal, buffer.data(), buffer.size())) > 0;) {
    shown.text.append(buffer.data(), static_cast<std::size_t>(n));
    if (!sent && shown.text.find(interrupt_at) != std::string::npos) sent = write(terminal, "\x03", 1) == 1;
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
                                  " records/s");
  EXPECT_EQ(shown.code, 130) << shown.text;
  EXPECT_THAT(shown.text, HasSubstr("interrupted; what was acknowledged is safe"));
  EXPECT_THAT(shown.text, Not(HasSubstr("created ")));
  EXPECT_EQ(scratch_.run("chartline check --store care --deep --quiet").code, 0);
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
