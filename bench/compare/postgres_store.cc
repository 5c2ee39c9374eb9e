// PostgreSQL: codes as an ENUM, rows in the order of patient and time, an index by patient and one by code that covers the
// questions, prepared statements, rows in binary where points are read.
//
//   postgres_store load EVENTS.csv PEOPLE.csv LIST.csv CONNECTION        the server must be able to read nothing: rows are sent
//   postgres_store serve CONNECTION QUESTIONS ASKED                      serve.h says what it answers
#include <libpq-fe.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <set>

#include "bench/compare/serve.h"

namespace chartline::bench {
namespace {

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result_ = std::unique_ptr<PGresult, Clear>;

[[noreturn]] void stop(PGconn* connection) {
  std::fprintf(stderr, "postgres_store: %s", PQerrorMessage(connection));
  std::exit(1);
}
Connection connect(const std::string& to) {
  Connection connection(PQconnectdb(to.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) stop(connection.get());
  return connection;
}
Result_ expect(PGconn* connection, PGresult* result, ExecStatusType wanted) {
  Result_ owned(result);
  if (PQresultStatus(result) != wanted) stop(connection);
  return owned;
}
void run(PGconn* connection, const std::string& sql) {
  expect(connection, PQexec(connection, sql.c_str()), PGRES_COMMAND_OK);
}
std::string cell(PGconn* connection, const std::string& sql) {
  return PQgetvalue(expect(connection, PQexec(connection, sql.c_str()), PGRES_TUPLES_OK).get(), 0, 0);
}

// Sends the rows of a file, each changed by `each`; the header is left out.
template <typename Each>
void copy(PGconn* connection, const std::string& sql, const std::string& path, Each each) {
  expect(connection, PQexec(connection, sql.c_str()), PGRES_COPY_IN);
  std::ifstream file(path);
  std::string line, page;
  std::getline(file, line);
  const auto send = [&] {
    if (PQputCopyData(connection, page.data(), static_cast<int>(page.size())) != 1) stop(connection);
    page.clear();
  };
  while (std::getline(file, line)) {
    page += each(line) + "\n";
    if (page.size() > 1 << 20) send();
  }
  send();
  if (PQputCopyEnd(connection, nullptr) != 1) stop(connection);
  expect(connection, PQgetResult(connection), PGRES_COMMAND_OK);
  while (PGresult* rest = PQgetResult(connection)) PQclear(rest);
}

std::string same(const std::string& line) { return line; }

void load(const std::string& events, const std::string& people, const std::string& list, const std::string& to) {
  const Connection owned = connect(to);
  PGconn* const connection = owned.get();
  const Stopwatch watch;
  std::set<std::string> codes{written_code};
  const auto note_code = [&](const std::string& path, auto code_of) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) codes.insert(code_of(line));
  };
  note_code(events, [](const std::string& line) {
    const auto from = line.find(',', line.find(',') + 1) + 1;
    return line.substr(from, line.find(',', from) - from);
  });
  note_code(list, [](const std::string& line) { return "icd10|" + line; });
  std::string labels;
  for (const std::string& code : codes) labels += (labels.empty() ? "'" : ",'") + code + "'";
  run(connection, "CREATE TYPE code AS ENUM (" + labels + ")");
  run(connection,
      "CREATE TABLE events (patient integer NOT NULL, time timestamp NOT NULL, code code NOT NULL, value double "
      "precision)");
  run(connection, "CREATE TABLE patients (patient integer PRIMARY KEY, birth date NOT NULL, sex text NOT NULL)");
  run(connection, "CREATE TABLE thousand (code code PRIMARY KEY)");
  copy(connection, "COPY events FROM STDIN (FORMAT csv)", events, same);
  copy(connection, "COPY patients FROM STDIN (FORMAT csv)", people, [](const std::string& line) {
    const auto number = line.find(','), birth = line.find("patient,") + 8, sex = line.find(',', birth),
               end = line.find(',', sex + 1);
    return line.substr(0, number + 1) + line.substr(birth, end - birth);
  });
  copy(connection, "COPY thousand FROM STDIN (FORMAT csv)", list,
       [](const std::string& line) { return "icd10|" + line; });
  run(connection, "CREATE INDEX by_patient ON events (patient, time)");
  run(connection, "CREATE INDEX by_code ON events (code, patient, time) INCLUDE (value)");
  run(connection, "VACUUM (ANALYZE)");
  report("postgres", "load.seconds", watch.seconds());
  report("postgres", "disk.bytes",
         std::stod(cell(connection, "SELECT pg_total_relation_size('events') + pg_total_relation_size('patients')")));
  std::printf("postgres\tversion\t%s\n", cell(connection, "SHOW server_version").c_str());
}

class Client final : public StoreClient {
 public:
  Client(const std::string& to, const Questions& questions, bool alone)
      : owned_(connect(to)), connection_(owned_.get()), questions_(questions) {
    if (!alone) run(connection_, "SET max_parallel_workers_per_gather = 0");
    prepare("whole_timeline", "SELECT time, value FROM events WHERE patient = $1::integer ORDER BY time");
    prepare("last_year",
            "SELECT time, value FROM events WHERE patient = $1::integer AND time >= TIMESTAMP '2024-01-01' AND time < "
            "TIMESTAMP '2025-01-01' ORDER BY time");
    prepare("latest_values",
            "SELECT time, value FROM events WHERE code = 'loinc|8480-6' AND patient = $1::integer ORDER BY time DESC "
            "LIMIT 10");
    prepare("write",
            "INSERT INTO events SELECT patient, TIMESTAMP '2023-11-15' + random() * interval '300 days', "
            "'local|written', 1.5 FROM unnest($1::integer[]) AS patient");
  }
  Rows question(const std::string& name) override {
    const Result_ result =
        expect(connection_, PQexec(connection_, questions_.sql(name, "postgres").c_str()), PGRES_TUPLES_OK);
    Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
    for (std::size_t r = 0; r < rows.size(); ++r)
      for (int c = 0; c < PQnfields(result.get()); ++c)
        rows[r].emplace_back(PQgetvalue(result.get(), static_cast<int>(r), c));
    return rows;
  }
  void point(const std::string& name, std::uint64_t patient, PointSums& sums) override {
    const Result_ result = execute(name, std::to_string(patient), PGRES_TUPLES_OK);
    for (int r = 0; r < PQntuples(result.get()); ++r) {
      constexpr std::int64_t seconds_from_1970_to_2000 = 946'684'800;
      const auto micros = static_cast<std::int64_t>(word(PQgetvalue(result.get(), r, 0)));
      const double value =
          PQgetisnull(result.get(), r, 1) ? 0 : std::bit_cast<double>(word(PQgetvalue(result.get(), r, 1)));
      sums.add(micros / 1'000'000 + seconds_from_1970_to_2000, std::llround(value * 100));
    }
  }
  void write(const std::vector<std::uint64_t>& patients) override {
    std::string all = "{";
    for (const std::uint64_t patient : patients) all += (all.size() > 1 ? "," : "") + std::to_string(patient);
    execute("write", all + "}", PGRES_COMMAND_OK);
  }

 private:
  static std::uint64_t word(const char* bytes) {
    std::uint64_t n = 0;
    std::memcpy(&n, bytes, sizeof n);
    return std::endian::native == std::endian::little ? __builtin_bswap64(n) : n;
  }
  void prepare(const char* name, const char* sql) {
    expect(connection_, PQprepare(connection_, name, sql, 0, nullptr), PGRES_COMMAND_OK);
  }
  Result_ execute(const std::string& name, const std::string& parameter, ExecStatusType wanted) {
    const char* values[] = {parameter.c_str()};
    return expect(connection_, PQexecPrepared(connection_, name.c_str(), 1, values, nullptr, nullptr, 1), wanted);
  }
  const Connection owned_;
  PGconn* const connection_;
  const Questions& questions_;
};

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "load" && argc == 6) {
    load(argv[2], argv[3], argv[4], argv[5]);
  } else if (verb == "serve" && argc == 5) {
    const Questions questions(argv[3]);
    Served([&](bool alone) { return std::make_unique<Client>(argv[2], questions, alone); }, argv[4]).run();
  } else {
    return std::fprintf(
               stderr, "usage: postgres_store load EVENTS PEOPLE LIST CONNECTION | serve CONNECTION QUESTIONS ASKED\n"),
           2;
  }
  return 0;
}
