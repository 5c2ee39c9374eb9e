#include "clients/cpp/parts.h"

#include <future>

#include "formats/wire/failure.h"

namespace chartline::client {

Error interrupted() { return unavailable("interrupted"); }

Error not_understood(const Error& why) {
  return unavailable("the server's answer cannot be understood: " + why.message);
}

kj::Exception refusal(const Error& error) {
  return {kj::Exception::Type::FAILED, "client", 0, kj::heapString(wire::failure_text(error).c_str())};
}

// The server's own words where it has said some; else what is known of the connection. Never the library's text.
Error error_of(const kj::Exception& exception, Lost lost) {
  const std::string_view text(exception.getDescription().begin(), exception.getDescription().size());
  if (text.find("chartline: ") != std::string_view::npos) return wire::read_failure(text);
  if (exception.getType() == kj::Exception::Type::UNIMPLEMENTED)
    return unsupported("the server does not know this call: it is older");
  const bool broke = exception.getType() == kj::Exception::Type::DISCONNECTED;
  std::string message = broke ? "the connection to the server was lost" : "the server's answer cannot be understood";
  if (lost == Lost::outcome_of_a_write)
    message += ": whether the write was done is not known; to try again with the same batch id is safe";
  return unavailable(std::move(message));
}

wire::Session::Client& Loop::session() {
  KJ_IF_MAYBE (session, logged_in) {
    return *session;
  }
  kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "closed"));
}

std::uint64_t Loop::keep(capnp::Capability::Client client) {
  kept.emplace(++kept_ever, kj::mv(client));
  return kept_ever;
}

Result<void> Parts::start() {
  std::promise<Result<void>> started;
  auto outcome = started.get_future();
  thread_ = std::thread([this, &started] { run(started); });
  return outcome.get();
}

void Parts::run(std::promise<Result<void>>& started) {
  bool told = false;
  const auto thrown = kj::runCatchingExceptions([&] {
    auto io = kj::setupAsyncIo();
    auto stopped = kj::newPromiseAndCrossThreadFulfiller<void>();
    Loop all(io);
    loop = &all;
    executor = kj::getCurrentThreadExecutor().addRef();
    stop_fulfiller_ = kj::mv(stopped.fulfiller);
    started.set_value({});
    told = true;
    stopped.promise.wait(io.waitScope);
    // Whoever still waits is told, before what they wait for goes.
    all.ending = true;
    all.calls.cancel(KJ_EXCEPTION(DISCONNECTED, "closed"));
    all.tasks.onEmpty().wait(io.waitScope);
    loop = nullptr;
    all.kept.clear();
  });
  if (thrown != nullptr && !told) started.set_value(unavailable("the system gives no more threads or files"));
}

void Parts::stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    if (stop_fulfiller_.get() != nullptr) stop_fulfiller_->fulfill();
    stop_fulfiller_ = nullptr;
    if (thread_.joinable()) thread_.join();
  }
}

}  // namespace chartline::client
