#include "server/observe.h"

#include <kj/compat/http.h>

#include <string>

#include "server/http_guard.h"

namespace chartline::server {
namespace {

constexpr int connections_max = 64;

class Pages final : public kj::HttpService {
 public:
  Pages(const kj::HttpHeaderTable& table, Observed observed) : table_(table), observed_(std::move(observed)) {}

  kj::Promise<void> request(kj::HttpMethod method, kj::StringPtr url, const kj::HttpHeaders&, kj::AsyncInputStream&,
                            Response& response) override {
    if (method != kj::HttpMethod::GET && method != kj::HttpMethod::HEAD)
      return send(method, response, 405, "Method Not Allowed", "GET and HEAD alone\n");
    if (url == "/metrics") return send(method, response, 200, "OK", observed_.metrics.text());
    if (url == "/healthz") return send(method, response, 200, "OK", "running\n");
    if (url != "/readyz") return send(method, response, 404, "Not Found", "/metrics, /healthz and /readyz\n");
    const Health health = observed_.health();
    const std::string why = std::string(health.why) + "\n";
    return health.ready ? send(method, response, 200, "OK", why)
                        : send(method, response, 503, "Service Unavailable", why);
  }

 private:
  kj::Promise<void> send(kj::HttpMethod method, Response& response, kj::uint status, kj::StringPtr words,
                         std::string body) {
    kj::HttpHeaders headers(table_);
    headers.set(kj::HttpHeaderId::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    auto stream = response.send(status, words, headers, body.size());
    if (method == kj::HttpMethod::HEAD) return kj::READY_NOW;
    auto text = kj::heap<std::string>(std::move(body));
    auto written = stream->write(text->data(), text->size());
    return written.attach(kj::mv(stream), kj::mv(text));
  }

  const kj::HttpHeaderTable& table_;
  const Observed observed_;
};

// The library's own words could quote a request; whoever sent nonsense is closed without any.
class Silent final : public kj::HttpServerErrorHandler {
 public:
  kj::Promise<void> handleClientProtocolError(kj::HttpHeaders::ProtocolError,
                                              kj::HttpService::Response& response) override {
    return response.sendError(400, "Bad Request", table_);
  }
  kj::Promise<void> handleApplicationError(kj::Exception, kj::Maybe<kj::HttpService::Response&> response) override {
    KJ_IF_MAYBE (one, response) return one->sendError(500, "Internal Server Error", table_);
    return kj::READY_NOW;
  }
  kj::Promise<void> handleNoResponse(kj::HttpService::Response& response) override {
    return response.sendError(500, "Internal Server Error", table_);
  }
  explicit Silent(const kj::HttpHeaderTable& table) : table_(table) {}

 private:
  const kj::HttpHeaderTable& table_;
};

// Whoever asked now and then would hold one of few connections in between.
class ClosesAtOnce final : public kj::HttpServerCallbacks {
 public:
  bool shouldClose() override { return true; }
};

class Observer final : kj::TaskSet::ErrorHandler {
 public:
  Observer(kj::Own<kj::ConnectionReceiver> port, kj::Timer& timer, Observed observed, const StreamLimits& limits)
      : port_(kj::mv(port)),
        timer_(timer),
        limits_(limits),
        pages_(table_, std::move(observed)),
        silent_(table_),
        server_(timer, table_, pages_, settings()),
        connections_(*this) {}

  kj::Promise<void> accept() {
    return port_->accept()
        .then([this](kj::Own<kj::AsyncIoStream> stream) {
          if (count_ < connections_max) {
            ++count_;
            auto guarded = kj::heap<GuardedStream>(kj::mv(stream), kj::heap<HttpFollower>(HttpLimits{}), timer_, limits_);
            connections_.add(server_.listenHttp(kj::mv(guarded)).attach(kj::defer([this] { --count_; })));
          }
        })
        // No file descriptors left, or the like: others may end meanwhile.
        .catch_([this](kj::Exception&&) { return timer_.afterDelay(100 * kj::MILLISECONDS); })
        .then([this] { return accept(); });
  }

 private:
  void taskFailed(kj::Exception&&) override {}  // of one connection

  kj::HttpServerSettings settings() {
    kj::HttpServerSettings settings;
    settings.errorHandler = silent_;
    settings.callbacks = closes_;
    settings.pipelineTimeout = 100 * kj::MILLISECONDS;  // for the other side to close first
    return settings;
  }

  kj::Own<kj::ConnectionReceiver> port_;
  kj::Timer& timer_;
  const StreamLimits limits_;
  kj::HttpHeaderTable table_;
  Pages pages_;
  Silent silent_;
  ClosesAtOnce closes_;
  kj::HttpServer server_;
  int count_ = 0;
  kj::TaskSet connections_;
};

}  // namespace

kj::Promise<void> observe(kj::Own<kj::ConnectionReceiver> port, kj::Timer& timer, Observed observed, StreamLimits limits) {
  auto observer = kj::heap<Observer>(kj::mv(port), timer, std::move(observed), limits);
  auto serving = observer->accept();
  return serving.attach(kj::mv(observer));
}

}  // namespace chartline::server
