#include "server/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <sstream>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/check.h"

namespace chartline::server {
namespace {

// What is written to a pipe while this lives.
class Written {
 public:
  Written() { check(pipe(ends_) == 0); }
  int descriptor() const { return ends_[1]; }
  std::vector<std::string> lines() {
    close(ends_[1]);
    std::string text;
    char part[4096];
    for (ssize_t n; (n = read(ends_[0], part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(n));
    close(ends_[0]);
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

 private:
  int ends_[2];
};

// Text of run time finds no way in: this is decided when it is compiled.
static_assert(!std::is_constructible_v<LogValue, std::string>);
static_assert(!std::is_constructible_v<LogValue, std::string_view>);
static_assert(!std::is_constructible_v<Literal, std::string_view>);

TEST(Log, WritesAnObjectALine) {
  Written written;
  FixedClock clock(1'795'705'445'123'456);
  {
    Log log(clock, {.descriptor = written.descriptor()});
    log.write(LogLevel::info, LogEvent::listening, {{LogField::port, std::uint64_t{7411}}});
    log.write(LogLevel::warning, LogEvent::login_refused,
              {{LogField::connection, std::uint64_t{17}}, {LogField::flaw, TokenFlaw::signature}});
    log.write(LogLevel::warning, LogEvent::connection_cut,
              {{LogField::cut, Cut::slow_sender}, {LogField::flaw, FrameFlaw::too_large}, {LogField::seconds, 1.5}});
    log.write(LogLevel::error, LogEvent::call_failed,
              {{LogField::fault, Fault::corrupt}, {LogField::call, Literal("timeline")}});
    log.write(LogLevel::debug, LogEvent::connection_opened);
  }
  EXPECT_THAT(
      written.lines(),
      testing::ElementsAre(
          R"({"time":"2026-11-26T15:04:05.123Z","level":"info","event":"listening","port":7411})",
          R"({"time":"2026-11-26T15:04:05.123Z","level":"warning","event":"login_refused","connection":17,"flaw":"signature"})",
          R"({"time":"2026-11-26T15:04:05.123Z","level":"warning","event":"connection_cut","cut":"slow_sender","flaw":"too_large","seconds":1.5})",
          R"({"time":"2026-11-26T15:04:05.123Z","level":"error","event":"call_failed","fault":"corrupt","call":"timeline"})"))
      << "debug is below the level";
}

TEST(Log, KeepsLinesOfManyThreadsWhole) {
  Written written;
  SystemClock clock;
  {
    Log log(clock, {.descriptor = written.descriptor(), .waiting_max = 1 << 20});
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back([&log, t] {
        for (std::uint64_t i = 0; i < 100; ++i)
          log.write(LogLevel::info, LogEvent::login, {{LogField::connection, t * 1000 + i}});
      });
    for (std::thread& thread : threads) thread.join();
  }
  const std::vector<std::string> lines = written.lines();
  EXPECT_EQ(lines.size(), 400U);
  simdjson::dom::parser parser;
  for (const std::string& line : lines) EXPECT_EQ(parser.parse(line).error(), simdjson::SUCCESS) << line;
}

TEST(Log, NobodyWaitsForAFullPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  FixedClock clock(0);
  std::string text;
  std::thread reader;
  {
    Log log(clock, {.descriptor = ends[1], .waiting_max = 10});
    // Far more than the pipe holds, and nobody reads yet.
    for (std::uint64_t i = 0; i < 20'000; ++i) log.write(LogLevel::info, LogEvent::login, {{LogField::connection, i}});
    reader = std::thread([&] {
      char part[4096];
      for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(n));
    });
  }
  close(ends[1]);
  reader.join();
  close(ends[0]);
  EXPECT_THAT(text, testing::HasSubstr("\"event\":\"lines_dropped\",\"count\":"));
}

}  // namespace
}  // namespace chartline::server
