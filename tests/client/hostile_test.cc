// Servers that mean no good, or are none: whatever they send, a call ends with a failure in words or with an answer, and nothing
// crashes. The seed is printed where a turn fails.
#include <capnp/ez-rpc.h>
#include <gtest/gtest.h>
#include <kj/async-io.h>

#include <future>
#include <random>

#include "formats/wire/chartline.capnp.h"
#include "tests/client/connected.h"
#include "tests/client/proxy.h"

namespace chartline::client {
namespace {

using server::ServedStore;

class Nothing final : public ResultSink {
 public:
  Result<void> begin(const Schema&) override { return {}; }
  Result<void> rows(Rows) override { return {}; }
  Result<void> end() override { return {}; }
};

// Everything that reads; how it ends does not matter.
void ask_everything(const std::string& address) {
  auto opened = Connection::open({.address = address, .connect_seconds = 1});
  if (!opened) return;
  Connection& connection = **opened;
  if (auto timeline = connection.timeline("ann", {.page_events = 5})) (void)timeline->next();
  (void)connection.timelines({"ann", "ben"}, {}, [](const PatientEvents&) { return Result<void>(); });
  (void)connection.events({}, [](const PatientEvents&) { return Result<void>(); });
  Nothing sink;
  if (auto prepared = connection.prepare("list exists observation[*] per observation[*] select patient, value", {});
      prepared && prepared->query)
    (void)prepared->query->run({}, sink);
  if (auto feed = connection.changes({})) (void)feed->next();
  (void)connection.stats();
  (void)connection.code_lists();
}

// A call that is never answered would wait for ever: it is cancelled after a while, as a person would do.
class Impatience {
 public:
  Impatience()
      : thread_([this] {
          for (int i = 0; i < 30 && !done_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
          cancel = true;
        }) {}
  ~Impatience() {
    done_ = true;
    thread_.join();
  }
  std::atomic<bool> cancel{false};

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

void ask_impatiently(const std::string& address) {
  Impatience impatience;
  auto opened = Connection::open({.address = address, .connect_seconds = 1, .cancel = &impatience.cancel});
  if (!opened) return;
  Connection& connection = **opened;
  if (auto timeline = connection.timeline("ann", {.page_events = 5})) (void)timeline->next();
  (void)connection.events({}, [](const PatientEvents&) { return Result<void>(); });
  Nothing sink;
  if (auto prepared = connection.prepare("list exists observation[*] per observation[*] select patient, value", {});
      prepared && prepared->query)
    (void)prepared->query->run({}, sink);
  if (auto feed = connection.changes({})) (void)feed->next();
}

// Whatever went wrong on the way of others, the server answers as ever.
void expect_answers(const ServedStore& served) {
  const auto connection = connect(served);
  ASSERT_TRUE(connection);
  const auto timeline = connection->timeline("ann", {});
  ASSERT_TRUE(timeline) << timeline.error().message;
  EXPECT_EQ(timeline->first().events.size(), 30U);
}

TEST(Hostile, AnswersThatEndAnywhere) {
  ServedStore served;
  served.observe("ann", "glucose", 30);
  served.observe("ben", "weight", 3);
  for (std::size_t cut = 8; cut < 12'000; cut += 389) {
    Proxy proxy(served.server->port(), {.cut_after_received = cut});
    ask_everything(proxy.address());
  }
  expect_answers(served);
}

TEST(Hostile, BytesThatChangeOnTheWay) {
  ServedStore served;
  served.observe("ann", "glucose", 30);
  served.observe("ben", "weight", 3);
  const char* given = std::getenv("CHARTLINE_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 20261126;
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937 random(seed);
  for (int turn = 0; turn < 60; ++turn) {
    const std::size_t after = turn % 3 == 0 ? 0 : 300;
    const auto one_in = 40 + random() % 2000;
    Proxy proxy(served.server->port(), {.spoil = [&, after, one_in](std::string& bytes, std::size_t offset) {
                  for (std::size_t i = 0; i < bytes.size(); ++i)
                    if (offset + i >= after && random() % one_in == 0)
                      bytes[i] = static_cast<char>(random() % 4 == 0 ? random() : bytes[i] ^ (1 << random() % 8));
                }});
    ask_impatiently(proxy.address());
  }
  expect_answers(served);
}

TEST(Hostile, AListenerThatIsNoServer) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listening, 8), 0);
  socklen_t size = sizeof address;
  getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string at = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));

  const auto silent = Connection::open({.address = at, .connect_seconds = 1});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().fault, Fault::unavailable);
  EXPECT_EQ(silent.error().message, "the server at " + at + " does not answer");
  close(accept(listening, nullptr, nullptr));

  for (const std::string& greeting : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(64, '\xff'),
                                      std::string("\0\0\0\0\xff\xff\xff\x7f", 8)}) {
    std::thread answering([&] {
      const int one = accept(listening, nullptr, nullptr);
      (void)!write(one, greeting.data(), greeting.size());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      close(one);
    });
    const auto opened = Connection::open({.address = at, .connect_seconds = 2});
    answering.join();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, Fault::unavailable);
    EXPECT_EQ(opened.error().message.find("kj"), std::string::npos) << opened.error().message;
  }
  close(listening);
}

// A server that speaks the protocol well, and lies.
class Liar final : public wire::Session::Server {
 public:
  kj::Promise<void> timeline(TimelineContext context) override {
    if (context.getParams().getPatient() ==
        "capable") {  // more pointers than this version knows of, and the last is a capability
      auto events = capnp::AnyStruct::Builder(context.getResults()).getPointerSection()[0].initAsAnyStruct(12, 30);
      events.getPointerSection()[29].setAs<wire::Session>(thisCap());
      return kj::READY_NOW;
    }
    auto events = context.getResults().initEvents();
    events.setCount(UINT32_MAX);  // of none
    return kj::READY_NOW;
  }
  kj::Promise<void> events(EventsContext context) override {
    auto request = context.getParams().getSink().pageRequest();
    auto parts = request.initPatients(1);
    parts[0].setCount(7);
    return request.send();
  }
  kj::Promise<void> feed(FeedContext) override {
    return kj::Exception(kj::Exception::Type::FAILED, "x", 1, kj::heapString("secret"));
  }
  kj::Promise<void> prepare(PrepareContext context) override {
    context.getResults().setQuery(kj::heap<Asked>());
    return kj::READY_NOW;
  }

 private:
  class Asked final : public wire::Query::Server {
   public:
    kj::Promise<void> about(AboutContext) override { return kj::READY_NOW; }
    kj::Promise<void> run(RunContext context) override {
      auto sink = context.getParams().getSink();
      auto begin = sink.beginRequest();
      begin.initSchema().initColumns(2);
      auto rows = sink.rowsRequest();
      auto batch = rows.initBatch();
      batch.setCount(1u << 31);
      batch.initColumns(2)[0].initForms(1).set(0, 0);
      return begin.send().then([rows = kj::mv(rows), context]() mutable {
        context.getResults().setRun(kj::heap<Running>());
        return rows.send();
      });
    }
  };
  class Running final : public wire::Run::Server {
   public:
    kj::Promise<void> done(DoneContext) override { return kj::READY_NOW; }
  };
};

class LiarsDoor final : public wire::Door::Server {
 public:
  kj::Promise<void> login(LoginContext context) override {
    context.getResults().setSession(kj::heap<Liar>());
    return kj::READY_NOW;
  }
};

class LyingServer {
 public:
  LyingServer() {
    std::promise<unsigned> port;
    auto listens = port.get_future();
    thread_ = std::thread([this, &port] {
      capnp::EzRpcServer server(kj::heap<LiarsDoor>(), "127.0.0.1:0");
      auto& scope = server.getWaitScope();
      port.set_value(server.getPort().wait(scope));
      while (!ended_) server.getIoProvider().getTimer().afterDelay(10 * kj::MILLISECONDS).wait(scope);
    });
    port_ = listens.get();
  }
  ~LyingServer() {
    ended_ = true;
    thread_.join();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  std::atomic<bool> ended_{false};
  unsigned port_ = 0;
  std::thread thread_;
};

TEST(Hostile, LiesOfAServerAreToldAndNotBelieved) {
  LyingServer liar;
  const auto connection = connect_to(liar.address());
  ASSERT_TRUE(connection);
  const auto timeline = connection->timeline("ann", {});
  ASSERT_FALSE(timeline);
  EXPECT_EQ(timeline.error().message, "the server's answer cannot be understood: a batch holds at most 65536 events");
  const auto capable = connection->timeline("capable", {});
  ASSERT_FALSE(capable);
  EXPECT_EQ(capable.error().message, "the server's answer cannot be understood");
  const auto events = connection->events({}, [](const PatientEvents&) { return Result<void>(); });
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().message,
            "the server's answer cannot be understood: patients have more events than there are");
  const auto feed = connection->changes({});
  ASSERT_FALSE(feed);
  EXPECT_EQ(feed.error().message,
            "the server's answer cannot be understood");  // not its words, which are no failure of ours
  const auto stats = connection->stats();
  ASSERT_FALSE(stats);
  EXPECT_EQ(stats.error().fault, Fault::unsupported);
  auto prepared = connection->prepare("count true", {});
  ASSERT_TRUE(prepared && prepared->query);
  Nothing sink;
  const auto run = prepared->query->run({}, sink);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message, "the server's answer cannot be understood: a batch has too many rows");
}

}  // namespace
}  // namespace chartline::client
