// What one client can take of a server: each limit, met and refused in words.
#include <gtest/gtest.h>
#include <kj/async-io.h>

#include "formats/wire/events_writer.h"
#include "tests/server/by_policy.h"
#include "tests/server/served_store.h"

namespace chartline::server {
namespace {

ServerOptions with(void (*set)(Limits&)) {
  ServerOptions options;
  set(options.limits);
  return options;
}

wire::Session::Client enter(capnp::EzRpcClient& client) { return log_in(client, "user", "", ""); }

template <typename Request>
kj::Promise<std::string> told(Request request) {
  return request.send().then([](auto&&...) { return std::string(); });
}

class Rows final : public wire::ResultSink::Server {
 public:
  explicit Rows(kj::Promise<void> until = kj::READY_NOW) : until_(until.fork()) {}
  kj::Promise<void> begin(BeginContext) override { return kj::READY_NOW; }
  kj::Promise<void> rows(RowsContext) override { return until_.addBranch(); }
  kj::Promise<void> end(EndContext) override { return kj::READY_NOW; }

 private:
  kj::ForkedPromise<void> until_;
};

// Rows of whom are more than is on its way at once.
const std::string long_name(400, 'a');
constexpr int many = 20'000;
constexpr const char* every_row = "list exists observation[*] per observation[*] select patient, value";

kj::Promise<std::string> run(wire::Session::Client& session, const char* text, kj::Own<Rows> sink) {
  auto prepare = session.prepareRequest();
  prepare.setText(text);
  auto request = prepare.send().getQuery().runRequest();
  request.setSink(kj::mv(sink));
  return told(request.send().getRun().doneRequest());
}

// Everything that takes a while counts: here, feeds that wait for news.
TEST(Limits, CallsUnderWay) {
  ServedStore served(with([](Limits& limits) { limits.calls = 3; }));
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  session.aboutRequest().send().wait(scope);
  std::vector<wire::Feed::Client> feeds;
  std::vector<kj::Promise<void>> waiting;
  for (int i = 0; i < 3; ++i) {
    feeds.push_back(session.feedRequest().send().wait(scope).getFeed());
    auto next = feeds.back().nextRequest();
    next.setWaitMs(60'000);
    waiting.push_back(next.send().ignoreResult().eagerlyEvaluate(nullptr));
  }
  const auto timeline = [&] {
    auto request = session.timelineRequest();
    request.setPatient("test|nobody");
    return told(kj::mv(request));
  };
  const std::pair<std::string, std::string> too_many{
      "busy", "this connection has too many calls under way: wait for some of them"};
  EXPECT_EQ(outcome(scope, timeline), too_many);
  EXPECT_EQ(outcome(scope, [&] { return told(session.ingestRequest()); }), too_many);
  EXPECT_EQ(outcome(scope, [&] { return run(session, "count true", kj::heap<Rows>()); }), too_many);
  // Another connection has calls of its own; and here, others come when some are done.
  capnp::EzRpcClient other(served.address());
  auto elsewhere = enter(other);
  EXPECT_EQ(outcome(scope, [&] { return told(elsewhere.statsRequest()); }).first, "done");
  served.observe("ann", "pain", 1);
  for (auto& one : waiting) one.wait(scope);
  EXPECT_EQ(outcome(scope, timeline).first, "not_found");
}

// A run counts until it has ended, though the call that began it was answered long ago.
TEST(Limits, ARunIsUnderWay) {
  ServedStore served(with([](Limits& limits) { limits.calls = 1; }));
  served.observe(long_name, "pain", many);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  auto until = kj::newPromiseAndFulfiller<void>();
  auto running = run(session, every_row, kj::heap<Rows>(kj::mv(until.promise))).eagerlyEvaluate(nullptr);
  client.getIoProvider().getTimer().afterDelay(100 * kj::MILLISECONDS).wait(scope);
  EXPECT_EQ(outcome(scope, [&] { return told(session.statsRequest()); }).first, "busy");
  until.fulfiller->fulfill();
  running.wait(scope);
  EXPECT_EQ(outcome(scope, [&] { return run(session, "count true", kj::heap<Rows>()); }).first, "done");
}

TEST(Limits, ObjectsThatAreHeld) {
  ServedStore served(with([](Limits& limits) { limits.objects = 5; }));
  served.observe("ann", "pain", 5);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);  // one
  auto ingest = session.ingestRequest().send().wait(scope).getIngest();
  auto feed = session.feedRequest().send().wait(scope).getFeed();
  const auto timeline = [&] {
    auto request = session.timelineRequest();
    request.setPatient("test|ann");
    request.setLimit(2);
    return request;
  };
  auto more = timeline().send().wait(scope).getMore();
  auto prepare = session.prepareRequest();
  prepare.setText("count true");
  auto query = prepare.send().wait(scope).getQuery();
  const std::pair<std::string, std::string> too_many{
      "busy", "this connection holds on to too much: let go of some timelines, queries, runs, ingests or feeds"};
  EXPECT_EQ(outcome(scope, [&] { return told(session.ingestRequest()); }), too_many);
  EXPECT_EQ(outcome(scope, [&] { return told(session.feedRequest()); }), too_many);
  EXPECT_EQ(outcome(scope, [&] { return told(session.importRequest()); }), too_many);
  EXPECT_EQ(outcome(scope, [&] { return told(session.codeListsRequest()); }), too_many);
  EXPECT_EQ(outcome(scope, [&] { return told(timeline()); }), too_many);
  EXPECT_EQ(outcome(scope,
                    [&] {
                      auto request = query.runRequest();
                      request.setSink(kj::heap<Rows>());
                      return told(kj::mv(request));
                    }),
            too_many);
  // A further session too; and a timeline that fits in one page holds nothing.
  auto another = enter(client);
  EXPECT_EQ(outcome(scope, [&] { return told(another.aboutRequest()); }), too_many);
  EXPECT_EQ(outcome(scope,
                    [&] {
                      auto request = session.timelineRequest();
                      request.setPatient("test|ann");
                      return told(kj::mv(request));
                    })
                .first,
            "done");
  feed = nullptr;
  EXPECT_EQ(outcome(scope, [&] { return told(session.ingestRequest()); }).first, "done");
}

// An import for whose end there was no turn has not ended.
TEST(Limits, WritesThatWait) {
  ServerOptions options;
  options.write_threads = 1, options.waiting_max = 1;
  ServedStore served(options);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  const auto batch_for = [](wire::Import::Client& import) {
    constexpr unsigned events = 5'000;  // some milliseconds of work
    auto request = import.addRequest();
    auto batch = request.initBatch();
    auto heads = batch.initRecords(events);
    wire::EventsWriter writer;
    for (unsigned i = 0; i < events; ++i) {
      heads[i].setEvents(1);
      heads[i].initIdentifiers(1)[0].setValue("ann");
      record::Event event;
      event.kind = record::Kind::observation;
      event.start = record::day_time(static_cast<record::Day>(i));
      writer.add(event, wire::WithDetails::yes);
    }
    writer.write(batch.initEvents());
    return request.send();
  };
  const auto finished = [](wire::Import::Client& import) { return told(import.finishRequest()); };
  bool refused = false;
  for (int round = 0; round < 100 && !refused && !HasFailure(); ++round) {
    std::vector<wire::Import::Client> imports;
    for (int i = 0; i < 3; ++i) imports.push_back(session.importRequest().send().wait(scope).getImport());
    auto batch = batch_for(imports[0]).eagerlyEvaluate(nullptr);
    kj::Promise<std::string> ends[] = {finished(imports[1]), finished(imports[2])};
    batch.wait(scope);
    std::string outcomes[2];
    for (int i = 0; i < 2; ++i) outcomes[i] = outcome(scope, [&] { return kj::mv(ends[i]); }).first;
    for (int i = 0; i < 2; ++i) {
      if (outcomes[i] == "done") continue;
      refused = true;
      EXPECT_EQ(outcomes[i], "busy");
      EXPECT_EQ(outcome(scope, [&] { return finished(imports[1 + i]); }).first, "done");
      EXPECT_EQ(outcome(scope, [&] { return finished(imports[1 + i]); }).first, "conflict");
    }
  }
  EXPECT_TRUE(refused);
}

TEST(Limits, Connections) {
  ServedStore served(with([](Limits& limits) { limits.connections = 2; }));
  const auto first = std::make_unique<capnp::EzRpcClient>(served.address());
  auto& scope = first->getWaitScope();
  auto one = enter(*first);
  EXPECT_EQ(outcome(scope, [&] { return told(one.statsRequest()); }).first, "done");
  auto second = std::make_unique<capnp::EzRpcClient>(served.address());
  auto two = enter(*second);
  EXPECT_EQ(outcome(scope, [&] { return told(two.statsRequest()); }).first, "done");
  {
    capnp::EzRpcClient third(served.address());
    auto three = enter(third);
    EXPECT_EQ(outcome(scope, [&] { return told(three.statsRequest()); }).first, "unavailable");
  }
}

TEST(Limits, TheSizeOfAMessage) {
  ServedStore served(with([](Limits& limits) { limits.message_bytes = 1 << 20; }));
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  session.aboutRequest().send().wait(scope);
  const auto asked = [&](std::size_t bytes) {
    auto prepare = session.prepareRequest();
    prepare.setText(std::string(bytes, ' '));
    return told(kj::mv(prepare));
  };
  EXPECT_EQ(outcome(scope, [&] { return asked(900 << 10); }).first, "done");
  EXPECT_EQ(outcome(scope, [&] { return asked(1100 << 10); }).first, "unavailable");  // the connection has ended
  EXPECT_EQ(outcome(scope, [&] { return asked(1); }).first, "unavailable");
}

// Before anybody has logged in, little is taken.
TEST(Limits, TheSizeOfAMessageBeforeALogin) {
  ServedStore served;
  capnp::EzRpcClient client(served.address());
  auto login = client.getMain<wire::Door>().loginRequest();
  login.initCredential().setToken(std::string(80 << 10, 'x'));
  EXPECT_EQ(outcome(client.getWaitScope(), [&] { return told(kj::mv(login)); }).first, "unavailable");
}

// Pointers are followed 32 levels deep.
TEST(Limits, TheDepthOfAMessage) {
  ServedStore served;
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  const auto added = [&](int levels) {
    auto ingest = session.ingestRequest().send().getIngest();
    auto request = capnp::Capability::Client(ingest).typelessRequest(capnp::typeId<wire::Ingest>(), 0, nullptr);
    capnp::AnyPointer::Builder at = request.initAsAnyStruct(0, 1).getPointerSection()[0];
    for (int level = 0; level < levels; ++level) at = at.initAsAnyStruct(0, 3).getPointerSection()[2];
    return request.send().ignoreResult().then([] { return std::string(); });
  };
  EXPECT_EQ(outcome(scope, [&] { return added(20); }).first, "done");
  const auto [fault, why] = outcome(scope, [&] { return added(40); });
  EXPECT_EQ(fault, "unavailable");
  EXPECT_NE(why.find("nested"), std::string::npos) << why;
  EXPECT_EQ(outcome(scope, [&] { return told(session.statsRequest()); }).first, "done");
}

TEST(Limits, AnIdleConnection) {
  ServedStore served(with([](Limits& limits) { limits.idle_seconds = 1; }));
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  auto feed = session.feedRequest().send().wait(scope).getFeed();
  // While something is done for it, it may be silent.
  auto next = feed.nextRequest();
  next.setWaitMs(2500);
  EXPECT_EQ(outcome(scope, [&] { return told(kj::mv(next)); }).first, "done");
  client.getIoProvider().getTimer().afterDelay(2500 * kj::MILLISECONDS).wait(scope);
  EXPECT_EQ(outcome(scope, [&] { return told(session.statsRequest()); }).first, "unavailable");
}

TEST(Limits, UntilALogin) {
  ServedStore served(with([](Limits& limits) { limits.login_seconds = 1; }));
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto door = client.getMain<wire::Door>();
  client.getIoProvider().getTimer().afterDelay(1500 * kj::MILLISECONDS).wait(scope);
  EXPECT_EQ(outcome(scope, [&] { return told(door.loginRequest()); }).first, "unavailable");
}

TEST(Limits, TheTimeOfAQuery) {
  ServedStore served(with([](Limits& limits) { limits.query_seconds = 1; }));
  served.observe(long_name, "pain", many);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  // Its client is slower than a query may be.
  auto late = client.getIoProvider().getTimer().afterDelay(1500 * kj::MILLISECONDS);
  const auto [fault, why] = outcome(scope, [&] { return run(session, every_row, kj::heap<Rows>(kj::mv(late))); });
  EXPECT_EQ(fault, "unavailable") << why;
  EXPECT_NE(why.find("longer than its limit"), std::string::npos) << why;
}

TEST(Limits, TheMemoryOfAQuery) {
  ServedStore served(with([](Limits& limits) { limits.query_memory_bytes = 1 << 10; }));
  served.observe(long_name, "pain", many);
  capnp::EzRpcClient client(served.address());
  auto session = enter(client);
  const auto [fault, why] = outcome(client.getWaitScope(), [&] { return run(session, every_row, kj::heap<Rows>()); });
  EXPECT_EQ(fault, "unavailable") << why;
  EXPECT_NE(why.find("memory"), std::string::npos) << why;
}

// Who does not take the rows of a run holds up neither others nor the own other calls.
TEST(Limits, ASlowReaderSlowsItselfAlone) {
  ServedStore served;
  served.observe(long_name, "pain", many);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  auto until = kj::newPromiseAndFulfiller<void>();
  bool done = false;
  auto running = run(session, every_row, kj::heap<Rows>(kj::mv(until.promise)))
                     .then([&](auto&&) { done = true; })
                     .eagerlyEvaluate(nullptr);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(outcome(scope,
                      [&] {
                        auto request = session.timelineRequest();
                        request.setPatient("test|" + long_name);
                        request.setLimit(10);
                        return told(kj::mv(request));
                      })
                  .first,
              "done");
  }
  EXPECT_EQ(outcome(scope, [&] { return run(session, "count true", kj::heap<Rows>()); }).first, "done");
  EXPECT_FALSE(done);
  until.fulfiller->fulfill();
  running.wait(scope);
  EXPECT_TRUE(done);
}

TEST(Limits, ASessionsTime) {
  FixedClock clock{1'700'000'000'000'000};
  ServerOptions options = with([](Limits& limits) { limits.session_seconds = 1; });
  options.clock = &clock;
  ServedStore served(options);
  capnp::EzRpcClient client(served.address());
  auto& scope = client.getWaitScope();
  auto session = enter(client);
  EXPECT_EQ(outcome(scope, [&] { return told(session.statsRequest()); }).first, "done");
  client.getIoProvider().getTimer().afterDelay(1100 * kj::MILLISECONDS).wait(scope);
  EXPECT_EQ(outcome(scope, [&] { return told(session.statsRequest()); }),
            (std::pair<std::string, std::string>{"denied", "the session has expired: log in again"}));
}

TEST(Limits, APageOfATimeline) {
  ServedStore served(with([](Limits& limits) { limits.page_events = 3; }));
  served.observe("ann", "pain", 5);
  capnp::EzRpcClient client(served.address());
  auto session = enter(client);
  auto request = session.timelineRequest();
  request.setPatient("test|ann");
  request.setLimit(1000);
  EXPECT_EQ(request.send().wait(client.getWaitScope()).getEvents().getCount(), 3u);
}

}  // namespace
}  // namespace chartline::server
