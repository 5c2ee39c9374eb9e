// What a client writes: batches, retries after a connection that broke, imports, links, the feed.
#include <gtest/gtest.h>

#include <random>

#include "tests/client/connected.h"
#include "tests/client/proxy.h"

namespace chartline::client {
namespace {

using server::ServedStore;

// `count` records of one person, each with an id and one event.
class Batch {
 public:
  Batch(const std::string& person, int count) : person_(person) {
    identifier_ = {.system = "test", .value = person_};
    events_.resize(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) ids_.push_back(person + "/" + std::to_string(i));
    for (std::size_t i = 0; i < events_.size(); ++i) {
      record::Event& event = events_[i];
      event.kind = record::Kind::observation;
      event.code = {"local", "glucose", {}};
      event.start = record::day_time(record::days_from_civil(2020, 1, 1) + static_cast<int>(i));
      event.value.form = record::Value::Form::text;
      event.value.text = canary;
      event.source.organisation = "RYJ";
      event.record = ids_[i];
      records_.push_back({.identifiers = {&identifier_, 1}, .events = {&event, 1}});
    }
  }
  Batch(const Batch&) = delete;
  std::span<const record::Record> records() const { return records_; }
  record::Event& event(std::size_t i) { return events_[i]; }

 private:
  const std::string person_;
  record::Identifier identifier_;
  std::vector<std::string> ids_;
  std::vector<record::Event> events_;
  std::vector<record::Record> records_;
};

std::size_t events_of(Connection& connection, const std::string& person) {
  auto timeline = connection.timeline(person, {});
  if (!timeline) return 0;
  std::size_t events = timeline->first().events.size();
  while (!timeline->at_end()) {
    const auto page = timeline->next();
    EXPECT_TRUE(page);
    if (!page) break;
    events += page->events.size();
  }
  return events;
}

TEST(Writing, ABatchIsWrittenAsOneAndItsRetryChangesNothing) {
  ServedStore served;
  const auto connection = connect(served);
  auto ingest = connection->ingest();
  ASSERT_TRUE(ingest);
  const Batch batch("ann", 3000);
  ASSERT_TRUE(ingest->add(batch.records()));
  EXPECT_EQ(events_of(*connection, "ann"), 0u);  // held until the commit
  const auto written = ingest->commit("first");
  ASSERT_TRUE(written) << written.error().message;
  ASSERT_EQ(written->outcomes.size(), 3000u);
  EXPECT_EQ(written->outcomes[0].what, Outcome::What::created);
  EXPECT_FALSE(written->repeated);
  EXPECT_EQ(events_of(*connection, "ann"), 3000u);

  ASSERT_TRUE(ingest->add(batch.records()));
  const auto again = ingest->commit("first");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->position, written->position);
  EXPECT_EQ(events_of(*connection, "ann"), 3000u);
}

TEST(Writing, ARecordWithBytesThatAreNotUtf8IsRefusedByItself) {
  ServedStore served;
  const auto connection = connect(served);
  auto ingest = connection->ingest();
  ASSERT_TRUE(ingest);
  Batch batch("ann", 3);
  batch.event(1).value.text = "Fl\xfcsse";
  ASSERT_TRUE(ingest->add(batch.records()));
  const auto written = ingest->commit("");
  ASSERT_TRUE(written) << written.error().message;
  ASSERT_EQ(written->outcomes.size(), 3u);
  EXPECT_EQ(written->outcomes[1].what, Outcome::What::rejected);
  EXPECT_EQ(written->outcomes[1].reason, "value holds bytes that are not UTF-8");
  EXPECT_EQ(events_of(*connection, "ann"), 2u);
}

TEST(Writing, WhatAnIngestCannotHoldIsToldAsBusy) {
  server::ServerOptions options;
  options.limits.ingest_bytes = 100'000;
  ServedStore served(options);
  const auto connection = connect(served);
  auto ingest = connection->ingest();
  ASSERT_TRUE(ingest);
  const Batch batch("ann", 3000);
  Result<void> added = ingest->add(batch.records());
  const auto written = ingest->commit("too much");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().fault, Fault::busy);
  EXPECT_EQ(events_of(*connection, "ann"), 0u);
}

// The connection breaks after every so many bytes of an ingest, in either direction; the retry with the same batch id goes through.
// Nothing is there twice, and nothing is lost.
TEST(Writing, AConnectionThatBreaksAnywhereLosesNothingAndWritesNothingTwice) {
  constexpr unsigned seed = 7;
  std::mt19937 random(seed);
  ServedStore served;
  const Batch warm("warm", 100);
  int broke = 0, committed_before = 0;
  for (int turn = 0; turn < 40; ++turn) {
    const std::string person = "person" + std::to_string(turn), batch_id = "batch" + std::to_string(turn);
    const Batch batch(person, 100);
    // An ingest sends some 20 kB, and gets some hundred bytes and an answer of some kilobytes.
    Proxy::Faults faults;
    (turn % 2 == 0 ? faults.cut_after_sent : faults.cut_after_received) =
        turn % 2 == 0 ? 600 + random() % 24'000 : 400 + random() % 4'000;
    Proxy proxy(served.server->port(), faults);
    const auto once = [&]() -> Result<Written> {
      const auto connection = TRY(Connection::open({.address = proxy.address()}));
      auto ingest = TRY(connection->ingest());
      TRY(ingest.add(batch.records()));
      return ingest.commit(batch_id);
    };
    const auto first = once();
    if (!first) {
      ++broke;
      EXPECT_EQ(first.error().fault, Fault::unavailable) << first.error().message;
      const auto connection = connect(served);
      auto ingest = connection->ingest();
      ASSERT_TRUE(ingest && ingest->add(batch.records()));
      const auto retried = ingest->commit(batch_id);
      ASSERT_TRUE(retried) << "seed " << seed << " turn " << turn << ": " << retried.error().message;
      committed_before += retried->repeated ? 1 : 0;
      ASSERT_EQ(retried->outcomes.size(), 100u);
      EXPECT_EQ(retried->outcomes[99].what, Outcome::What::created);
    }
    const auto connection = connect(served);
    EXPECT_EQ(events_of(*connection, person), 100u) << "seed " << seed << " turn " << turn;
  }
  EXPECT_GT(broke, 10);
  EXPECT_GT(committed_before, 0);  // some answers were lost after the commit
}

TEST(Writing, ALostCommitSaysThatNobodyKnows) {
  ServedStore served;
  Proxy proxy(served.server->port(), {});
  const auto connection = connect_to(proxy.address());
  auto ingest = connection->ingest();
  ASSERT_TRUE(ingest);
  proxy.cut();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto written = ingest->commit("x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().fault, Fault::unavailable);
  EXPECT_NE(written.error().message.find("whether the write was done is not known"), std::string::npos);
}

TEST(Writing, AnImportGivesEqualRowsTheirOrdinalsAndTellsRefusals) {
  ServedStore served;
  const auto connection = connect(served);
  const record::Identifier who{.system = "test", .value = "ann"};
  record::Event event;
  event.kind = record::Kind::observation;
  event.code = {"local", "glucose", {}};
  event.start = record::day_time(record::days_from_civil(2020, 1, 1));
  event.source.organisation = "RYJ";
  const std::vector<record::Record> twins(2, {.identifiers = {&who, 1}, .events = {&event, 1}});
  record::Event wrong = event;
  wrong.record = "r7";
  const record::Record nobodys{.identifiers = {}, .events = {&wrong, 1}};
  for (int again = 0; again < 2; ++again) {
    auto import = connection->import({.source = "test", .map_codes = false});
    ASSERT_TRUE(import) << import.error().message;
    std::vector<std::string> refused;
    import->on_refused([&](const Refusal& refusal) { refused.push_back(refusal.record);
  });
  ASSERT_TRUE(import->add(twins));
  ASSERT_TRUE(import->add({&nobodys, 1}));
  const auto counts = import->finish();
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->created, again == 0 ? 2u : 0u);
  EXPECT_EQ(counts->unchanged, again == 0 ? 0u : 2u);
  EXPECT_EQ(counts->equal_rows, 1u);
  EXPECT_EQ(counts->rejected, 1u);
  EXPECT_EQ(refused, std::vector<std::string>{"r7"});
}
EXPECT_EQ(events_of(*connection, "ann"), 2u);
}  // namespace

TEST(Writing, LinksAreMadeAndTakenBackAndTheFeedTellsAll) {
  ServedStore served;
  served.observe("ann", "glucose", 3);
  served.observe("ben", "glucose", 2);
  const auto connection = connect(served);
  ASSERT_TRUE(connection->link({"test", "ann"}, {"test", "ben"}));
  EXPECT_EQ(events_of(*connection, "ben"), 5u);
  ASSERT_TRUE(connection->unlink({"test", "ann"}, {"test", "ben"}));
  EXPECT_EQ(events_of(*connection, "ben"), 2u);
  EXPECT_EQ(connection->link({"test", "ann"}, {"test", "nobody"}).error().fault, Fault::not_found);

  auto feed = connection->changes({});
  ASSERT_TRUE(feed);
  std::vector<std::string> told;
  Position position;
  while (true) {
    const auto next = feed->next(2);
    ASSERT_TRUE(next) << next.error().message;
    position = next->position;
    if (next->changes.empty()) break;
    for (const Change& change : next->changes)
      told.push_back(std::to_string(static_cast<int>(change.what)) + " " + change.patient.value + " " +
                     std::to_string(change.added.size()));
  }
  ASSERT_GE(told.size(), 4u);
  EXPECT_EQ(told.back(), "3 ann 0");
  EXPECT_EQ(position, connection->position().value());
}

// More events than one message may hold, in one commit.
TEST(Writing, ABigCommitComesInSeveralPartsOfTheFeed) {
  constexpr int records = 70'000;
  ServedStore served;
  const auto connection = connect(served);
  const Batch batch("ann", records);
  auto ingest = connection->ingest();
  ASSERT_TRUE(ingest);
  ASSERT_TRUE(ingest->add(batch.records()));
  ASSERT_TRUE(ingest->commit("big"));
  served.observe("ben", "glucose", 2);
  auto feed = connection->changes({});
  ASSERT_TRUE(feed);
  std::size_t parts = 0;
  std::map<std::string, std::vector<std::uint32_t>> numbers;
  while (true) {
    const auto next = feed->next();
    ASSERT_TRUE(next) << next.error().message;
    if (next->changes.empty()) break;
    ++parts;
    for (const Change& change : next->changes)
      for (const record::Event& event : change.added) numbers[change.patient.value].push_back(event.number);
  }
  EXPECT_GE(parts, 4u);
  EXPECT_EQ(numbers["ben"].size(), 2u);
  ASSERT_EQ(numbers["ann"].size(), std::size_t{records});
  for (std::size_t i = 0; i < numbers["ann"].size(); ++i) ASSERT_EQ(numbers["ann"][i], i + 1);
}

TEST(Writing, CommitsThatTellNothingDoNotEndTheFeed) {
  ServedStore served;
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(served.store->set_meta("kept", std::to_string(i)));
  served.observe("ann", "glucose", 1);
  const auto connection = connect(served);
  auto feed = connection->changes({});
  ASSERT_TRUE(feed);
  const auto next = feed->next();
  ASSERT_TRUE(next);
  EXPECT_FALSE(next->changes.empty());
}

TEST(Writing, CodeListsAreKeptShownAndRemoved) {
  ServedStore served;
  served.observe("ann", "glucose", 1);
  const auto connection = connect(served);
  const std::vector<ListEntry> entries = {{.system = "local", .code = "glucose", .display = "Glucose"},
                                          {.system = "local", .code = "other", .display = ""}};
  const auto kept = connection->keep_list("sugar", entries, {"sugar.csv", "00", 1});
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_TRUE(kept->is_new);
  EXPECT_EQ(kept->version.number, 1u);
  EXPECT_FALSE(connection->keep_list("sugar", entries, {"sugar.csv", "00", 1})->is_new);
  const auto lists = connection->code_lists();
  ASSERT_TRUE(lists);
  ASSERT_EQ(lists->size(), 1u);
  EXPECT_EQ(lists->front().versions[0].origin.rejected, 1u);
  const auto shown = connection->list_entries("sugar", 1);
  ASSERT_TRUE(shown);
  ASSERT_EQ(shown->size(), 2u);
  EXPECT_TRUE((*shown)[0].carried);
  EXPECT_FALSE((*shown)[1].carried);
  ASSERT_TRUE(connection->remove_list("sugar"));
  EXPECT_TRUE(connection->code_lists()->front().versions.back().removed);
  EXPECT_EQ(connection->remove_list("nothing").error().fault, Fault::not_found);
}

TEST(Writing, CohortsAreKeptAskedAndForgotten) {
  ServedStore served;
  served.observe("ann", "glucose", 1);
  const auto connection = connect(served);
  EXPECT_FALSE(connection->save_cohort("c", "cohort c = exits x", {})->empty());
  ASSERT_TRUE(connection->save_cohort("sweet", "cohort sweet = exists observation[local:glucose]", {})->empty());
  EXPECT_EQ(connection->cohorts().value(), std::vector<std::string>{"sweet"});
  EXPECT_NE(connection->cohort("sweet")->find("cohort sweet"), std::string::npos);
  ASSERT_TRUE(connection->remove_cohort("sweet"));
  EXPECT_EQ(connection->cohort("sweet").error().fault, Fault::not_found);
}

TEST(Writing, TheStoreIsCheckedAndMeasuredFromAfar) {
  ServedStore served;
  served.observe("ann", "glucose", 4);
  ASSERT_TRUE(served.store->fold());
  const auto connection = connect(served);
  const auto report = connection->check(true);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->findings.empty());
  const auto figures = connection->figures();
  ASSERT_TRUE(figures);
  EXPECT_EQ((*figures)[1].name, "patients");
  EXPECT_EQ((*figures)[1].value, 1u);
  EXPECT_EQ(connection->hash(false)->size(), 32u);
  EXPECT_EQ(connection->code_systems("glu*").value(), std::vector<std::string>{"local"});
  EXPECT_EQ(connection->identifiers("ann")->front().system, "test");
}

}  // namespace chartline::client
}  // namespace chartline::client
