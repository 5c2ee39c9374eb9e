// A server that is told to end: what it took it finishes and answers; what comes later is refused in words, or finds nobody.
#include <gtest/gtest.h>

#include <thread>

#include "tests/client/connected.h"

namespace chartline::client {
namespace {

using server::ServedStore;

// One writer: one record after another, each under a batch id, until the server takes no more.
struct Writer {
  std::vector<std::string> acknowledged;
  Error end;

  void write(const std::string& address, int number, std::atomic<int>& commits) {
    const auto connection = connect_to(address);
    if (!connection) return;
    for (int i = 0;; ++i) {
      const std::string person = "p" + std::to_string(number) + "_" + std::to_string(i);
      const record::Identifier who{.system = "test", .value = person};
      record::Event event;
      event.kind = record::Kind::observation;
      event.code = {"local", "glucose", {}};
      event.start = record::day_time(18'000);
      event.source.organisation = "RYJ";
      event.record = person;
      const record::Record one{.identifiers = {&who, 1}, .events = {&event, 1}};
      auto ingest = connection->ingest();
      if (!ingest) return end = ingest.error(), void();
      if (const auto added = ingest->add({&one, 1}); !added) return end = added.error(), void();
      const auto written = ingest->commit(person);
      if (!written) return end = written.error(), void();
      acknowledged.push_back(person);
      ++commits;
    }
  }
};

TEST(Ending, EveryAcknowledgedCommitIsThereAndNoAnswerIsLost) {
  ServedStore served;
  const std::string address = served.address();
  std::vector<Writer> writers(6);
  std::atomic<int> commits{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&, i] { writers[static_cast<std::size_t>(i)].write(address, i, commits); });
  while (commits < 100) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto begun = std::chrono::steady_clock::now();
  served.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(8));
  for (std::thread& one : threads) one.join();
  std::size_t acknowledged = 0;
  for (const Writer& writer : writers) {
    acknowledged += writer.acknowledged.size();
    for (const std::string& person : writer.acknowledged) {
      const auto found = served.store->view().find("test|" + person);
      ASSERT_TRUE(found);
      EXPECT_TRUE(found->has_value()) << person;
    }
    EXPECT_EQ(writer.end.fault, Fault::unavailable) << writer.end.message;
  }
  // No commit that was taken went without its answer: there is nothing that was not acknowledged.
  EXPECT_EQ(served.store->view().patients(0), acknowledged);
  EXPECT_GE(acknowledged, 100u);
}

TEST(Ending, ATimelineUnderWayComesInWhole) {
  ServedStore served;
  served.observe("ann", "glucose", 30'000);
  const auto connection = connect(served);
  std::atomic<bool> begun{false};
  std::size_t events = 0;
  std::thread reading([&] {
    const auto read = connection->events({}, [&](const PatientEvents& part) -> Result<void> {
      if (!begun.exchange(true)) std::this_thread::sleep_for(std::chrono::milliseconds(200));
      events += part.events.size();
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
  });
  while (!begun) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  served.server->stop();
  reading.join();
  EXPECT_EQ(events, 30'000u);
}

// Who waits for news is told at once that there are none.
TEST(Ending, AFeedThatWaitsIsAnswered) {
  ServedStore served;
  const auto connection = connect(served);
  auto feed = connection->changes({});
  ASSERT_TRUE(feed);
  std::thread waiting([&] {
    const auto news = feed->next(0, 60'000);
    EXPECT_TRUE(news) << news.error().message;
    if (news) {
      EXPECT_TRUE(news->changes.empty());
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto begun = std::chrono::steady_clock::now();
  served.server->stop();
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

}  // namespace
}  // namespace chartline::client
