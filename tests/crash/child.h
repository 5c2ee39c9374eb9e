// Work in a process of its own, which may be killed, crash or hang without taking the test with it. The parent must have no
// other threads: it opens no store itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace chartline::crash {

class Child {
 public:
  using Tell = std::function<void(const std::string& line)>;  // thread safe; a line crosses whole, and survives the child
  explicit Child(const std::function<void(const Tell&)>& work);
  ~Child();  // kills
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  using Clock = std::chrono::steady_clock;
  // The next line; nullopt at the end of all that it said, or when it is `until`.
  std::optional<std::string> next(Clock::time_point until);
  bool ended() const { return ended_; }  // no more lines will come
  void kill();
  // "" where it went well; else the signal, the status, or that it hangs. Lines left unread are lost.
  std::string outcome(Clock::time_point until);

 private:
  void reap(int options);
  pid_t pid_ = -1;
  int pipe_ = -1;
  bool ended_ = false, reaped_ = false, killed_ = false;
  int status_ = 0;
  std::string unread_;
};

}  // namespace chartline::crash
