// What a server does for many clients at once, measured from outside, all of them in one loop on one thread:
//
//   server_bench echo-serve ADDRESS BYTES [LOG]                 the bound: serves a call that does nothing and returns so many bytes;
//                                                               with a LOG once 200 bytes of its own are synced at the end of that file
//   server_bench echo ADDRESS CLIENTS SECONDS
//   server_bench timelines ADDRESS PATIENTS CLIENTS SECONDS [FIGURE]   whole timelines of random patients, hot columns
//   server_bench many ADDRESS PATIENTS BATCH SECONDS            the same, BATCH of them in one call
//   server_bench commits ADDRESS PATIENTS CLIENTS EVENTS SECONDS   durable writes of EVENTS events each
//   server_bench first-row ADDRESS QUERY                        from the request to the first row of a list
//   server_bench scans ADDRESS QUERY SECONDS                    asks the question again and again: the load beside others
//   server_bench idle ADDRESS CLIENTS PID                       sessions that do nothing: memory of the process PID for them
//
// Each reports lines of tab-separated values, as bench/measure.h has them.
#include <capnp/message.h>
#include <capnp/rpc-twoparty.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/echo.capnp.h"
#include "bench/measure.h"
#include "formats/wire/chartline.capnp.h"
#include "formats/wire/events_writer.h"
#include "formats/wire/socket_stream.h"

namespace chartline::bench {
namespace {

constexpr std::size_t read_ahead_bytes = 16u << 10;  // as the client library has it

// One client: a connection of its own, and what it got through it.
struct Client {
  kj::Own<kj::AsyncIoStream> stream;
  kj::Own<capnp::TwoPartyClient> rpc;
  capnp::Capability::Client root = nullptr;
};

class Bench {
 public:
  Bench() : io_(kj::setupAsyncIo()) {}

  std::vector<Client> connect(const std::string& address, unsigned count) {
    auto to = io_.provider->getNetwork().parseAddress(address.c_str()).wait(io_.waitScope);
    std::vector<Client> clients(count);
    for (Client& client : clients) {
      client.stream = wire::over_socket(to->connect().wait(io_.waitScope), io_.unixEventPort, read_ahead_bytes);
      client.rpc = kj::heap<capnp::TwoPartyClient>(*client.stream);
      client.root = client.rpc->bootstrap();
    }
    return clients;
  }

  std::vector<wire::Session::Client> log_in(std::vector<Client>& clients) {
    std::vector<wire::Session::Client> sessions;
    for (Client& client : clients) {
      auto request = client.root.castAs<wire::Door>().loginRequest();
      request.initCredential().setNone();
      sessions.push_back(request.send().wait(io_.waitScope).getSession());
    }
    return sessions;
  }

  // Every client makes one call after the other until the time is over; reports calls a second and their times.
  using Call = std::function<kj::Promise<void>(unsigned client)>;
  void run(const char* who, const std::string& figure, unsigned clients, double seconds, const Call& call,
           double per_call = 1) {
    std::vector<double> micros;
    const Stopwatch whole;
    kj::Vector<kj::Promise<void>> all;
    for (unsigned client = 0; client < clients; ++client) all.add(again(client, whole, seconds, call, micros));
    kj::joinPromises(all.releaseAsArray()).wait(io_.waitScope);
    report(who, (figure + ".per_second").c_str(), static_cast<double>(micros.size()) * per_call / whole.seconds());
    report_times(who, figure, std::move(micros));
  }

  kj::AsyncIoContext& io() { return io_; }

 private:
  kj::Promise<void> again(unsigned client, const Stopwatch& whole, double seconds, const Call& call,
                          std::vector<double>& micros) {
    if (whole.seconds() >= seconds) return kj::READY_NOW;
    const Stopwatch one;
    return call(client).then([this, client, &whole, seconds, &call, &micros, one] {
      micros.push_back(one.micros());
      return again(client, whole, seconds, call, micros);
    });
  }

  kj::AsyncIoContext io_;
};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "server_bench: %s\n", why.c_str());
  std::exit(1);
}

std::string patient(std::mt19937_64& random, std::uint64_t patients) { return std::to_string(random() % patients + 1); }

// ---- the bound

// What a server cannot do without that tells nothing before it has noted so: a line for each answer, those that wait at the same time
// together, written and synced by a thread of its own.
class SyncedLog final : private kj::TaskSet::ErrorHandler {
 public:
  explicit SyncedLog(const std::string& path)
      : file_(::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600)), tasks_(*this) {
    if (file_ < 0) stop("cannot write " + path);
    std::thread([this] { write_and_sync(); }).detach();
  }
  kj::Promise<void> note() {
    auto noted = kj::newPromiseAndFulfiller<void>();
    next_.add(kj::mv(noted.fulfiller));
    if (!std::exchange(writing_, true)) tasks_.add(kj::evalLast([this] { begin(); }));
    return kj::mv(noted.promise);
  }

 private:
  void begin() {
    auto group = kj::mv(next_);
    next_ = {};
    auto written = kj::newPromiseAndCrossThreadFulfiller<void>();
    {
      const std::lock_guard lock(mutex_);
      lines_ = group.size(), done_ = kj::mv(written.fulfiller);
    }
    wakes_.notify_one();
    tasks_.add(written.promise.then([this, group = kj::mv(group)]() mutable {
      for (auto& one : group) one->fulfill();
      writing_ = next_.size() > 0;
      if (writing_) begin();
    }));
  }
  [[noreturn]] void write_and_sync() {
    for (std::unique_lock lock(mutex_);;) {
      wakes_.wait(lock, [this] { return lines_ > 0; });
      const std::string lines(200 * std::exchange(lines_, 0), '.');
      if (::write(file_, lines.data(), lines.size()) < 0 || ::fdatasync(file_) != 0) stop("cannot sync the log");
      done_->fulfill();
    }
  }
  void taskFailed(kj::Exception&&) override {}

  const int file_;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> next_;
  bool writing_ = false;
  kj::TaskSet tasks_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::size_t lines_ = 0;
  kj::Own<kj::CrossThreadPromiseFulfiller<void>> done_;
};

class EchoServer final : public echo_wire::Echo::Server {
 public:
  EchoServer(std::size_t bytes, kj::Maybe<SyncedLog&> log) : bytes_(bytes), log_(log) {}
  kj::Promise<void> empty(EmptyContext context) override {
    context.getResults(capnp::MessageSize{bytes_ / 8 + 8, 0}).initBytes(static_cast<unsigned>(bytes_));
    KJ_IF_MAYBE (log, log_) {
      return log->note();
    }
    return kj::READY_NOW;
  }

 private:
  const std::size_t bytes_;
  kj::Maybe<SyncedLog&> log_;
};

void echo_serve(const std::string& address, std::size_t bytes, const char* log_path) {
  auto io = kj::setupAsyncIo();
  kj::Own<SyncedLog> log;
  kj::Maybe<SyncedLog&> logged;
  if (log_path) log = kj::heap<SyncedLog>(log_path), logged = *log;
  capnp::TwoPartyServer server(kj::heap<EchoServer>(bytes, logged));
  auto listener = io.provider->getNetwork().parseAddress(address.c_str()).wait(io.waitScope)->listen();
  std::printf("port %u\n", listener->getPort());
  std::fflush(stdout);
  server.listen(*listener).wait(io.waitScope);
}

void echo(const std::string& address, unsigned count, double seconds) {
  Bench bench;
  auto clients = bench.connect(address, count);
  std::vector<echo_wire::Echo::Client> echoes;
  for (Client& client : clients) echoes.push_back(client.root.castAs<echo_wire::Echo>());
  bench.run("bound", "server.call", count, seconds,
            [&](unsigned client) { return echoes[client].emptyRequest().send().ignoreResult(); });
}

// ---- reading

void timelines(const std::string& address, std::uint64_t patients, unsigned count, double seconds,
               const std::string& figure) {
  Bench bench;
  auto clients = bench.connect(address, count);
  auto sessions = bench.log_in(clients);
  std::mt19937_64 random(question_seed);
  std::uint64_t events = 0, calls = 0, bytes = 0;
  bench.run("chartline", figure, count, seconds, [&](unsigned client) {
    auto request = sessions[client].timelineRequest();
    request.setPatient(patient(random, patients));
    request.setFields(wire::Fields::HOT);
    return request.send().then([&](capnp::Response<wire::Session::TimelineResults> page) {
      if (page.getEvents().getCount() == 0) stop("a timeline is empty");
      events += page.getEvents().getCount(), ++calls;
      bytes += page.totalSize().wordCount * 8;
    });
  });
  report("chartline", (figure + ".events").c_str(), static_cast<double>(events) / static_cast<double>(calls));
  report("chartline", (figure + ".bytes").c_str(), static_cast<double>(bytes) / static_cast<double>(calls));
}

class CountingEvents final : public wire::EventSink::Server {
 public:
  explicit CountingEvents(std::uint64_t& timelines) : timelines_(timelines) {}
  kj::Promise<void> page(PageContext context) override {
    for (const auto part : context.getParams().getPatients()) timelines_ += part.getSeen() && part.getCount() > 0;
    return kj::READY_NOW;
  }

 private:
  std::uint64_t& timelines_;
};

void many(const std::string& address, std::uint64_t patients, unsigned batch, double seconds) {
  Bench bench;
  auto clients = bench.connect(address, 1);
  auto sessions = bench.log_in(clients);
  std::mt19937_64 random(question_seed);
  std::uint64_t got = 0, asked = 0;
  bench.run(
      "chartline", "server.timelines", 1, seconds,
      [&](unsigned) {
        auto request = sessions[0].timelinesRequest();
        auto list = request.initPatients(batch);
        for (unsigned i = 0; i < batch; ++i) list.set(i, patient(random, patients));
        request.setFields(wire::Fields::HOT);
        request.setSink(kj::heap<CountingEvents>(got));
        asked += batch;
        return request.send().ignoreResult();
      },
      batch);
  if (got != asked) stop("not every timeline came");
}

// ---- writing

void commits(const std::string& address, std::uint64_t patients, unsigned count, unsigned events, double seconds) {
  Bench bench;
  auto clients = bench.connect(address, count);
  auto sessions = bench.log_in(clients);
  std::vector<wire::Ingest::Client> ingests;
  for (auto& session : sessions) ingests.push_back(session.ingestRequest().send().getIngest());
  std::mt19937_64 random(question_seed);
  const std::string run = std::to_string(std::random_device{}());
  std::uint64_t serial = 0;
  bench.run("chartline", "server.commit_" + std::to_string(events), count, seconds, [&](unsigned client) {
    // About what it takes, as the client library says too.
    auto commit = ingests[client].commitRequest(capnp::MessageSize{96 + 40 * std::uint64_t{events}, 0});
    auto batch = commit.initLast();
    auto records = batch.initRecords(events);
    std::vector<std::string> ids;
    for (unsigned i = 0; i < events; ++i) ids.push_back(run + "/" + std::to_string(++serial));
    wire::EventsWriter writer;
    for (unsigned i = 0; i < events; ++i) {
      auto identifier = records[i].initIdentifiers(1)[0];
      identifier.setSystem("events");  // as the import of the events calls it
      identifier.setValue(patient(random, patients));
      records[i].setEvents(1);
      record::Event event;
      event.kind = record::Kind::observation;
      event.code = {"local", "bench", ""};
      event.start = record::at_instant(static_cast<Micros>(1'500'000'000 + random() % 100'000'000) * 1'000'000);
      event.value.form = record::Value::Form::number;
      event.value.number = record::decimal(static_cast<std::int64_t>(random() % 2'000), 1);
      event.source = {"bench", ""};
      event.record = ids[i];
      writer.add(event, wire::WithDetails::yes);
    }
    writer.write(batch.initEvents());
    return commit.send().then([&](capnp::Response<wire::Ingest::CommitResults> answer) {
      for (const auto outcome : answer.getWritten().getOutcomes())
        if (outcome.getWhat() != 1) stop("a record was not created: " + std::string(outcome.getReason().cStr()));
    });
  });
}

// ---- questions

class FirstRow final : public wire::ResultSink::Server {
 public:
  explicit FirstRow(std::function<void()> on_rows) : on_rows_(std::move(on_rows)) {}
  kj::Promise<void> begin(BeginContext) override { return kj::READY_NOW; }
  kj::Promise<void> rows(RowsContext context) override {
    if (context.getParams().getBatch().getCount() > 0) on_rows_();
    return kj::READY_NOW;
  }
  kj::Promise<void> end(EndContext) override { return kj::READY_NOW; }

 private:
  std::function<void()> on_rows_;
};

kj::Promise<void> ask(wire::Session::Client& session, const std::string& query, std::function<void()> on_rows) {
  auto prepare = session.prepareRequest();
  prepare.setText(query);
  auto run = prepare.send().getQuery().runRequest();
  run.setSink(kj::heap<FirstRow>(std::move(on_rows)));
  return run.send().getRun().doneRequest().send().ignoreResult();
}

void first_row(const std::string& address, const std::string& query) {
  Bench bench;
  auto clients = bench.connect(address, 1);
  auto sessions = bench.log_in(clients);
  std::vector<double> first, whole;
  for (int turn = 0; turn < 21; ++turn) {
    const Stopwatch watch;
    double seen = 0;
    ask(sessions[0], query, [&] {
      if (seen == 0) seen = watch.micros();
    }).wait(bench.io().waitScope);
    if (seen == 0) stop("the question gives no row");
    first.push_back(seen), whole.push_back(watch.micros());
  }
  report_times("chartline", "server.first_row", std::move(first));
  report_times("chartline", "server.whole_list", std::move(whole));
}

void scans(const std::string& address, const std::string& query, double seconds) {
  Bench bench;
  auto clients = bench.connect(address, 1);
  auto sessions = bench.log_in(clients);
  bench.run("chartline", "server.scan", 1, seconds, [&](unsigned) { return ask(sessions[0], query, [] {}); });
}

double resident_bytes(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) * 1024;
  stop("no process " + pid);
}

void idle(const std::string& address, unsigned count, const std::string& pid) {
  Bench bench;
  const double before = resident_bytes(pid);
  auto clients = bench.connect(address, count);
  auto sessions = bench.log_in(clients);
  report("chartline", "server.idle.connections", count);
  report("chartline", "server.idle.bytes_each", (resident_bytes(pid) - before) / count);
  report("chartline", "server.idle.resident_bytes", resident_bytes(pid));
}

unsigned number(const char* text) { return static_cast<unsigned>(std::strtoul(text, nullptr, 10)); }

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  const std::string_view verb = argc > 2 ? argv[1] : "";
  const std::string address = argc > 2 ? argv[2] : "";
  if (verb == "echo-serve" && (argc == 4 || argc == 5))
    echo_serve(address, number(argv[3]), argc == 5 ? argv[4] : nullptr);
  else if (verb == "echo" && argc == 5) echo(address, number(argv[3]), std::strtod(argv[4], nullptr));
  else if (verb == "timelines" && (argc == 6 || argc == 7))
    timelines(address, number(argv[3]), number(argv[4]), std::strtod(argv[5], nullptr),
              argc == 7 ? argv[6] : "server.timeline");
  else if (verb == "many" && argc == 6) many(address, number(argv[3]), number(argv[4]), std::strtod(argv[5], nullptr));
  else if (verb == "commits" && argc == 7)
    commits(address, number(argv[3]), number(argv[4]), number(argv[5]), std::strtod(argv[6], nullptr));
  else if (verb == "first-row" && argc == 4) first_row(address, argv[3]);
  else if (verb == "scans" && argc == 5) scans(address, argv[3], std::strtod(argv[4], nullptr));
  else if (verb == "idle" && argc == 5) idle(address, number(argv[3]), argv[4]);
  else return std::fprintf(stderr, "usage: see the head of bench/server_bench.cc\n"), 2;
  return 0;
}
