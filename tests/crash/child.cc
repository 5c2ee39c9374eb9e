#include "tests/crash/child.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <thread>

namespace chartline::crash {

Child::Child(const std::function<void(const Tell&)>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    int status = 0;
    try {
      work([out = ends[1]](const std::string& line) {
        const std::string whole = line + "\n";
        if (::write(out, whole.data(), whole.size()) < 0) ::_exit(3);
      });
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "%s\n", failure.what());
      status = 2;
    }
    ::_exit(status);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

Child::~Child() {
  if (!reaped_) kill(), reap(0);
  ::close(pipe_);
}

std::optional<std::string> Child::next(Clock::time_point until) {
  for (;;) {
    if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    if (ended_) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::microseconds>(until - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd ready{pipe_, POLLIN, 0};
    const timespec wait{static_cast<time_t>(left / 1'000'000), static_cast<long>(left % 1'000'000 * 1000)};
    if (::ppoll(&ready, 1, &wait, nullptr) <= 0) continue;
    std::array<char, 4096> buffer;
    const ssize_t got = ::read(pipe_, buffer.data(), buffer.size());
    if (got <= 0) ended_ = true;
    if (got > 0) unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void Child::kill() {
  if (!reaped_) ::kill(pid_, SIGKILL);
  killed_ = true;
}

void Child::reap(int options) {
  if (!reaped_ && ::waitpid(pid_, &status_, options) == pid_) reaped_ = true;
}

std::string Child::outcome(Clock::time_point until) {
  while (!ended_ && Clock::now() < until) (void)next(until);
  for (reap(WNOHANG); !reaped_ && Clock::now() < until; reap(WNOHANG))
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  if (!reaped_) {
    kill();
    reap(0);
    return "hangs";
  }
  if (WIFSIGNALED(status_)) {
    if (killed_ && WTERMSIG(status_) == SIGKILL) return "";
    return std::string("ended by ") + ::strsignal(WTERMSIG(status_));
  }
  return WEXITSTATUS(status_) == 0 ? "" : "ended with status " + std::to_string(WEXITSTATUS(status_));
}

}  // namespace chartline::crash
