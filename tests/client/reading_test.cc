// What a client reads: timelines page by page, many at once, everything, and rows of queries.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/client/connected.h"

namespace chartline::client {
namespace {

using server::ServedStore;

// Rows as lines of text.
class Lines final : public ResultSink {
 public:
  std::vector<std::string> all;
  std::chrono::milliseconds pause{0};
  std::atomic<bool>* raise = nullptr;  // at the first rows
  Result<void> begin(const Schema& schema) override {
    all.push_back("begin " + schema.statement);
    return {};
  }
  Result<void> rows(Rows rows) override {
    std::this_thread::sleep_for(pause);
    if (raise != nullptr) *raise = true;
    for (std::size_t i = 0; i < rows.count; ++i) {
      std::string line;
      for (const auto& column : rows.columns) line += (line.empty() ? "" : " ") + print(column[i]);
      all.push_back(line);
    }
    return {};
  }
  Result<void> end() override {
    all.push_back("end");
    return {};
  }

 private:
  static std::string print(const Cell& cell) {
    if (const auto* truth = std::get_if<bool>(&cell)) return *truth ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
    if (const auto* number = std::get_if<double>(&cell)) return std::to_string(*number);
    if (const auto* time = std::get_if<record::Time>(&cell)) return record::print(*time);
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    return "-";
  }
};

TEST(Reading, ATimelineComesInPagesOfOneMoment) {
  ServedStore served;
  served.observe("ann", "glucose", 5);
  const auto connection = connect(served);
  EXPECT_EQ(connection->about().zone, "UTC");
  EXPECT_EQ(connection->about().shards, 1u);

  auto timeline = connection->timeline("test|ann", {.page_events = 2});
  ASSERT_TRUE(timeline) << timeline.error().message;
  ASSERT_EQ(timeline->first().events.size(), 2u);
  EXPECT_EQ(timeline->first().events[1].code.code, "glucose");
  EXPECT_EQ(print(timeline->first().events[1].start), "2020-01-02");
  ASSERT_EQ(timeline->person().identifiers.size(), 2u);
  EXPECT_EQ(timeline->person().identifiers[0].value, "ann");
  EXPECT_FALSE(timeline->at_end());

  served.observe("ann", "later", 3);  // not in the moment that is being read
  const std::string cursor = timeline->cursor();
  auto second = timeline->next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->events.size(), 2u);
  auto third = timeline->next();
  ASSERT_TRUE(third);
  ASSERT_EQ(third->events.size(), 1u);
  EXPECT_EQ(third->events[0].number, 5u);
  EXPECT_TRUE(timeline->at_end());
  EXPECT_EQ(timeline->next()->events.size(), 0u);

  const auto other = connect(served);
  auto resumed = other->resume(cursor);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->next()->events.size(), 3u);
}

TEST(Reading, FailuresAreTheServersWithItsWords) {
  ServedStore served;
  const auto connection = connect(served);
  const auto nobody = connection->timeline("nobody", {});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().fault, Fault::not_found);
  EXPECT_EQ(nobody.error().message, "no patient is seen under this identifier");
  EXPECT_EQ(connection->resume("no such cursor").error().fault, Fault::not_found);
}

TEST(Reading, WhereNobodyListensThatIsSaid) {
  const auto nowhere = Connection::open({.address = "127.0.0.1:1"});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().fault, Fault::unavailable);
  EXPECT_EQ(nowhere.error().message, "no server listens at 127.0.0.1:1");
  EXPECT_EQ(Connection::open({.address = "no such:address:at:all"}).error().fault, Fault::invalid_request);
}

TEST(Reading, ManyTimelinesComeInTheOrderAskedFor) {
  ServedStore served;
  served.observe("ann", "glucose", 3);
  served.observe("ben", "weight", 2);
  const auto connection = connect(served);
  std::vector<std::string> told;
  const auto done =
      connection->timelines({"ben", "nobody", "ann"}, {.fields = Fields::hot}, [&](const PatientEvents& one) {
        told.push_back(std::to_string(one.of) + " " + (one.seen ? std::string(one.patient.value) : "-") + " " +
                       std::to_string(one.events.size()));
        return Result<void>();
      });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(told, (std::vector<std::string>{"0 ben 2", "1 - 0", "2 ann 3"}));
}

// Hundreds are read at the same time, some of them longer than a page: they come one after the other all the same.
TEST(Reading, HundredsOfTimelinesComeInTheOrderAskedFor) {
  ServedStore served;
  constexpr int people = 300, few = 2, many = 3'000;
  const auto events_of = [](int i) { return i % 100 == 7 ? many : few; };
  std::vector<std::string> asked;
  for (int i = 0; i < people; ++i) {
    asked.push_back("person" + std::to_string(i));
    served.observe(asked.back(), "glucose", events_of(i));
  }
  const auto connection = connect(served);
  std::vector<std::string> told;
  std::vector<std::size_t> events(people);
  const auto done = connection->timelines(asked, {.fields = Fields::hot}, [&](const PatientEvents& one) {
    if (told.empty() || told.back() != one.patient.value) told.emplace_back(one.patient.value);
    events.at(one.of) += one.events.size();
    return Result<void>();
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(told, asked);
  for (int i = 0; i < people; ++i)
    EXPECT_EQ(events[static_cast<std::size_t>(i)], static_cast<std::size_t>(events_of(i)))
        << asked[static_cast<std::size_t>(i)];
}

// More than fits into what may be on its way, and a reader that takes its time: nothing is lost, and others are not held up.
TEST(Reading, ASlowReaderOfEverythingGetsEverything) {
  ServedStore served;
  constexpr int people = 60, each_of = 200;
  for (int i = 0; i < people; ++i) served.observe("person" + std::to_string(i), "glucose", each_of);
  const auto connection = connect(served);
  std::size_t events = 0, calls = 0;
  const auto done = connection->events({}, [&](const PatientEvents& one) {
    if (calls++ % 10 == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      EXPECT_TRUE(connection->timeline("person1", {.page_events = 1}));  // the connection serves others meanwhile
    }
    events += one.events.size();
    return Result<void>();
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(events, std::size_t{people * each_of});
}

TEST(Reading, AReaderThatHasEnoughEndsTheReading) {
  ServedStore served;
  for (int i = 0; i < 60; ++i) served.observe("person" + std::to_string(i), "glucose", 200);
  const auto connection = connect(served);
  int calls = 0;
  const auto done = connection->events({}, [&](const PatientEvents&) -> Result<void> {
    return ++calls == 3 ? Result<void>(conflict("enough")) : Result<void>();
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "enough");
  EXPECT_EQ(calls, 3);
  EXPECT_TRUE(connection->timeline("person1", {}));
}

TEST(Reading, AQueryStreamsItsRows) {
  ServedStore served;
  served.observe("ann", "glucose", 5);
  served.observe("ben", "glucose", 1);
  served.observe("cid", "weight", 1);
  const auto connection = connect(served);
  auto prepared = connection->prepare(
      "count exists observation[local:glucose]\nlist true select patient, (last observation[*]).value as v", {});
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_TRUE(prepared->query);
  EXPECT_EQ(prepared->query->statements(), 2u);
  for (int again = 0; again < 2; ++again) {
    Lines lines;
    const auto done = prepared->query->run({}, lines);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(lines.all, (std::vector<std::string>{"begin count", "2", "end", "begin list", "ann 5.000000",
                                                   "ben 1.000000", "cid 1.000000", "end"}));
  }
}

TEST(Reading, ASlowSinkGetsEveryRow) {
  ServedStore served;
  for (int i = 0; i < 40; ++i) served.observe("person" + std::to_string(i), "glucose", 500);
  const auto connection = connect(served);
  auto prepared = connection->prepare("list exists observation[*] per observation[*] select patient, it.date, value", {});
  ASSERT_TRUE(prepared && prepared->query);
  Lines lines;
  lines.pause = std::chrono::milliseconds(10);
  const auto done = prepared->query->run({}, lines);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(lines.all.size(), 40u * 500 + 2);
}

TEST(Reading, WhatIsWrongWithATextIsAComplaint) {
  ServedStore served;
  const auto connection = connect(served);
  auto prepared = connection->prepare("count exits observation[local:glucose]", {});
  ASSERT_TRUE(prepared);
  EXPECT_FALSE(prepared->query);
  ASSERT_FALSE(prepared->complaints.empty());
  EXPECT_EQ(prepared->complaints[0].begin, 12u);
}

TEST(Reading, ACancelledRunEndsSoonAndTheConnectionGoesOn) {
  ServedStore served;
  for (int i = 0; i < 40; ++i) served.observe("person" + std::to_string(i), "glucose", 500);
  const auto connection = connect(served);
  auto prepared = connection->prepare("list exists observation[*] per observation[*] select patient, it.date, value", {});
  ASSERT_TRUE(prepared && prepared->query);
  std::atomic<bool> cancel = false;
  Lines lines;
  lines.raise = &cancel;
  const auto done = prepared->query->run({.cancel = &cancel}, lines);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::unavailable);
  EXPECT_EQ(done.error().message, "interrupted");
  EXPECT_LT(lines.all.size(), 40u * 500);
  EXPECT_TRUE(connection->timeline("person1", {}));
}

TEST(Reading, EightThreadsShareAConnection) {
  ServedStore served;
  for (int i = 0; i < 8; ++i) served.observe("person" + std::to_string(i), "glucose", 10 + i);
  const auto connection = connect(served);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int turn = 0; turn < 20; ++turn) {
        auto timeline = connection->timeline("person" + std::to_string(i), {.page_events = 4});
        if (!timeline) return;
        std::size_t events = timeline->first().events.size();
        while (!timeline->at_end()) {
          const auto page = timeline->next();
          if (!page) return;
          events += page->events.size();
        }
        auto prepared = connection->prepare("count exists observation[local:glucose]", {});
        Lines lines;
        if (!prepared || !prepared->query || !prepared->query->run({}, lines)) return;
        if (events == static_cast<std::size_t>(10 + i) &&
            lines.all == std::vector<std::string>{"begin count", "8", "end"})
          ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 20);
}

TEST(Reading, ALogoutEndsEverythingReachedFromTheSession) {
  ServedStore served;
  served.observe("ann", "glucose", 5);
  const auto connection = connect(served);
  auto timeline = connection->timeline("ann", {.page_events = 2});
  ASSERT_TRUE(timeline);
  ASSERT_TRUE(connection->log_out());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto page = timeline->next();
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().fault, Fault::denied);
}

TEST(Reading, AServerThatGoesIsUnavailable) {
  ServedStore served;
  served.observe("ann", "glucose", 5);
  const auto connection = connect(served);
  served.server->stop();
  const auto timeline = connection->timeline("ann", {});
  ASSERT_FALSE(timeline);
  EXPECT_EQ(timeline.error().fault, Fault::unavailable);
  EXPECT_EQ(timeline.error().message, "the connection to the server was lost");
}

TEST(Reading, ClosingEndsTheCallsOfOthers) {
  ServedStore served;
  const auto connection = connect(served);
  auto feed = connection->changes({});
  ASSERT_TRUE(feed);
  std::thread closing([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    connection->close();
  });
  const auto waited = feed->next(0, 30'000);
  closing.join();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().fault, Fault::unavailable);
  EXPECT_FALSE(connection->stats());
}

TEST(Reading, ACancelledCallEnds) {
  ServedStore served;
  std::atomic<bool> cancel = false;
  const auto connection = connect(served, &cancel);
  auto feed = connection->changes({});
  ASSERT_TRUE(feed);
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancel = true;
  });
  const auto waited = feed->next(0, 30'000);
  later.join();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().message, "interrupted");
  cancel = false;
  EXPECT_TRUE(connection->stats());
}

}  // namespace
}  // namespace chartline::client
