// SQLite as its users would set it up for this question: one clustered table ordered by patient and time, codes as
// numbers with a table of their own, prepared statements, integer columns where they are exact.
//
//   sqlite_peer load CSV DATABASE                      rows in order of patient
//   sqlite_peer timelines DATABASE PATIENTS READS      warm (memory mapped, and with a page cache), and a tenth cached
#include <sqlite3.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/measure.h"
#include "bench/peers/direct_vfs.h"
#include "formats/record/time.h"

namespace chartline::bench {
namespace {

constexpr const char* tables = R"(
  CREATE TABLE codes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events (patient INTEGER, time INTEGER, seq INTEGER, code INTEGER NOT NULL, value REAL,
                       PRIMARY KEY (patient, time, seq)) WITHOUT ROWID;
)";
constexpr const char* insert_event = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr const char* whole_timeline = "SELECT time, code, value FROM events WHERE patient = ?1 ORDER BY time, seq";
constexpr const char* named_timeline =
    "SELECT time, name, value FROM events JOIN codes ON codes.id = code WHERE patient = ?1 ORDER BY time, seq";

class Database {
 public:
  Database(const std::string& path, int flags, const char* vfs = nullptr) {
    if (sqlite3_open_v2(path.c_str(), &database_, flags, vfs) != SQLITE_OK) stop();
  }
  ~Database() { sqlite3_close(database_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) stop();
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) stop();
    return statement;
  }
  // True while there are rows.
  bool step(sqlite3_stmt* statement) {
    const int got = sqlite3_step(statement);
    if (got != SQLITE_ROW && got != SQLITE_DONE) stop();
    return got == SQLITE_ROW;
  }

 private:
  [[noreturn]] void stop() {
    std::fprintf(stderr, "sqlite_peer: %s\n", sqlite3_errmsg(database_));
    std::exit(1);
  }
  sqlite3* database_ = nullptr;
};

// The four fields of one row; the generator writes no quotes.
struct Fields {
  std::string_view patient, time, code, value;
  explicit Fields(std::string_view line) {
    for (std::string_view* field : {&patient, &time, &code}) {
      const auto comma = line.find(',');
      *field = line.substr(0, comma);
      line.remove_prefix(comma + 1);
    }
    value = line;
  }
};

class CodeNumbers {
 public:
  explicit CodeNumbers(Database& database)
      : database_(database), insert_(database.prepare("INSERT INTO codes VALUES (?1, ?2)")) {}
  ~CodeNumbers() { sqlite3_finalize(insert_); }
  int of(std::string_view code) {
    key_.assign(code);
    if (const auto known = numbers_.find(key_); known != numbers_.end()) return known->second;
    const int number = static_cast<int>(numbers_.size()) + 1;
    sqlite3_bind_int(insert_, 1, number);
    sqlite3_bind_text(insert_, 2, key_.data(), static_cast<int>(key_.size()), SQLITE_STATIC);
    database_.step(insert_), sqlite3_reset(insert_);
    return numbers_.emplace(key_, number).first->second;
  }

 private:
  Database& database_;
  sqlite3_stmt* insert_;
  std::string key_;
  std::unordered_map<std::string, int> numbers_;
};

void print_fingerprint(Database& database) {
  Fingerprint fingerprint;
  sqlite3_stmt* all = database.prepare("SELECT patient, time, name, value FROM events JOIN codes ON codes.id = code");
  while (database.step(all)) {
    const std::string_view code(reinterpret_cast<const char*>(sqlite3_column_text(all, 2)),
                                static_cast<std::size_t>(sqlite3_column_bytes(all, 2)));
    const bool has_value = sqlite3_column_type(all, 3) != SQLITE_NULL;
    fingerprint.add(sqlite3_column_int64(all, 0), sqlite3_column_int64(all, 1), code,
                    has_value ? std::llround(sqlite3_column_double(all, 3) * 100) : -1);
  }
  sqlite3_finalize(all);
  fingerprint.print("sqlite");
}

void load(const std::string& csv, const std::string& path) {
  std::filesystem::remove(path);
  {
    const Stopwatch watch;
    Database database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    database.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1048576;");
    database.run(tables);
    database.run("BEGIN");
    CodeNumbers codes(database);
    sqlite3_stmt* insert = database.prepare(insert_event);
    std::ifstream in(csv);
    std::string line, patient;
    std::int64_t seq = 0;
    if (!std::getline(in, line)) std::fprintf(stderr, "sqlite_peer: %s cannot be read\n", csv.c_str()), std::exit(1);
    while (std::getline(in, line)) {
      const Fields fields(line);
      if (fields.patient != patient) patient = fields.patient, seq = 0;
      sqlite3_bind_int64(insert, 1, std::stoll(patient));
      sqlite3_bind_int64(insert, 2, record::parse_time(fields.time).value().local / record::micros_per_second);
      sqlite3_bind_int64(insert, 3, ++seq);
      sqlite3_bind_int(insert, 4, codes.of(fields.code));
      if (fields.value.empty()) sqlite3_bind_null(insert, 5);
      else sqlite3_bind_double(insert, 5, std::strtod(fields.value.data(), nullptr));
      database.step(insert), sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    database.run("COMMIT");
    report("sqlite", "load.seconds", watch.seconds());
  }
  report("sqlite", "disk.bytes", static_cast<double>(std::filesystem::file_size(path)));
  Database database(path, SQLITE_OPEN_READONLY);
  print_fingerprint(database);
}

std::uint64_t read(Database& database, sqlite3_stmt* timeline, std::int64_t patient, bool names, std::uint64_t& events) {
  std::uint64_t sum = 0;
  sqlite3_bind_int64(timeline, 1, patient);
  while (database.step(timeline)) {
    sum += static_cast<std::uint64_t>(sqlite3_column_int64(timeline, 0));
    sum += names ? *sqlite3_column_text(timeline, 1) : static_cast<std::uint64_t>(sqlite3_column_int64(timeline, 1));
    sum += static_cast<std::uint64_t>(sqlite3_column_double(timeline, 2));
    ++events;
  }
  sqlite3_reset(timeline);
  return sum;
}

void measure(const std::string& figure, Database& database, const char* sql, const std::vector<std::int64_t>& asked,
             std::size_t reads) {
  sqlite3_stmt* timeline = database.prepare(sql);
  const bool names = sql == named_timeline;
  std::uint64_t sum = 0, events = 0;
  for (std::size_t i = asked.size() - reads; i < asked.size(); ++i)
    sum += read(database, timeline, asked[i], names, events);
  events = 0;
  std::vector<double> micros;
  micros.reserve(reads);
  for (std::size_t i = 0; i < reads; ++i) {
    const Stopwatch watch;
    sum += read(database, timeline, asked[i], names, events);
    micros.push_back(watch.micros());
  }
  if (sum == 0) std::fprintf(stderr, "sqlite_peer: nothing was read\n"), std::exit(1);
  sqlite3_finalize(timeline);
  report("sqlite", (figure + ".events").c_str(), static_cast<double>(events) / static_cast<double>(reads));
  report_times("sqlite", figure, std::move(micros));
}

void timelines(const std::string& path, std::uint64_t patients, std::uint64_t reads) {
  std::mt19937_64 random(question_seed);
  std::vector<std::int64_t> asked;
  for (std::uint64_t i = 0; i < reads; ++i) asked.push_back(static_cast<std::int64_t>(random() % patients + 1));
  {
    Database database(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX);
    database.run("PRAGMA mmap_size = 1099511627776; PRAGMA cache_size = -4194304;");
    measure("timeline.warm", database, whole_timeline, asked, reads);
    measure("timeline_texts.warm", database, named_timeline, asked, reads);
  }
  {
    Database database(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX);
    database.run("PRAGMA mmap_size = 0; PRAGMA cache_size = -4194304;");
    measure("timeline.page_cache", database, whole_timeline, asked, reads);
  }
  if (!register_direct_vfs()) std::fprintf(stderr, "sqlite_peer: the file system was refused\n"), std::exit(1);
  const std::uint64_t tenth_kib = std::filesystem::file_size(path) / 10 / 1024;
  Database database("file:" + path + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                    direct_vfs);
  database.run("PRAGMA mmap_size = 0; PRAGMA cache_size = -" + std::to_string(tenth_kib) + ";");
  measure("timeline.tenth", database, whole_timeline, asked, reads / cold_reads_divisor);
  measure("timeline_texts.tenth", database, named_timeline, asked, reads / cold_reads_divisor);
}

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline::bench;
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "load" && argc == 4) load(argv[2], argv[3]);
  else if (verb == "timelines" && argc == 5)
    timelines(argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10));
  else return std::fprintf(stderr, "usage: sqlite_peer load CSV DATABASE | timelines DATABASE PATIENTS READS\n"), 2;
  return 0;
}
