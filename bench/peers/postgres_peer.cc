// PostgreSQL's durable single-row commits: so many connections, each a prepared INSERT of one row as one transaction.
//
//   postgres_peer commits CONNECTION PATIENTS WRITERS SECONDS     CONNECTION as libpq takes it: "host=/run/dir dbname=bench"
//
// The table is empty at the start and has the one index that a timeline needs, which is the server's best case.
#include <libpq-fe.h>

#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/measure.h"

namespace chartline::bench {
namespace {

constexpr const char* tables = R"(
  SET client_min_messages = warning;
  DROP TABLE IF EXISTS events;
  CREATE TABLE events (patient integer NOT NULL, time timestamp NOT NULL, code integer NOT NULL, value double precision);
  CREATE INDEX ON events (patient, time);
  CHECKPOINT;
)";

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Finish>;

[[noreturn]] void stop(PGconn* connection) {
  std::fprintf(stderr, "postgres_peer: %s", PQerrorMessage(connection));
  std::exit(1);
}

Connection connect(const std::string& to) {
  Connection connection(PQconnectdb(to.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) stop(connection.get());
  return connection;
}

void expect(PGconn* connection, PGresult* result, ExecStatusType wanted) {
  if (PQresultStatus(result) != wanted) stop(connection);
  PQclear(result);
}

std::string one_cell(PGconn* connection, const char* sql) {
  PGresult* result = PQexec(connection, sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) stop(connection);
  std::string cell = PQgetvalue(result, 0, 0);
  PQclear(result);
  return cell;
}

void commits(const std::string& to, std::uint64_t patients, unsigned writers, double seconds) {
  const Connection first = connect(to);
  expect(first.get(), PQexec(first.get(), tables), PGRES_COMMAND_OK);
  for (const char* setting : {"fsync", "synchronous_commit"})
    if (one_cell(first.get(), (std::string("SHOW ") + setting).c_str()) != "on") std::fprintf(stderr, "postgres_peer: %s is off\n", setting), std::exit(1);

  std::vector<Connection> connections;
  for (unsigned writer = 0; writer < writers; ++writer) {
    connections.push_back(connect(to));
    PGconn* connection = connections.back().get();
    expect(connection, PQprepare(connection, "one", "INSERT INTO events VALUES ($1, to_timestamp($2) AT TIME ZONE 'UTC', $3, $4)", 4, nullptr), PGRES_COMMAND_OK);
  }
  std::vector<std::vector<double>> micros(writers);
  const Stopwatch whole;
  std::vector<std::thread> threads;
  for (unsigned writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      std::mt19937_64 random(question_seed + writer);
      PGconn* connection = connections[writer].get();
      while (whole.seconds() < seconds) {
        const std::string fields[] = {std::to_string(random() % patients + 1), std::to_string(1'500'000'000 + random() % 100'000'000),
                                      std::to_string(random() % 1'000), std::to_string(static_cast<double>(random() % 2'000) / 10)};
        const char* values[] = {fields[0].c_str(), fields[1].c_str(), fields[2].c_str(), fields[3].c_str()};
        const Stopwatch watch;
        expect(connection, PQexecPrepared(connection, "one", 4, values, nullptr, nullptr, 0), PGRES_COMMAND_OK);
        micros[writer].push_back(watch.micros());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double took = whole.seconds();
  std::vector<double> all;
  for (const auto& some : micros) all.insert(all.end(), some.begin(), some.end());
  if (one_cell(first.get(), "SELECT count(*) FROM events") != std::to_string(all.size()))
    std::fprintf(stderr, "postgres_peer: not every row is there\n"), std::exit(1);
  const std::string figure = "commit.writers_" + std::to_string(writers);
  report("postgres", (figure + ".per_second").c_str(), static_cast<double>(all.size()) / took);
  report_times("postgres", figure, std::move(all));
}

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  if (argc != 6 || std::string_view(argv[1]) != "commits") {
    std::fprintf(stderr, "usage: postgres_peer commits CONNECTION PATIENTS WRITERS SECONDS\n");
    return 2;
  }
  commits(argv[2], std::strtoull(argv[3], nullptr, 10), static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10)), std::strtod(argv[5], nullptr));
  return 0;
}
