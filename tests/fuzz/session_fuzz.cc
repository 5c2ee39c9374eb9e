// Whole sessions: the input is what a client sends after it has logged in, Cap'n Proto's RPC messages one after another. Whatever they
// say, the session ends with its connection, nothing that it began goes on, and what its messages claimed is given back.
//
// Everything is in this process: a store in memory, workers with a thread for each lane, a pipe in the place of a socket. Messages come
// one by one, each when the one before has been answered, so that a run repeats.
#include <kj/async-io.h>

#include <cstring>
#include <memory>
#include <vector>

#include "base/check.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "server/committer.h"
#include "server/connection.h"
#include "tests/server/rpc_messages.h"

extern "C" [[gnu::weak]] std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace chartline;
using namespace chartline::server;

constexpr std::size_t messages_max = 24;
constexpr Micros noon = 1'800'000'000'000'000;

// The messages of a stream, as far as they are whole; the rest as it is.
std::vector<BytesView> messages_of(BytesView all) {
  std::vector<BytesView> messages;
  while (!all.empty()) {
    const auto words = kj::arrayPtr(reinterpret_cast<const kj::byte*>(all.data()), all.size());
    std::uint32_t segments = 0;
    if (words.size() >= 8) std::memcpy(&segments, words.begin(), 4);
    std::size_t size = all.size();
    if (words.size() >= 8 && segments < 16 && words.size() >= (segments + 3) / 2 * 8) {
      std::uint64_t count = (segments + 3) / 2;  // of the head
      for (std::uint32_t i = 0; i <= segments; ++i) {
        std::uint32_t length = 0;
        std::memcpy(&length, words.begin() + 4 * (i + 1), 4);
        count += length;
      }
      size = std::min<std::uint64_t>(size, count * 8);
    }
    messages.push_back(all.substr(0, size));
    all.remove_prefix(size);
  }
  return messages;
}

// -- the server

std::unique_ptr<engine::Store> small_store() {
  auto backend = engine::memory_backend(std::make_shared<engine::MemoryDisk>());
  check(engine::Store::init(*backend, {}).has_value(), "a store in memory");
  auto opened = engine::Store::open(std::shared_ptr<engine::Backend>(std::move(backend)),
                                    {.decoded_cache_bytes = 1 << 20, .fold_in_background = false});
  check(opened.has_value(), "the store opens");
  for (int person = 0; person < 3; ++person) {
    const std::string name = "p" + std::to_string(person);
    const record::Identifier who{.system = "nhs", .value = name};
    record::Event event;
    event.kind = record::Kind::observation;
    event.code = {.system = "loinc", .code = "4548-4", .display = "HbA1c"};
    event.start = record::day_time(18'000 + person);
    event.value.form = record::Value::Form::number;
    event.value.number = record::decimal(40 + person, 0);
    event.source = {.organisation = "RYJ", .system = "lab"};
    const record::Record record{
        .identifiers = {&who, 1}, .events = {&event, 1}, .original = "{}", .demanded_version = {}};
    check((*opened)->write({&record, 1}, {}).has_value(), "a write");
  }
  check((*opened)->fold().has_value(), "a fold");
  return std::move(*opened);
}

Workers& workers() {
  static const auto all = [] {
    auto started = Workers::start({.read_threads = 1, .write_threads = 1, .scan_threads = 1, .login_threads = 1});
    check(started.has_value(), "workers");
    return std::move(*started);
  }();
  return *all;
}

struct Ignoring final : kj::TaskSet::ErrorHandler {
  void taskFailed(kj::Exception&&) override {}
};

class Session {
 public:
  Session() {
    auto pipe = kj::newTwoWayPipe();
    client_ = kj::mv(pipe.ends[0]);
    connection_ = kj::heap<Connection>(kj::mv(pipe.ends[1]), services_, door_, budget_, true);
    use_ = connection_->about().use;
    closed_ = connection_->closed(timer(), limits_)
                  .then([this] { is_closed_ = true; }, [this](kj::Exception&&) { is_closed_ = true; })
                  .eagerlyEvaluate(nullptr);
    reading_ = read_on().eagerlyEvaluate([](kj::Exception&&) {});
  }

  void send(BytesView message) {
    bool sent = false;
    auto writing = client_->write(message.data(), message.size())
                       .then([&] { sent = true; }, [&](kj::Exception&&) { sent = true; })
                       .eagerlyEvaluate(nullptr);
    wait_until([&] { return is_closed_ || (sent && use_->calls == 0 && connection_->about().logins == 0); }, 20);
  }

  void end() {
    client_->shutdownWrite();
    wait_until([&] { return is_closed_; }, 100);
    reading_ = nullptr;
    client_ = nullptr;
    wait_until([&] { return is_closed_; }, 100'000);
    check(is_closed_, "a session ends with its connection");
    closed_ = nullptr;
    connection_ = nullptr;
    wait_until([&] { return use_->calls == 0 && use_->objects == 0; }, 100'000);
    check(use_->calls == 0 && use_->objects == 0, "no call goes on, and nothing is held");
    check(budget_.claimed == 0, "what messages claimed is given back");
  }

 private:
  kj::Timer& timer() { return io_.provider->getTimer(); }
  // Waits in steps of a tenth of a millisecond.
  template <typename Condition>
  void wait_until(Condition condition, int steps) {
    for (io_.waitScope.poll(); steps > 0 && !condition(); --steps)
      timer().afterDelay(100 * kj::MICROSECONDS).wait(io_.waitScope);
  }
  kj::Promise<void> read_on() {
    return client_->tryRead(heard_, 1, sizeof heard_).then([this](std::size_t size) -> kj::Promise<void> {
      if (size == 0) return kj::READY_NOW;
      return read_on();
    });
  }

  const std::unique_ptr<engine::Store> store_ = small_store();
  const Limits limits_{.calls = 8,
                       .objects = 8,
                       .message_bytes = 1 << 20,
                       .ingest_bytes = 1 << 16,
                       .query_seconds = 1,
                       .query_memory_bytes = 1 << 20,
                       .query_threads = 1,
                       .cursors = 4,
                       .cursors_of_user = 4};
  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  FixedClock clock_{noon};
  OpenDoor door_;
  Instruments instruments_;
  Scratch scratch_;
  FrameBudget budget_{.bytes_max = 4 << 20};
  Cursors cursors_{limits_.cursors, limits_.cursors_of_user, limits_.cursor_seconds, clock_};
  Auditor auditor_{*store_, workers(), AuditMode::on};
  Committer committer_{*store_, workers()};
  Sessions sessions_;
  Traffic traffic_;
  Ignoring ignoring_;
  kj::TaskSet tasks_{ignoring_};
  const std::string backups_{};
  Services services_{.store = *store_,
                     .workers = workers(),
                     .cursors = cursors_,
                     .auditor = auditor_,
                     .committer = committer_,
                     .sessions = sessions_,
                     .traffic = traffic_,
                     .instruments = instruments_,
                     .log = nullptr,
                     .clock = clock_,
                     .limits = limits_,
                     .backups = backups_,
                     .loop = kj::getCurrentThreadExecutor(),
                     .timer = io_.provider->getTimer(),
                     .scratch = scratch_,
                     .tasks = tasks_};
  kj::byte heard_[4096];
  bool is_closed_ = false;
  std::shared_ptr<ConnectionUse> use_;
  kj::Own<kj::AsyncIoStream> client_;
  kj::Own<Connection> connection_;
  kj::Promise<void> closed_ = nullptr, reading_ = nullptr;
};

// -- mutation: by whole messages, and within one so that its frame stays right

std::string framed(std::string body) {
  body.resize((body.size() + 7) / 8 * 8);
  const std::uint32_t head[2] = {0, static_cast<std::uint32_t>(body.size() / 8)};
  return std::string(reinterpret_cast<const char*>(head), sizeof head) + body;
}

std::string mutated(BytesView message, std::size_t most) {
  if (message.size() <= 8) return std::string(message);
  std::string body(message.substr(8));
  const std::size_t size = body.size();
  body.resize(std::max(size, most));
  body.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(body.data()), size, body.size()));
  return framed(std::move(body));
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  const BytesView all(reinterpret_cast<const char*>(data), size);
  const std::vector<BytesView> views = messages_of(all);
  if (views.empty() || seed % 8 == 0) return LLVMFuzzerMutate(data, size, most);
  std::vector<std::string> messages(views.begin(), views.end());
  const std::size_t one = (seed >> 4) % messages.size(), other = (seed >> 12) % messages.size();
  switch (seed % 8) {
    case 1: messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(other), messages[one]); break;
    case 2: messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(one)); break;
    case 3: std::swap(messages[one], messages[other]); break;
    default: messages[one] = mutated(messages[one], messages[one].size() + 64); break;
  }
  std::string changed;
  for (const std::string& message : messages) changed += message;
  changed.resize(std::min(changed.size(), most));
  std::memcpy(data, changed.data(), changed.size());
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string first = login_messages();
  Session session;
  session.send(first);
  std::size_t sent = 0;
  for (const BytesView message : messages_of(BytesView(reinterpret_cast<const char*>(data), size))) {
    session.send(message);
    if (++sent == messages_max) break;
  }
  session.end();
  return 0;
}
