// The log: one JSON object a line, for operators. It cannot carry patient data: a line is an event of a closed list with fields of
// a closed list, whose values are numbers, enumerations of ours, and words of the source. There is no field for text that comes in
// at run time: who did what to whom is the audit log's.
//
//   log.write(LogLevel::warning, LogEvent::login_refused, {{LogField::connection, 17}, {LogField::flaw, TokenFlaw::signature}});
//   {"time":"2026-11-26T15:04:05.123Z","level":"warning","event":"login_refused","connection":17,"flaw":"signature"}
//
// One thread writes, so that nobody who logs waits for a disk; where lines come faster than they can be written, the rest is
// counted and the count is logged.
#pragma once

#include <condition_variable>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "server/frame_guard.h"
#include "server/literal.h"
#include "server/tokens.h"

namespace chartline::server {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
std::string_view name(LogLevel level);
LogLevel parse_log_level(std::string_view word);  // info for what it is not

enum class LogEvent : std::uint8_t {
  starting,
  listening,
  draining,
  stopped,
  reloaded,
  reload_failed,
  connection_opened,
  connection_closed,
  connection_cut,
  connection_refused,
  login,
  login_refused,
  call_failed,
  query_stopped,
  store_unavailable,
  lines_dropped,
};
std::string_view name(LogEvent event);

enum class LogField : std::uint8_t {
  connection,
  port,
  bytes_in,
  bytes_out,
  messages,
  seconds,
  count,
  fault,
  flaw,
  cut,
  call,
  what
};
std::string_view name(LogField field);

using LogValue = std::variant<std::uint64_t, double, Fault, TokenFlaw, FrameFlaw, Cut, Literal>;

struct LogPair {
  LogField field;
  LogValue value;
};

struct LogOptions {
  LogLevel least = LogLevel::info;
  int descriptor = 2;  // standard error
  std::size_t waiting_max = 4096;
};

class Log {
 public:
  Log(Clock& clock, const LogOptions& options);
  ~Log();  // writes what is waiting
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, LogEvent event, std::initializer_list<LogPair> fields = {});

 private:
  void run();
  std::string line_of(LogLevel level, LogEvent event, std::initializer_list<LogPair> fields);

  Clock& clock_;
  const LogOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> waiting_;
  std::uint64_t dropped_ = 0;
  bool ending_ = false;
  std::thread writer_;
};

}  // namespace chartline::server
