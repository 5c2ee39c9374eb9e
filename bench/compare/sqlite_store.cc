// SQLite, the file memory-mapped and its page cache as large as the file may be: one clustered table ordered by patient and
// time, one covering index by code, codes as numbers.
//
//   sqlite_store load EVENTS.csv PEOPLE.csv LIST.csv DATABASE
//   sqlite_store serve DATABASE QUESTIONS ASKED                  serve.h says what it answers
#include <sqlite3.h>

#include <cmath>
#include <unordered_map>

#include "bench/compare/serve.h"
#include "formats/record/time.h"

namespace chartline::bench {
namespace {

constexpr const char* tables = R"(
  CREATE TABLE codes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE patients (patient INTEGER PRIMARY KEY, birth INTEGER NOT NULL, sex TEXT NOT NULL);
  CREATE TABLE thousand (code INTEGER PRIMARY KEY);
  CREATE TABLE events (patient INTEGER, time INTEGER, code INTEGER, value REAL, PRIMARY KEY (patient, time, code)) WITHOUT ROWID;
)";

class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK)
      stop();
    sqlite3_busy_timeout(database_, 60'000);
  }
  ~Database() {
    for (auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) stop();
  }
  // Kept prepared.
  sqlite3_stmt* statement(const std::string& sql) {
    sqlite3_stmt*& statement = prepared_[sql];
    if (statement == nullptr &&
        sqlite3_prepare_v3(database_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
      stop();
    sqlite3_reset(statement);
    return statement;
  }
  bool step(sqlite3_stmt* statement) {
    const int got = sqlite3_step(statement);
    if (got != SQLITE_ROW && got != SQLITE_DONE) stop();
    return got == SQLITE_ROW;
  }

 private:
  [[noreturn]] void stop() {
    std::fprintf(stderr, "sqlite_store: %s\n", sqlite3_errmsg(database_));
    std::exit(1);
  }
  sqlite3* database_ = nullptr;
  std::map<std::string, sqlite3_stmt*> prepared_;
};

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    const auto comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

template <typename Each>
void for_rows(const std::string& path, Each each) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) std::fprintf(stderr, "sqlite_store: %s cannot be read\n", path.c_str()), std::exit(1);
  while (std::getline(file, line)) each(cells_of(line));
}

int code_number(Database& database, std::unordered_map<std::string, int>& numbers, std::string_view code) {
  const auto [at, is_new] = numbers.try_emplace(std::string(code), static_cast<int>(numbers.size()) + 1);
  if (is_new) {
    sqlite3_stmt* insert = database.statement("INSERT INTO codes VALUES (?1, ?2)");
    sqlite3_bind_int(insert, 1, at->second);
    sqlite3_bind_text(insert, 2, at->first.data(), static_cast<int>(at->first.size()), SQLITE_STATIC);
    database.step(insert);
  }
  return at->second;
}

void load(const std::string& events, const std::string& people, const std::string& list, const std::string& path) {
  std::filesystem::remove(path);
  const Stopwatch watch;
  {
    Database database(path);
    database.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1048576;");
    database.run(tables);
    database.run("BEGIN");
    std::unordered_map<std::string, int> numbers;
    for_rows(events, [&](const std::vector<std::string_view>& row) {
      const int code = code_number(database, numbers, row[2]);
      sqlite3_stmt* insert = database.statement("INSERT INTO events VALUES (?1, ?2, ?3, ?4)");
      sqlite3_bind_int64(insert, 1, std::strtoll(row[0].data(), nullptr, 10));
      sqlite3_bind_int64(insert, 2, record::parse_time(row[1]).value().local / record::micros_per_second);
      sqlite3_bind_int(insert, 3, code);
      if (row[3].empty()) sqlite3_bind_null(insert, 4);
      else sqlite3_bind_double(insert, 4, std::strtod(row[3].data(), nullptr));
      database.step(insert);
    });
    code_number(database, numbers, written_code);
    for_rows(people, [&](const std::vector<std::string_view>& row) {  // the birth as the number 19801231
      const record::CivilDay birth = record::civil(record::parse_time(row[4]).value().day());
      sqlite3_stmt* insert = database.statement("INSERT INTO patients VALUES (?1, ?2, ?3)");
      sqlite3_bind_int64(insert, 1, std::strtoll(row[0].data(), nullptr, 10));
      sqlite3_bind_int64(insert, 2,
                         birth.year * 10'000 + static_cast<int>(birth.month) * 100 + static_cast<int>(birth.day));
      sqlite3_bind_text(insert, 3, row[5].data(), static_cast<int>(row[5].size()), SQLITE_TRANSIENT);
      database.step(insert);
    });
    for_rows(list, [&](const std::vector<std::string_view>& row) {
      sqlite3_stmt* insert = database.statement("INSERT INTO thousand VALUES (?1)");
      sqlite3_bind_int(insert, 1, code_number(database, numbers, "icd10|" + std::string(row[0])));
      database.step(insert);
    });
    database.run("COMMIT; CREATE INDEX by_code ON events (code, patient, time, value); ANALYZE;");
  }
  Database(path).run("PRAGMA journal_mode = WAL;");
  report("sqlite", "load.seconds", watch.seconds());
  report("sqlite", "disk.bytes", static_cast<double>(std::filesystem::file_size(path)));
  std::printf("sqlite\tversion\t%s\n", sqlite3_libversion());
}

class Client final : public StoreClient {
 public:
  Client(const std::string& path, const Questions& questions) : database_(path), questions_(questions) {
    database_.run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 1099511627776; PRAGMA cache_size = "
        "-1048576; PRAGMA temp_store = MEMORY;");
    written_ = number_of(written_code), measured_ = number_of(measured_code);
  }
  Rows question(const std::string& name) override {
    sqlite3_stmt* statement = database_.statement(questions_.sql(name, "sqlite"));
    Rows rows;
    while (database_.step(statement)) {
      auto& cells = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i)
        cells.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, i)));
    }
    sqlite3_reset(statement);
    return rows;
  }
  void point(const std::string& name, std::uint64_t patient, PointSums& sums) override {
    sqlite3_stmt* statement = nullptr;
    if (name == "last_year") {
      statement = database_.statement(
          "SELECT time, code, value FROM events WHERE patient = ?1 AND time >= ?2 AND time < ?3 ORDER BY time");
      sqlite3_bind_int64(statement, 2, last_year_from), sqlite3_bind_int64(statement, 3, last_year_past);
    } else if (name == "latest_values") {
      statement = database_.statement(
          "SELECT time, code, value FROM events WHERE code = ?2 AND patient = ?1 ORDER BY time DESC LIMIT 10");
      sqlite3_bind_int64(statement, 2, measured_);
    } else {
      statement = database_.statement("SELECT time, code, value FROM events WHERE patient = ?1 ORDER BY time");
    }
    sqlite3_bind_int64(statement, 1, static_cast<std::int64_t>(patient));
    while (database_.step(statement))
      sums.add(sqlite3_column_int64(statement, 0), std::llround(sqlite3_column_double(statement, 2) * 100));
    sqlite3_reset(statement);
  }
  void write(const std::vector<std::uint64_t>& patients) override {
    static std::atomic<std::int64_t> serial = std::random_device{}();
    database_.run("BEGIN IMMEDIATE");
    for (const std::uint64_t patient : patients) {
      sqlite3_stmt* insert = database_.statement("INSERT INTO events VALUES (?1, ?2, ?3, 1.5)");
      sqlite3_bind_int64(insert, 1, static_cast<std::int64_t>(patient));
      sqlite3_bind_int64(insert, 2, 1'700'000'000 + ++serial);
      sqlite3_bind_int64(insert, 3, written_);
      database_.step(insert);
    }
    database_.run("COMMIT");
  }

 private:
  std::int64_t number_of(const char* code) {
    sqlite3_stmt* find = database_.statement("SELECT id FROM codes WHERE name = ?1");
    sqlite3_bind_text(find, 1, code, -1, SQLITE_STATIC);
    const std::int64_t number = database_.step(find) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return number;
  }
  Database database_;
  const Questions& questions_;
  std::int64_t written_ = 0, measured_ = 0;
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
    Served([&](bool) { return std::make_unique<Client>(argv[2], questions); }, argv[4]).run();
  } else {
    return std::fprintf(stderr,
                        "usage: sqlite_store load EVENTS PEOPLE LIST DATABASE | serve DATABASE QUESTIONS ASKED\n"),
           2;
  }
  return 0;
}
