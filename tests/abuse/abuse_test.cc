// The server under load and abuse: while attackers do their worst, those who use it as it is meant get the answers that they got
// before, soon enough. Afterwards no connection is left, memory stayed bounded, the store is sound, and the server ends as asked.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "clients/cpp/connection.h"
#include "tests/abuse/attacks.h"
#include "tests/abuse/served_program.h"
#include "tests/base/sanitized.h"
#include "tests/lane.h"

namespace chartline::abuse {
namespace {

using Seconds = std::chrono::duration<double>;
using Timepoint = std::chrono::steady_clock::time_point;
Timepoint now() { return std::chrono::steady_clock::now(); }

constexpr int attackers = 8, good_clients = 2;
constexpr double answer_seconds_max = 10;  // on a machine that does other things too
constexpr std::uint64_t peak_bytes_max = 768ull << 20, sanitized_peak_bytes_max = 3ull << 30;

// All that a timeline says, in one text.
std::string words_of(const client::Page& page) {
  std::string words;
  for (const record::Event& event : page.events)
    words += fmt::format("{} {} {} {}|", static_cast<int>(event.kind), event.code.code, record::print(event.start),
                         event.value.number.mantissa);
  return words;
}

class Abuse {
 public:
  Abuse(std::uint64_t seed, double seconds) : seed_(seed), seconds_(seconds) {}

  void run() {
    learn();
    ASSERT_FALSE(target_.patients.empty());
    const std::size_t before = sockets_in_the_end(2);  // it listens on two
    ASSERT_EQ(before, 2u);
    std::vector<std::thread> threads;
    begin_ = now();
    for (int i = 0; i < attackers; ++i) threads.emplace_back([this, i] { attack_on(i); });
    for (int i = 0; i < good_clients; ++i) threads.emplace_back([this, i] { use(i); });
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(served_.is_alive());
    EXPECT_EQ(sockets_in_the_end(before), before) << "connections are left";
    EXPECT_LT(served_.peak_bytes(), is_sanitized() ? sanitized_peak_bytes_max : peak_bytes_max);
    EXPECT_EQ(wrong_, 0u);
    EXPECT_GT(answers_.size(), 20u);
    std::sort(answers_.begin(), answers_.end());
    EXPECT_LT(answers_.back(), answer_seconds_max);
    tell();
    EXPECT_EQ(served_.stop(), 0);
    EXPECT_EQ(served_.run("check --quiet"), 0);
    EXPECT_EQ(served_.run("audit verify"), 0);
  }

 private:
  bool is_over() const { return Seconds(now() - begin_).count() > seconds_; }

  // Whom there is, and what their timelines say, while nobody disturbs.
  void learn() {
    target_.port = served_.port(), target_.http_port = served_.http_port();
    auto connection = client::Connection::open({.address = served_.address()});
    ASSERT_TRUE(connection) << connection.error().message;
    std::vector<std::string> names;
    const auto all = (*connection)->events({}, [&](const client::PatientEvents& one) -> Result<void> {
      const std::string name = fmt::format("{}|{}", one.patient.system, one.patient.value);
      if (names.empty() || names.back() != name) names.push_back(name);
      return {};
    });
    ASSERT_TRUE(all) << all.error().message;
    for (const std::string& name : names) {
      const auto timeline = (*connection)->timeline(name, {});
      ASSERT_TRUE(timeline) << timeline.error().message;
      known_[name] = words_of(timeline->first());
      target_.patients.push_back(name);
    }
  }

  void attack_on(int number) {
    std::mt19937_64 chance(seed_ + static_cast<std::uint64_t>(number));
    while (!is_over()) {
      const auto which = static_cast<Attack>(chance() % attack_count);
      const int seconds = std::clamp(static_cast<int>(seconds_ - Seconds(now() - begin_).count()), 1, 12);
      const std::size_t made = attack(which, target_, chance, seconds);
      const std::lock_guard lock(mutex_);
      connections_[static_cast<std::size_t>(which)] += made;
    }
  }

  // Logs in anew now and then. While there are too many connections nobody else gets one: then it tries again.
  void use(int number) {
    std::mt19937_64 chance(seed_ + 1000 + static_cast<std::uint64_t>(number));
    std::unique_ptr<client::Connection> connection;
    while (!is_over()) {
      if (!connection || chance() % 20 == 0) {
        connection.reset();
        auto opened = client::Connection::open({.address = served_.address()});
        if (!opened) {
          ++turned_away_;
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
          continue;
        }
        connection = std::move(*opened);
      }
      const std::string& name = target_.patients[chance() % target_.patients.size()];
      const Timepoint asked = now();
      const auto timeline = connection->timeline(name, {});
      const double took = Seconds(now() - asked).count();
      EXPECT_TRUE(timeline) << timeline.error().message;
      if (!timeline) {
        connection.reset();
        ++wrong_;
        continue;
      }
      if (words_of(timeline->first()) != known_[name]) ++wrong_;
      {
        const std::lock_guard lock(mutex_);
        answers_.push_back(took);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  // Who said nothing is closed after a while, so some seconds are given.
  std::size_t sockets_in_the_end(std::size_t wanted) {
    std::size_t sockets = served_.open_sockets();
    for (int i = 0; i < 300 && sockets > wanted; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      sockets = served_.open_sockets();
    }
    return sockets;
  }

  void tell() {
    std::size_t all = 0;
    std::string parts;
    for (int i = 0; i < attack_count; ++i) {
      all += connections_[static_cast<std::size_t>(i)];
      parts +=
          fmt::format("{}{} {}", i ? ", " : "", name(static_cast<Attack>(i)), connections_[static_cast<std::size_t>(i)]);
    }
    const auto quantile = [&](double part) {
      return 1000 * answers_[static_cast<std::size_t>(part * static_cast<double>(answers_.size() - 1))];
    };
    fmt::print("hostile connections: {}\n", parts);
    fmt::print(
        "lane abuse: {} hostile connections; {} timelines meanwhile, {} wrong, p50 {:.1f} ms, p99 {:.0f} ms, at most "
        "{:.0f} ms; turned away {} times; "
        "peak {} MB; no connection left; seed {}, {:.0f} s\n",
        all, answers_.size(), wrong_.load(), quantile(0.5), quantile(0.99), quantile(1), turned_away_.load(),
        served_.peak_bytes() >> 20, seed_, Seconds(now() - begin_).count());
  }

  const std::uint64_t seed_;
  const double seconds_;
  ServedProgram served_;
  Target target_;
  std::map<std::string, std::string> known_;
  Timepoint begin_;
  std::mutex mutex_;
  std::array<std::size_t, attack_count> connections_{};
  std::vector<double> answers_;
  std::atomic<std::uint64_t> wrong_{0}, turned_away_{0};
};

TEST(Lane, AbuseDoesNotKeepOthersFromTheirAnswers) {
  Abuse(number_from("CHARTLINE_SEED", 1), static_cast<double>(number_from("CHARTLINE_ABUSE_SECONDS", 60))).run();
}
TEST(Soak, AbuseForHours) {
  Abuse(number_from("CHARTLINE_SEED", 1), static_cast<double>(number_from("CHARTLINE_ABUSE_SECONDS", 4 * 3600 - 300))).run();
}

}  // namespace
}  // namespace chartline::abuse
