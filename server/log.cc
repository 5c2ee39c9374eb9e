#include "server/log.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace chartline::server {
namespace {

std::string time_of(Micros now) {
  const std::time_t seconds = static_cast<std::time_t>(now / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(now / 1000 % 1000));
  return text;
}

std::string json_of(std::uint64_t number) { return std::to_string(number); }
std::string json_of(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}
// Words of ours need no escaping.
template <typename Named>
std::string json_of(Named value) {
  std::string_view word;
  if constexpr (std::is_same_v<Named, Literal>) word = value;
  else word = name(value);
  return "\"" + std::string(word) + "\"";
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // nobody reads the log: the server goes on
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "";
}

LogLevel parse_log_level(std::string_view word) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::warning, LogLevel::error})
    if (word == name(level)) return level;
  return LogLevel::info;
}

std::string_view name(LogEvent event) {
  switch (event) {
    case LogEvent::starting: return "starting";
    case LogEvent::listening: return "listening";
    case LogEvent::draining: return "draining";
    case LogEvent::stopped: return "stopped";
    case LogEvent::reloaded: return "reloaded";
    case LogEvent::reload_failed: return "reload_failed";
    case LogEvent::connection_opened: return "connection_opened";
    case LogEvent::connection_closed: return "connection_closed";
    case LogEvent::connection_cut: return "connection_cut";
    case LogEvent::connection_refused: return "connection_refused";
    case LogEvent::login: return "login";
    case LogEvent::login_refused: return "login_refused";
    case LogEvent::call_failed: return "call_failed";
    case LogEvent::query_stopped: return "query_stopped";
    case LogEvent::store_unavailable: return "store_unavailable";
    case LogEvent::lines_dropped: return "lines_dropped";
  }
  return "";
}

std::string_view name(LogField field) {
  switch (field) {
    case LogField::connection: return "connection";
    case LogField::port: return "port";
    case LogField::bytes_in: return "bytes_in";
    case LogField::bytes_out: return "bytes_out";
    case LogField::messages: return "messages";
    case LogField::seconds: return "seconds";
    case LogField::count: return "count";
    case LogField::fault: return "fault";
    case LogField::flaw: return "flaw";
    case LogField::cut: return "cut";
    case LogField::call: return "call";
    case LogField::what: return "what";
  }
  return "";
}

Log::Log(Clock& clock, const LogOptions& options) : clock_(clock), options_(options), writer_([this] { run(); }) {}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void Log::write(LogLevel level, LogEvent event, std::initializer_list<LogPair> fields) {
  if (level < options_.least) return;
  std::string line = line_of(level, event, fields);
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= options_.waiting_max) {
    ++dropped_;
    return;
  }
  waiting_.push_back(std::move(line));
  wake_.notify_one();
}

std::string Log::line_of(LogLevel level, LogEvent event, std::initializer_list<LogPair> fields) {
  std::string line = "{\"time\":\"" + time_of(clock_.now()) + "\",\"level\":\"";
  line.append(name(level)).append("\",\"event\":\"").append(name(event)).append("\"");
  for (const LogPair& pair : fields)
    line.append(",\"")
        .append(name(pair.field))
        .append("\":")
        .append(std::visit([](auto value) { return json_of(value); }, pair.value));
  return line + "}\n";
}

void Log::run() {
  for (bool more = true; more;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    std::deque<std::string> lines;
    lines.swap(waiting_);
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    more = !ending_ || !lines.empty();
    lock.unlock();
    std::string text;
    for (const std::string& line : lines) text += line;
    if (dropped > 0) text += line_of(LogLevel::warning, LogEvent::lines_dropped, {{LogField::count, dropped}});
    write_all(options_.descriptor, text);
  }
}

}  // namespace chartline::server
