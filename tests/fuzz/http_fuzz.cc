// Bytes of an HTTP connection: however they are cut, the follower says the same of them; and where it says that they are whole
// requests, the library reads just as many.
#include <kj/async-io.h>
#include <kj/compat/http.h>

#include <algorithm>

#include "base/check.h"
#include "server/http_guard.h"
#include "tests/fuzz/sent.h"

namespace {

using namespace chartline;
using namespace chartline::server;
using fuzz::Sent;

constexpr HttpLimits limits{.head_bytes_max = 1024, .body_bytes_max = 256};

struct Verdict {
  bool taken = true, is_between = true;
  std::uint64_t requests = 0;
  bool operator==(const Verdict&) const = default;
};

template <typename NextSize>
Verdict follow(BytesView bytes, NextSize next_size) {
  HttpFollower follower(limits);
  Verdict verdict;
  while (!bytes.empty() && verdict.taken) {
    const std::size_t size = std::min<std::size_t>(next_size(), bytes.size());
    verdict.taken = follower.take(bytes.substr(0, size)).has_value();
    bytes.remove_prefix(size);
  }
  verdict.requests = follower.messages();
  verdict.is_between = verdict.taken && follower.is_between();
  return verdict;
}

class Counting final : public kj::HttpService {
 public:
  explicit Counting(const kj::HttpHeaderTable& table) : table_(table) {}
  kj::Promise<void> request(kj::HttpMethod, kj::StringPtr, const kj::HttpHeaders&, kj::AsyncInputStream& body,
                            Response& response) override {
    return body.readAllBytes().then([this, &response](kj::Array<kj::byte>) {
      ++requests;
      response.send(200, "OK", kj::HttpHeaders(table_), std::uint64_t{0});
    });
  }
  std::uint64_t requests = 0;

 private:
  const kj::HttpHeaderTable& table_;
};

std::uint64_t requests_by_library(BytesView bytes) {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  kj::HttpHeaderTable::Builder builder;
  const auto table = builder.build();
  Counting service(*table);
  kj::HttpServer server(timer, *table, service);
  (void)kj::runCatchingExceptions([&] { server.listenHttp(kj::heap<Sent>(bytes)).wait(scope); });
  return service.requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  const Verdict whole = follow(bytes, [&] { return size; });
  check(whole == follow(bytes, [] { return std::size_t{1}; }), "however the bytes are cut");
  if (whole.is_between && whole.requests > 0)
    check(requests_by_library(bytes) <= whole.requests, "the library reads no more requests than we");
  return 0;
}
