#include "server/connection.h"

namespace chartline::server {
namespace {

constexpr std::size_t message_bytes_before_login = 64u << 10;

constexpr std::uint64_t words(std::size_t bytes) { return bytes / sizeof(capnp::word); }

capnp::ReaderOptions reader_options(const Limits& limits) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = words(limits.message_bytes);
  options.nestingLimit = 32;
  return options;
}

StreamLimits stream_limits(const Limits& limits) { return {.idle = limits.idle_seconds * kj::SECONDS}; }

}  // namespace

Connection::Connection(kj::Own<kj::AsyncIoStream> stream, Services& services, Doorkeeper& keeper, FrameBudget& budget,
                       bool local)
    : stream_(kj::mv(stream), services.timer, stream_limits(services.limits),
              {.message_bytes_max = message_bytes_before_login}, budget),
      about_(std::make_shared<ConnectionAbout>()),
      network_(stream_, capnp::rpc::twoparty::Side::SERVER, reader_options(services.limits)),
      rpc_(capnp::makeRpcServer(network_, make_door(services, keeper, about_))) {
  about_->local = local;
  about_->hold = [work = std::weak_ptr<const void>(stream_.hold())] { return work.lock(); };
  about_->on_logged_in = [this, most = services.limits.message_bytes] { stream_.frames().set_message_bytes_max(most); };
  rpc_.setFlowLimit(words(services.limits.message_bytes) * 2);
}

Connection::~Connection() { about_->on_logged_in = nullptr; }

void Connection::end() {
  (void)kj::runCatchingExceptions([this] { stream_.shutdownWrite(); });
}

kj::Promise<void> Connection::closed(kj::Timer& timer, const Limits& limits) {
  return network_.onDisconnect().exclusiveJoin(too_late(timer, limits));
}

// Once nobody has logged in for so long, and nobody is about to.
kj::Promise<void> Connection::too_late(kj::Timer& timer, const Limits& limits) {
  return timer.afterDelay(limits.login_seconds * kj::SECONDS).then([this, &timer, &limits]() -> kj::Promise<void> {
    if (about_->is_in) return kj::NEVER_DONE;
    return about_->logins > 0 ? too_late(timer, limits) : kj::READY_NOW;
  });
}

}  // namespace chartline::server
