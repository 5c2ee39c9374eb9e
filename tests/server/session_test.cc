// What a session has is its own: cursors, batch ids, the feed; and how it ends.
#include <capnp/pretty-print.h>
#include <gtest/gtest.h>
#include <kj/async-io.h>

#include <atomic>
#include <deque>
#include <thread>

#include "engine/audit/trail.h"
#include "formats/wire/events_writer.h"
#include "query/saved_cohorts.h"
#include "tests/server/by_policy.h"
#include "tests/server/served_store.h"

namespace chartline::server {
namespace {

constexpr const char* roles = R"(
[roles.clinician]
purposes = ["direct_care"]
relationships = ["seen here"]
[roles.source_system]
purposes = ["direct_care"]
[roles.planner]
purposes = ["planning"]
disclosure = "nhs-hes"
[roles.patient]
purposes = ["patient_access"]
contribute = true
)";

class Session : public ::testing::Test {
 protected:
  Session() : door_(policy_of(roles)), served_({}, door_) {
    door_.look_at(*served_.store);
    served_.observe("ann", "pain", 6);
    served_.observe("zed", "other", 3, "OTHER");
  }

  static kj::Promise<std::string> cursor_of(wire::Session::Client& session) {
    auto request = session.timelineRequest();
    request.setPatient("test|ann");
    request.setLimit(2);
    return request.send().then([](auto page) { return std::string(page.getCursor().cStr()); });
  }
  static kj::Promise<std::string> resumed(wire::Session::Client& session, const std::string& cursor) {
    auto request = session.resumeTimelineRequest();
    request.setCursor(cursor);
    return request.send().getTimeline().nextRequest().send().then(
        [](auto page) { return std::to_string(page.getEvents().getCount()); });
  }
  // Observations of RYJ under a batch id, each a record; what became of the first.
  static kj::Promise<std::string> written(wire::Session::Client& session, const std::string& record,
                                          const std::string& batch_id, unsigned count = 1) {
    auto ingest = session.ingestRequest().send().getIngest();
    auto add = ingest.addRequest();
    auto batch = add.initBatch();
    auto heads = batch.initRecords(count);
    wire::EventsWriter writer;
    std::deque<std::string> ids;  // borrowed by the writer
    for (unsigned i = 0; i < count; ++i) {
      heads[i].setEvents(1);
      auto identifier = heads[i].initIdentifiers(1)[0];
      identifier.setSystem("test");
      identifier.setValue("ann");
      record::Event event;
      event.kind = record::Kind::observation;
      event.code = {"local", "pain", ""};
      event.start = record::day_time(20'000);
      event.source = {"RYJ", ""};
      event.record = ids.emplace_back(count == 1 ? record : record + "/" + std::to_string(i));
      writer.add(event, wire::WithDetails::yes);
    }
    writer.write(batch.initEvents());
    auto added = add.send();
    auto commit = ingest.commitRequest();
    commit.setBatchId(batch_id);
    return commit.send().attach(kj::mv(added)).then([](auto answer) {
      const auto written = answer.getWritten();
      return std::to_string(written.getOutcomes()[0].getWhat()) + (written.getRepeated() ? " repeated" : "");
    });
  }

  ByPolicy door_;
  ServedStore served_;
};

TEST_F(Session, ACursorIsOfWhomItWasGivenTo) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto alice = log_in(client, "alice", "clinician", "direct_care");
  const std::string cursor = cursor_of(alice).wait(scope);
  ASSERT_FALSE(cursor.empty());
  EXPECT_EQ(outcome(scope, [&] { return resumed(alice, cursor); }).second, "4");
  capnp::EzRpcClient other(served_.address());
  auto bob = log_in(other, "bob", "clinician", "direct_care");
  EXPECT_EQ(outcome(scope, [&] { return resumed(bob, cursor); }).first, "not_found");
  // Nor is it good for what the same user is besides.
  capnp::EzRpcClient third(served_.address());
  auto herself = log_in(third, "alice", "patient", "patient_access");
  EXPECT_EQ(outcome(scope, [&] { return resumed(herself, cursor); }).first, "not_found");
  // Over another connection it is.
  capnp::EzRpcClient fourth(served_.address());
  auto again = log_in(fourth, "alice", "clinician", "direct_care");
  EXPECT_EQ(outcome(scope, [&] { return resumed(again, cursor); }).second, "4");
}

TEST_F(Session, ABatchIdIsItsUsersOwn) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto feed = log_in(client, "feed", "source_system", "direct_care");
  capnp::EzRpcClient other(served_.address());
  auto copycat = log_in(other, "copycat", "source_system", "direct_care");
  EXPECT_EQ(outcome(scope, [&] { return written(copycat, "r1", "lab 2024-03-31"); }).second, "1");
  EXPECT_EQ(outcome(scope, [&] { return written(feed, "r2", "lab 2024-03-31"); }).second, "1");
  EXPECT_EQ(outcome(scope, [&] { return written(feed, "r2", "lab 2024-03-31"); }).second, "1 repeated");
}

// Commits that come together share one of the store's, and each is answered for itself: also one that is told twice, one whose
// records are none, one whose records are no list at all, and one that is too large to go with others.
TEST_F(Session, ManyCommitsAtOnce) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto feed = log_in(client, "feed", "source_system", "direct_care");
  feed.aboutRequest().send().wait(scope);
  const std::uint64_t before = served_.store->view().position().front();
  constexpr int count = 60;
  std::vector<kj::Promise<std::string>> answers, odd;
  for (int i = 0; i < count; ++i) {
    answers.push_back(written(feed, "r" + std::to_string(i), i % 10 == 0 ? "the same" : "", i == 35 ? 3'000 : 1));
    if (i % 20 != 10) continue;
    auto commit = feed.ingestRequest().send().getIngest().commitRequest();
    for (auto pointer : capnp::AnyStruct::Builder(commit.initLast()).getPointerSection()) pointer.initAsAnyStruct(1, 0);
    odd.push_back(commit.send().then([](auto&&) { return std::string(); }));
  }
  auto wrong = feed.ingestRequest().send().getIngest().commitRequest();
  wrong.initLast().initRecords(1)[0].setEvents(1);
  auto refused = wrong.send();
  int repeated = 0;
  for (int i = 0; i < count; ++i) {
    const std::string answer = answers[static_cast<std::size_t>(i)].wait(scope);
    if (i % 10 == 0 && answer == "1 repeated") ++repeated;
    else EXPECT_EQ(answer, "1") << i;
  }
  EXPECT_EQ(repeated, 5);
  for (auto& one : odd) EXPECT_EQ(outcome(scope, [&] { return kj::mv(one); }).first, "invalid_request");
  EXPECT_EQ(outcome(scope, [&] { return refused.then([](auto&&) { return std::string(); }); }).first,
            "invalid_request");
  EXPECT_LT(served_.store->view().position().front() - before, 30U);
  int entries = 0, failed = 0;
  EXPECT_TRUE(engine::read_audit(*served_.store, {}, [&](const engine::AuditRecord& record) -> Result<void> {
    if (record.entry.who != "feed" || record.entry.act != engine::Act::write) return {};
    record.entry.outcome == engine::AuditOutcome::done ? ++entries : ++failed;
    return {};
  }));
  EXPECT_EQ(entries, count);
  EXPECT_EQ(failed, 4);
}

// A capability, where a later version of the schema may have more pointers. Workers have no part in it: it is their loop's.
TEST_F(Session, ABatchWithACapabilityInItIsRefused) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto feed = log_in(client, "feed", "source_system", "direct_care");
  auto commit = feed.ingestRequest().send().getIngest().commitRequest();
  auto last =
      capnp::AnyStruct::Builder(wire::Ingest::CommitParams::Builder(commit)).getPointerSection()[1].initAsAnyStruct(0, 3);
  last.getPointerSection()[2].setAs<capnp::Capability>(feed);
  EXPECT_NE(outcome(scope, [&] { return commit.send().then([](auto&&) { return std::string(); }); }).first, "done");
  EXPECT_EQ(outcome(scope, [&] { return written(feed, "r1", ""); }).second, "1");
}

TEST_F(Session, EndsWhenAllDo) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto alice = log_in(client, "alice", "clinician", "direct_care");
  const std::string cursor = cursor_of(alice).wait(scope);
  served_.server->end_sessions();
  client.getIoProvider().getTimer().afterDelay(50 * kj::MILLISECONDS).wait(scope);
  EXPECT_EQ(outcome(scope, [&] { return cursor_of(alice); }),
            std::pair(std::string("denied"), std::string("the session was revoked")));
  capnp::EzRpcClient again(served_.address());
  auto anew = log_in(again, "alice", "clinician", "direct_care");
  EXPECT_EQ(outcome(scope, [&] { return cursor_of(anew); }).first, "done");
  EXPECT_EQ(outcome(scope, [&] { return resumed(anew, cursor); }).first, "not_found");
}

// Whoever reloads while another ends the server waits for no loop that waits for them.
TEST(Ending, WaitsForNobodyWhoAsksTheLoop) {
  for (int turn = 0; turn < 20; ++turn) {
    ServedStore served;
    std::atomic<bool> ended = false;
    std::thread asking([&] {
      while (!ended) {
        served.server->end_sessions();
        ended = !served.server->reload();
      }
    });
    served.server->stop();
    asking.join();
  }
}

TEST_F(Session, WhoIsRefusedThriceIsNotHeardAnyMore) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  for (int i = 0; i < 3; ++i) {
    auto refused = log_in(client, "mallory", "operator", "operation");
    EXPECT_EQ(outcome(scope, [&] { return cursor_of(refused); }).first, "denied");
  }
  auto alice = log_in(client, "alice", "clinician", "direct_care");
  EXPECT_EQ(outcome(scope, [&] { return cursor_of(alice); }).first, "denied");
  capnp::EzRpcClient other(served_.address());
  auto elsewhere = log_in(other, "alice", "clinician", "direct_care");
  EXPECT_EQ(outcome(scope, [&] { return cursor_of(elsewhere); }).first, "done");
}

// The feed goes past what the session may not see, and ends where the store's does.
TEST_F(Session, TheFeedTellsOfWhoIsSeen) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto alice = log_in(client, "alice", "clinician", "direct_care");
  auto feed = alice.feedRequest().send().getFeed();
  std::string all;
  int told = 0;
  while (true) {
    auto page = feed.nextRequest().send().wait(scope);
    if (page.getChanges().size() == 0) break;
    for (const auto change : page.getChanges()) told += change.getWhat() == 0;
    all += capnp::prettyPrint(page).flatten().cStr();
  }
  EXPECT_EQ(told, 6);
  EXPECT_NE(all.find("ann"), std::string::npos);
  EXPECT_EQ(all.find("zed"), std::string::npos) << all;
  EXPECT_EQ(all.find("OTHER"), std::string::npos) << all;
}

// Codes are told of where somebody whom the session sees has them: all have met zed's in the store.
TEST_F(Session, CodesAreThoseOfWhoIsSeen) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto alice = log_in(client, "alice", "clinician", "direct_care");
  const auto systems_of = [&](const char* code) {
    return outcome(scope,
                   [&] {
                     auto request = alice.codeSystemsRequest();
                     request.setCode(code);
                     return request.send().then([](auto answer) {
                       std::string systems;
                       for (const auto system : answer.getSystems()) systems += system.cStr();
                       return systems;
                     });
                   })
        .second;
  };
  EXPECT_EQ(systems_of("pain"), "local");
  EXPECT_EQ(systems_of("pa*"), "local");
  EXPECT_EQ(systems_of("other"), "");
  EXPECT_EQ(systems_of("oth*"), "");
  EXPECT_EQ(systems_of("nothing"), "");
}

// Who enters a cohort is told to who sees them; figures alone tell of nobody.
TEST_F(Session, ACohortsChangesAreThoseOfWhoIsSeen) {
  ASSERT_TRUE(query::save_cohort(*served_.store, "kept", "cohort kept = exists observation[local:ache]", {}));
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto alice = log_in(client, "alice", "clinician", "direct_care");
  const auto position = served_.store->view().position();
  const auto changes_for = [&](wire::Session::Client& session) {
    return outcome(scope, [&] {
      auto cohort = session.cohortRequest();
      cohort.setName("kept");
      auto request = cohort.send().getCohort().changesRequest();
      auto since = request.initSince(static_cast<unsigned>(position.size()));
      for (unsigned i = 0; i < since.size(); ++i) since.set(i, position[i]);
      return request.send().then([](auto answer) {
        std::string told;
        for (const auto one : answer.getChanges())
          told += (one.getEntered() ? "+" : "-") + std::string(one.getPatient().getValue().cStr());
        return told;
      });
    });
  };
  EXPECT_EQ(changes_for(alice), std::pair(std::string("done"), std::string()));
  served_.observe("ann", "ache", 1);
  served_.observe("zed", "ache", 1, "OTHER");
  EXPECT_EQ(changes_for(alice), std::pair(std::string("done"), std::string("+ann")));
  capnp::EzRpcClient other(served_.address());
  auto rosa = log_in(other, "rosa", "planner", "planning");
  EXPECT_EQ(changes_for(rosa).first, "denied");
}

// A reply waits until its entry is on stable storage: what was told survives a crash in the audit.
TEST_F(Session, NothingIsToldBeforeItIsInTheAudit) {
  {
    capnp::EzRpcClient client(served_.address());
    auto alice = log_in(client, "alice", "clinician", "direct_care");
    EXPECT_EQ(outcome(client.getWaitScope(), [&] { return cursor_of(alice); }).first, "done");
    served_.crash();
  }
  const auto store = served_.opened_again();
  std::vector<std::string> acts;
  const auto read = engine::read_audit(*store, {}, [&](const engine::AuditRecord& record) -> Result<void> {
    if (record.entry.who == "alice") acts.emplace_back(name(record.entry.act));
    return {};
  });
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(acts, (std::vector<std::string>{"login", "read-timeline"}));
}

TEST_F(Session, AFilterIsBounded) {
  capnp::EzRpcClient client(served_.address());
  auto& scope = client.getWaitScope();
  auto alice = log_in(client, "alice", "clinician", "direct_care");
  const auto asked = [&](unsigned codes) {
    return outcome(scope, [&]() -> kj::Promise<std::string> {
      auto request = alice.timelineRequest();
      request.setPatient("test|ann");
      request.initFilter().initCodes(codes);
      return request.send().then([](auto page) { return std::to_string(page.getEvents().getCount()); });
    });
  };
  EXPECT_EQ(asked(1000).first, "done");
  EXPECT_EQ(asked(1001).first, "invalid_request");
}

}  // namespace
}  // namespace chartline::server
