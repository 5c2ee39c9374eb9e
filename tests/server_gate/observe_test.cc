// What operators hear, over real connections of this machine.
#include "server/observe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kj/debug.h>

namespace chartline::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Observe : public testing::Test {
 public:
  ~Observe() noexcept override {}  // KJ's own destructors may throw

 protected:
  void SetUp() override {
    metrics_.counter("chartline_calls_total", "Calls").add(7);
    auto& network = io_.provider->getNetwork();
    auto port = network.parseAddress("127.0.0.1:0").wait(io_.waitScope)->listen();
    port_ = port->getPort();
    serving_ = observe(kj::mv(port), io_.provider->getTimer(), {metrics_, [this] { return health_; }},
                       {.idle = 1 * kj::SECONDS,
                        .grace = 300 * kj::MILLISECONDS,
                        .bytes_per_second_min = 1000,
                        .look_every = 50 * kj::MILLISECONDS})
                   .eagerlyEvaluate(nullptr);
  }
  kj::Own<kj::AsyncIoStream> connect() {
    return io_.provider->getNetwork().parseAddress("127.0.0.1", port_).wait(io_.waitScope)->connect().wait(io_.waitScope);
  }
  // All that is answered until the server closes.
  std::string answer(std::string_view request) {
    auto stream = connect();
    stream->write(request.data(), request.size()).wait(io_.waitScope);
    const kj::String text = stream->readAllText().wait(io_.waitScope);
    return {text.begin(), text.size()};
  }
  static std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  }

  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  Metrics metrics_;
  Health health_;
  kj::uint port_ = 0;
  kj::Promise<void> serving_ = nullptr;
};

TEST_F(Observe, TellsMetricsAndHealth) {
  const std::string metrics = answer(get("/metrics"));
  EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(metrics, HasSubstr("chartline_calls_total 7\n"));
  EXPECT_THAT(metrics, HasSubstr("version=0.0.4"));
  EXPECT_THAT(answer(get("/healthz")), HasSubstr("running\n"));
  EXPECT_THAT(answer(get("/readyz")), HasSubstr("ready\n"));
  health_ = {false, "draining"};
  EXPECT_THAT(answer(get("/readyz")), testing::AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("draining\n")));
  EXPECT_THAT(answer(get("/healthz")), StartsWith("HTTP/1.1 200")) << "it runs, though it takes no work";
}

// As where the system has no file descriptors left for a while.
TEST_F(Observe, GoesOnAfterAcceptingFails) {
  class FailsFirst final : public kj::ConnectionReceiver {
   public:
    explicit FailsFirst(kj::Own<kj::ConnectionReceiver> port) : port_(kj::mv(port)) {}
    kj::Promise<kj::Own<kj::AsyncIoStream>> accept() override {
      if (failures_-- > 0) return KJ_EXCEPTION(OVERLOADED, "too many open files");
      return port_->accept();
    }
    kj::uint getPort() override { return port_->getPort(); }

   private:
    kj::Own<kj::ConnectionReceiver> port_;
    int failures_ = 2;
  };
  auto port = io_.provider->getNetwork().parseAddress("127.0.0.1:0").wait(io_.waitScope)->listen();
  port_ = port->getPort();
  serving_ = observe(kj::heap<FailsFirst>(kj::mv(port)), io_.provider->getTimer(), {metrics_, [this] { return health_; }})
                 .eagerlyEvaluate(nullptr);
  EXPECT_THAT(answer(get("/healthz")), HasSubstr("running\n"));
}

TEST_F(Observe, TellsNothingElse) {
  const std::string lost = answer(get("/patients/canary-9434765919"));
  EXPECT_THAT(lost, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(lost, Not(HasSubstr("canary")));
  EXPECT_THAT(answer("POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(answer("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Not(HasSubstr("calls_total")));
}

TEST_F(Observe, ClosesOnWhatCouldBeReadInTwoWays) {
  EXPECT_EQ(answer("GET /metrics HTTP/1.1\r\nContent-Length: -5\r\n\r\n"), "");
  EXPECT_EQ(answer("GET /metrics HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "");
  EXPECT_EQ(answer("GET /metrics HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"), "") << "no bodies here";
  EXPECT_EQ(answer(std::string(16, '\0')), "");
}

TEST_F(Observe, KeepsNobodyWhoIsSlowOrSilent) {
  auto silent = connect(), slow = connect();
  slow->write("GET /metr", 9).wait(io_.waitScope);
  EXPECT_EQ(slow->readAllText().wait(io_.waitScope), "") << "cut within half a second";
  EXPECT_EQ(silent->readAllText().wait(io_.waitScope), "") << "cut within two";
  EXPECT_THAT(answer(get("/healthz")), HasSubstr("running\n")) << "others are served";
}

TEST_F(Observe, ServesFewAtOnce) {
  std::vector<kj::Own<kj::AsyncIoStream>> held;
  for (int i = 0; i < 70; ++i) held.push_back(connect());
  EXPECT_EQ(held.back()->readAllText().wait(io_.waitScope), "");
  held.clear();
  for (int tries = 0;; ++tries) {
    const std::string said = answer(get("/healthz"));
    if (!said.empty() || tries == 20) {
      EXPECT_THAT(said, HasSubstr("running\n"));
      break;
    }
  }
}

}  // namespace
}  // namespace chartline::server
