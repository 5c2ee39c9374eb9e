// 1. The loop's thread listens, and accepts one connection after another.
// 2. A connection has a door (door.h) as its bootstrap, and its own limits. It ends when the client closes it, when nothing moves on
//    it for too long, or when nobody has logged in soon.
// 3. stop() closes the listening socket. Calls that come now are refused in words; those that were taken are finished, for so long at
//    most. When their answers are out, the connections are closed from here, and given a moment to be closed from there: bytes of a
//    client that nobody reads would make the system take back what is on its way to it.
#include "server/server.h"

#include <kj/async-io.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <set>
#include <thread>
#include <utility>

#include "formats/wire/socket_stream.h"
#include "server/connection.h"
#include "server/cursors.h"
#include "server/observe.h"
#include "server/scheduling.h"
#include "server/tls.h"
#include "server/workers.h"

namespace chartline::server {
namespace {

constexpr std::size_t messages_bytes = 256u << 20;  // unfinished ones of all connections

constexpr auto answers_patience = 2 * kj::SECONDS;  // of a server that ends, for connections that take their answers
constexpr auto closing_patience = 1 * kj::SECONDS;  // and for those that close

// As many open files as the system allows: each connection is one.
void allow_files() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

struct Server::Parts final : kj::TaskSet::ErrorHandler {
  Parts(engine::Store& of, Doorkeeper& by, ServerOptions as) : store(of), keeper(by), options(std::move(as)) {}

  engine::Store& store;
  Doorkeeper& keeper;
  const ServerOptions options;
  SystemClock system_clock;
  std::unique_ptr<Workers> workers;
  std::unique_ptr<Cursors> cursors;
  std::thread thread;
  std::atomic<unsigned> port{0}, http_port{0};
  std::atomic<bool> draining{false};
  Instruments instruments;
  std::size_t connections = 0;                            // the loop's
  std::set<Connection*> open;                             // the loop's
  Traffic traffic;                                        // the loop's
  FrameBudget frame_budget{.bytes_max = messages_bytes};  // the loop's
  std::unique_ptr<Tls> tls;                               // the loop's; null for plain connections
  std::mutex stop_mutex;
  kj::Own<kj::CrossThreadPromiseFulfiller<void>> stop_fulfiller;  // guarded by stop_mutex; null once stopped
  const kj::Executor* loop = nullptr;                             // guarded by stop_mutex; null where it does not run
  Sessions* all_sessions = nullptr;                               // the loop's
  kj::UnixEventPort* event_port = nullptr;                        // the loop's

  void taskFailed(kj::Exception&&) override {}  // of one connection, or of a run whose client has heard of it

  // What the loop does when it is asked by another thread, which does not hold the lock meanwhile: the loop takes it when it ends.
  Result<void> on_loop(const std::function<Result<void>()>& act) {
    kj::Maybe<kj::Own<const kj::Executor>> runs;
    {
      const std::lock_guard lock(stop_mutex);
      if (loop) runs = loop->addRef();
    }
    Result<void> done = unavailable("the server has ended");
    KJ_IF_MAYBE (one, runs) (void)kj::runCatchingExceptions([&] { (*one)->executeSync([&] { done = act(); }); });
    return done;
  }

  // The loop's thread. `listening` is told once it listens, or why it cannot.
  void run(std::promise<Result<void>>& listening) {
    bool told = false;
    const auto thrown = kj::runCatchingExceptions([&] {
      run_in_short_turns();
      auto io = kj::setupAsyncIo();
      event_port = &io.unixEventPort;
      if (options.tls) {
        Result<std::unique_ptr<Tls>> loaded = Tls::load(*options.tls, io.provider->getTimer());
        told = !loaded;
        if (told) return listening.set_value(loaded.error());
        tls = std::move(loaded).value();
      }
      auto stopped = kj::newPromiseAndCrossThreadFulfiller<void>();
      kj::TaskSet tasks(*this);
      auto connected = kj::heap<kj::TaskSet>(*this);
      Clock& clock = options.clock ? *options.clock : system_clock;
      cursors = std::make_unique<Cursors>(options.limits.cursors, options.limits.cursors_of_user,
                                          options.limits.cursor_seconds, clock);
      Scratch scratch;
      Auditor auditor(store, *workers, options.audit);
      Committer committer(store, *workers);
      Sessions sessions;
      Services services{.store = store,
                        .workers = *workers,
                        .cursors = *cursors,
                        .auditor = auditor,
                        .committer = committer,
                        .sessions = sessions,
                        .traffic = traffic,
                        .instruments = instruments,
                        .log = options.log,
                        .clock = clock,
                        .limits = options.limits,
                        .backups = options.backups,
                        .loop = kj::getCurrentThreadExecutor(),
                        .timer = io.provider->getTimer(),
                        .scratch = scratch,
                        .tasks = tasks};
      auto address = io.provider->getNetwork().parseAddress(options.listen.c_str()).wait(io.waitScope);
      take_away_left_socket(options.listen);
      auto receiver = address->listen();
      port = receiver->getPort();
      auto telling = tell_health(io);
      auto sweeping = sweep(services.timer).eagerlyEvaluate([](kj::Exception&&) {});
      {
        const std::lock_guard lock(stop_mutex);
        stop_fulfiller = kj::mv(stopped.fulfiller);
        loop = &services.loop;
        all_sessions = &sessions;
      }
      listening.set_value({});
      told = true;
      auto accepting = accept(*receiver, services, *connected);
      kj::mv(stopped.promise).exclusiveJoin(kj::mv(accepting)).wait(io.waitScope);
      {
        const std::lock_guard lock(stop_mutex);
        loop = nullptr;
      }
      draining = true;
      if (options.log) options.log->write(LogLevel::info, LogEvent::draining, {{LogField::count, connections}});
      receiver = nullptr;
      drain(tasks, services.timer).wait(io.waitScope);
      close_connections(*connected, services.timer).wait(io.waitScope);
      telling = nullptr;
      connected = nullptr;
      end_workers(io);
    });
    if (thrown != nullptr && !told)
      listening.set_value(unavailable("cannot listen on " + options.listen + ": is the address taken, or is it none?"));
  }

  // What they still do may speak to this loop, so it goes on meanwhile.
  void end_workers(kj::AsyncIoContext& io) {
    auto ended = kj::newPromiseAndCrossThreadFulfiller<void>();
    std::thread ending([this, &fulfiller = *ended.fulfiller] {
      workers->end();
      fulfiller.fulfill();
    });
    ended.promise.wait(io.waitScope);
    ending.join();
  }

  // A cursor that nobody comes back for would keep its moment of the store alive.
  kj::Promise<void> sweep(kj::Timer& timer) {
    return timer.afterDelay(10 * kj::SECONDS).then([this, &timer] {
      cursors->drop_expired();
      return sweep(timer);
    });
  }

  // Metrics and health, on a port of their own, looked up every few seconds by a worker.
  kj::Promise<void> tell_health(kj::AsyncIoContext& io) {
    if (options.http_listen.empty()) return kj::NEVER_DONE;
    auto address = io.provider->getNetwork().parseAddress(options.http_listen.c_str()).wait(io.waitScope);
    auto receiver = address->listen();
    http_port = receiver->getPort();
    const auto health = [this]() -> Health {
      if (draining) return {.ready = false, .why = "draining"};
      if (instruments.read_only.value() != 0) return {.ready = false, .why = "the store takes no writes"};
      return {};
    };
    kj::Timer& timer = io.provider->getTimer();
    auto telling = observe(kj::mv(receiver), timer, {.metrics = instruments.metrics, .health = health});
    return telling.exclusiveJoin(look_at_store(timer)).eagerlyEvaluate([](kj::Exception&&) {});
  }

  kj::Promise<void> look_at_store(kj::Timer& timer) {
    constexpr auto pace = 2 * kj::SECONDS;
    instruments.waiting_reads.set(static_cast<std::int64_t>(workers->waiting(Lane::read)));
    instruments.waiting_writes.set(static_cast<std::int64_t>(workers->waiting(Lane::write)));
    instruments.waiting_scans.set(static_cast<std::int64_t>(workers->waiting(Lane::scan)));
    auto looked = workers->run(Lane::read, [this]() -> Result<void> {
      const engine::StoreStats stats = store.stats();
      instruments.unfolded_commits.set(static_cast<std::int64_t>(stats.unfolded_commits));
      instruments.events.set(static_cast<std::int64_t>(stats.events));
      instruments.patients.set(static_cast<std::int64_t>(stats.patients));
      instruments.cache_hits.set(static_cast<std::int64_t>(stats.decoded_cache_hits));
      instruments.cache_misses.set(static_cast<std::int64_t>(stats.decoded_cache_misses));
      instruments.read_only.set(store.read_only());
      return {};
    });
    // Where workers have too much to do already, what was seen last is told.
    return looked.catch_([](kj::Exception&&) {}).then([&timer] { return timer.afterDelay(pace); }).then([this, &timer] {
      return look_at_store(timer);
    });
  }

  // What was taken is finished. Scans notice that they are to end when nobody waits for them.
  kj::Promise<void> drain(kj::TaskSet& tasks, kj::Timer& timer) {
    traffic.end();
    auto enough = timer.afterDelay(options.drain_seconds * kj::SECONDS);
    return traffic.quiet().then([&tasks] { return tasks.onEmpty(); }).exclusiveJoin(kj::mv(enough));
  }

  kj::Promise<void> close_connections(kj::TaskSet& connected, kj::Timer& timer) {
    return answers_out(timer).exclusiveJoin(timer.afterDelay(answers_patience)).then([this, &connected, &timer] {
      for (Connection* const one : open) one->end();
      return connected.onEmpty().exclusiveJoin(timer.afterDelay(closing_patience));
    });
  }

  // An answer that is ready is on its way before any timer is due, unless its connection takes no more for now.
  kj::Promise<void> answers_out(kj::Timer& timer) {
    return timer.afterDelay(5 * kj::MILLISECONDS).then([this, &timer]() -> kj::Promise<void> {
      const bool writes = std::ranges::any_of(open, [](const Connection* one) { return one->guard().is_writing(); });
      return writes ? answers_out(timer) : kj::READY_NOW;
    });
  }

  // From accept to the end; the handshake of TLS counts, so that it is bounded too.
  kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> accepted, Services& services) {
    auto stream = wire::over_socket(kj::mv(accepted), *event_port);
    if (tls != nullptr) {
      return tls->accept(kj::mv(stream)).then([this, &services](kj::Own<kj::AsyncIoStream> secured) {
        return speak(kj::mv(secured), services);
      });
    }
    return speak(kj::mv(stream), services);
  }

  kj::Promise<void> speak(kj::Own<kj::AsyncIoStream> stream, Services& services) {
    const std::uint64_t number = instruments.connections_ever.value();
    if (options.log) options.log->write(LogLevel::debug, LogEvent::connection_opened, {{LogField::connection, number}});
    auto one = kj::heap<Connection>(kj::mv(stream), services, keeper, frame_budget, is_loopback(options.listen));
    auto closed = one->closed(services.timer, options.limits);
    auto& guard = one->guard();
    open.insert(one.get());
    return closed.attach(kj::defer([this, &connection = *one] { open.erase(&connection); }))
        .attach(kj::defer([this, number, &guard] {
          if (!options.log) return;
          const bool cut = guard.cut() != Cut::none;
          options.log->write(cut ? LogLevel::warning : LogLevel::debug,
                             cut ? LogEvent::connection_cut : LogEvent::connection_closed,
                             {{LogField::connection, number},
                              {LogField::cut, guard.cut()},
                              {LogField::bytes_in, guard.bytes_in()},
                              {LogField::bytes_out, guard.bytes_out()}});
        }))
        .attach(kj::mv(one));
  }

  kj::Promise<void> accept(kj::ConnectionReceiver& receiver, Services& services, kj::TaskSet& connected) {
    return receiver.accept()
        .then([this, &receiver, &services, &connected](kj::Own<kj::AsyncIoStream> stream) {
          ++instruments.connections_ever;
          if (connections < options.limits.connections) {
            instruments.connections.set(static_cast<std::int64_t>(++connections));
            auto served = kj::evalNow([&] { return serve(kj::mv(stream), services); });
            connected.add(served.attach(
                kj::defer([this] { instruments.connections.set(static_cast<std::int64_t>(--connections)); })));
          } else {
            ++instruments.connections_refused;
            if (options.log)
              options.log->write(LogLevel::warning, LogEvent::connection_refused, {{LogField::count, connections}});
          }
        })
        .catch_([this, &services](kj::Exception&&) {
          // No file descriptors left, or the like: others may end meanwhile.
          ++instruments.connections_refused;
          if (options.log)
            options.log->write(LogLevel::error, LogEvent::connection_refused,
                               {{LogField::what, Literal("the system gives no more")}});
          return services.timer.afterDelay(100 * kj::MILLISECONDS);
        })
        .then([this, &receiver, &services, &connected] { return accept(receiver, services, connected); });
  }
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(engine::Store& store, Doorkeeper& keeper, const ServerOptions& options) {
  TRY(check_listen(options.listen, options.tls.has_value()));
  allow_files();
  auto parts = std::make_unique<Parts>(store, keeper, options);
  parts->workers = TRY(Workers::start({.write_threads = options.write_threads, .waiting_max = options.waiting_max}));
  std::promise<Result<void>> listening;
  auto outcome = listening.get_future();
  parts->thread = std::thread([&parts = *parts, &listening] { parts.run(listening); });
  const Result<void> listens = outcome.get();
  std::unique_ptr<Server> server(new Server(std::move(parts)));
  if (!listens) return listens.error();
  return server;
}

Result<void> Server::reload() {
  return parts_->on_loop([this] { return parts_->tls ? parts_->tls->reload() : Result<void>(); });
}

std::uint16_t Server::port() const { return static_cast<std::uint16_t>(parts_->port.load()); }

std::uint16_t Server::http_port() const { return static_cast<std::uint16_t>(parts_->http_port.load()); }

void Server::end_sessions() {
  (void)parts_->on_loop([this]() -> Result<void> {
    parts_->cursors->clear();
    parts_->all_sessions->end();
    return {};
  });
}

void Server::stop() {
  {
    const std::lock_guard lock(parts_->stop_mutex);
    if (parts_->stop_fulfiller.get() != nullptr) parts_->stop_fulfiller->fulfill();
    parts_->stop_fulfiller = nullptr;
  }
  if (parts_->thread.joinable()) parts_->thread.join();
}

}  // namespace chartline::server
