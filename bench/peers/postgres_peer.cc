// PostgreSQL's durable commits, each a prepared INSERT as one transaction, into a table with the one index that a timeline
// needs; and its timelines. So many connections, each with a thread of its own.
//
//   postgres_peer load CONNECTION TABLE CSV      CSV "" leaves the table empty; CONNECTION as libpq takes it: "host=/run/dir"
//   postgres_peer commits CONNECTION TABLE PATIENTS WRITERS SECONDS [EVENTS]     rows of one INSERT; 1 where left out
//   postgres_peer timelines CONNECTION TABLE PATIENTS CLIENTS SECONDS            whole timelines, rows in binary
#include <libpq-fe.h>

#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/measure.h"

namespace chartline::bench {
namespace {

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

std::string one_cell(PGconn* connection, const std::string& sql) {
  PGresult* result = PQexec(connection, sql.c_str());
  if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) stop(connection);
  std::string cell = PQgetvalue(result, 0, 0);
  PQclear(result);
  return cell;
}

void copy_in(PGconn* connection, const std::string& table, const std::string& csv) {
  std::ifstream in(csv, std::ios::binary);
  if (!in) std::fprintf(stderr, "postgres_peer: %s cannot be read\n", csv.c_str()), std::exit(1);
  expect(connection, PQexec(connection, ("COPY " + table + " FROM STDIN (FORMAT csv, HEADER true)").c_str()),
         PGRES_COPY_IN);
  std::vector<char> piece(1 << 20);
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0)
    if (PQputCopyData(connection, piece.data(), static_cast<int>(in.gcount())) != 1) stop(connection);
  if (PQputCopyEnd(connection, nullptr) != 1) stop(connection);
  expect(connection, PQgetResult(connection), PGRES_COMMAND_OK);
  while (PGresult* rest = PQgetResult(connection)) PQclear(rest);
}

// The sums of Fingerprint in bench/measure.h.
std::string fingerprint_of(PGconn* connection, const std::string& table) {
  return one_cell(
      connection,
      "WITH facts AS (SELECT patient, code, extract(epoch FROM time)::bigint AS seconds, "
      "CASE WHEN value IS NULL THEN -1 ELSE round(value * 100)::bigint END AS hundredths FROM " +
          table +
          ") "
          "SELECT count(*) || '/' || count(*) FILTER (WHERE hundredths >= 0) || '/' || "
          "coalesce(sum(hundredths) FILTER (WHERE hundredths >= 0), 0) || '/' || coalesce(sum(seconds), 0) || '/' || "
          "coalesce(sum((seconds % 86423 + length(code) * 128 + ascii(right(code, 1))) * (hundredths + 2) % 1000003 * "
          "(patient % 1009 + 1)), 0) FROM facts");
}

void load(const std::string& to, const std::string& table, const std::string& csv) {
  const Connection connection = connect(to);
  PGconn* server = connection.get();
  const Stopwatch watch;
  expect(server,
         PQexec(server,
                ("CREATE TABLE " + table +
                 " (patient integer NOT NULL, time timestamp NOT NULL, code text NOT NULL, value double precision)")
                    .c_str()),
         PGRES_COMMAND_OK);
  if (!csv.empty()) copy_in(server, table, csv);
  expect(server, PQexec(server, ("CREATE INDEX ON " + table + " (patient, time)").c_str()), PGRES_COMMAND_OK);
  expect(server, PQexec(server, ("VACUUM ANALYZE " + table).c_str()), PGRES_COMMAND_OK);
  if (csv.empty()) return;
  report("postgres", "load.seconds", watch.seconds());
  report("postgres", "disk.bytes", std::stod(one_cell(server, "SELECT pg_total_relation_size('" + table + "')")));
  std::printf("postgres\tfingerprint\t%s\n", fingerprint_of(server, table).c_str());
}

// ($1, ...), ($5, ...), ...: of `rows` rows.
std::string insert_of(const std::string& table, unsigned rows) {
  std::string sql = "INSERT INTO " + table + " VALUES ";
  for (unsigned row = 0; row < rows; ++row) {
    const auto place = [row](unsigned field) { return "$" + std::to_string(row * 4 + field); };
    sql += (row ? ", (" : "(") + place(1) + "::integer, to_timestamp(" + place(2) +
           "::double precision) AT TIME ZONE 'UTC', " + place(3) + "::text, " + place(4) + "::double precision)";
  }
  return sql;
}

// `work` on one connection per thread, again and again until the time is over; the time of each turn.
template <typename Work>
std::vector<double> on_all(const std::vector<Connection>& connections, double seconds, const Work& work) {
  std::vector<std::vector<double>> micros(connections.size());
  const Stopwatch whole;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections.size(); ++i) {
    threads.emplace_back([&, i] {
      std::mt19937_64 random(question_seed + i);
      while (whole.seconds() < seconds) {
        const Stopwatch watch;
        work(connections[i].get(), random);
        micros[i].push_back(watch.micros());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<double> all;
  for (const auto& some : micros) all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::vector<Connection> connect_all(const std::string& to, unsigned count, const std::string& sql) {
  std::vector<Connection> connections;
  for (unsigned i = 0; i < count; ++i) {
    connections.push_back(connect(to));
    expect(connections.back().get(), PQprepare(connections.back().get(), "one", sql.c_str(), 0, nullptr),
           PGRES_COMMAND_OK);
  }
  return connections;
}

void commits(const std::string& to, const std::string& table, std::uint64_t patients, unsigned writers, double seconds,
             unsigned events) {
  const Connection first = connect(to);
  for (const char* setting : {"fsync", "synchronous_commit"})
    if (one_cell(first.get(), std::string("SHOW ") + setting) != "on")
      std::fprintf(stderr, "postgres_peer: %s is off\n", setting), std::exit(1);
  expect(first.get(), PQexec(first.get(), "CHECKPOINT"), PGRES_COMMAND_OK);
  const std::string count_rows = "SELECT count(*) FROM " + table;
  const std::uint64_t before = std::stoull(one_cell(first.get(), count_rows));
  const std::vector<Connection> connections = connect_all(to, writers, insert_of(table, events));
  const Stopwatch whole;
  std::vector<double> all = on_all(connections, seconds, [&](PGconn* connection, std::mt19937_64& random) {
    std::vector<std::string> fields;
    for (unsigned row = 0; row < events; ++row) {
      fields.push_back(std::to_string(random() % patients + 1));
      fields.push_back(std::to_string(1'500'000'000 + random() % 100'000'000));
      fields.push_back("local|" + std::to_string(random() % 1'000));
      fields.push_back(std::to_string(static_cast<double>(random() % 2'000) / 10));
    }
    std::vector<const char*> values;
    for (const std::string& field : fields) values.push_back(field.c_str());
    expect(connection,
           PQexecPrepared(connection, "one", static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0),
           PGRES_COMMAND_OK);
  });
  const double took = whole.seconds();
  if (std::stoull(one_cell(first.get(), count_rows)) != before + all.size() * events)
    std::fprintf(stderr, "postgres_peer: not every row is there\n"), std::exit(1);
  const std::string figure = "commit." + table + (events == 1 ? "" : ".events_" + std::to_string(events)) +
                             ".writers_" + std::to_string(writers);
  report("postgres", (figure + ".per_second").c_str(), static_cast<double>(all.size()) / took);
  report_times("postgres", figure, std::move(all));
}

void timelines(const std::string& to, const std::string& table, std::uint64_t patients, unsigned clients, double seconds) {
  const std::vector<Connection> connections =
      connect_all(to, clients, "SELECT time, code, value FROM " + table + " WHERE patient = $1::integer ORDER BY time");
  const Stopwatch whole;
  std::vector<double> all = on_all(connections, seconds, [&](PGconn* connection, std::mt19937_64& random) {
    const std::string patient = std::to_string(random() % patients + 1);
    const char* values[] = {patient.c_str()};
    PGresult* result = PQexecPrepared(connection, "one", 1, values, nullptr, nullptr, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) == 0) stop(connection);
    PQclear(result);
  });
  report("postgres", "server.timeline.per_second", static_cast<double>(all.size()) / whole.seconds());
  report_times("postgres", "server.timeline", std::move(all));
}

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "load" && argc == 5) load(argv[2], argv[3], argv[4]);
  else if (verb == "commits" && (argc == 7 || argc == 8))
    commits(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10),
            static_cast<unsigned>(std::strtoul(argv[5], nullptr, 10)), std::strtod(argv[6], nullptr),
            argc == 8 ? static_cast<unsigned>(std::strtoul(argv[7], nullptr, 10)) : 1);
  else if (verb == "timelines" && argc == 7)
    timelines(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10),
              static_cast<unsigned>(std::strtoul(argv[5], nullptr, 10)), std::strtod(argv[6], nullptr));
  else return std::fprintf(stderr, "usage: see the head of bench/peers/postgres_peer.cc\n"), 2;
  return 0;
}
