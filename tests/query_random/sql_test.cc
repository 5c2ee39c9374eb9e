// A third opinion: simple questions, asked in the language and in SQL over the same events by SQLite, which shares nothing with
// either executor, and by DuckDB, which shares nothing with SQLite. What is three-valued in the language is two days in SQL: the
// first and the last on which an event may be.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "query/person.h"
#include "query/when.h"
#include "tests/query_random/answer.h"
#include "tests/query_random/script.h"
#include "tests/query_random/seed.h"
#include "tests/query_random/world.h"

namespace chartline::query::random {
namespace {

using Lines = std::vector<std::string>;  // a row each

class Database {
 public:
  Database() { EXPECT_EQ(sqlite3_open(":memory:", &db_), SQLITE_OK); }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Lines ask(const std::string& sql) {
    Lines lines;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db_) << "\n"
                                                                                        << sql;
    while (statement && sqlite3_step(statement) == SQLITE_ROW) {
      std::string line;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        line += (i ? ", " : "") + std::string(text ? text : "");
      }
      lines.push_back(std::move(line));
    }
    sqlite3_finalize(statement);
    return lines;
  }

 private:
  sqlite3* db_ = nullptr;
};

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }
std::string or_null(bool known, const std::string& text) { return known ? text : "NULL"; }

// person(id, sex, birth), event(id, person, place, kind, first, last, month, value, unit, organisation), coding(event, system, code)
//
// Only what a kind keeps by default is told: asserted facts that no patient or carer contributed.
class Told {
 public:
  explicit Told(engine::Store& store) {
    tell("CREATE TABLE person(id BIGINT PRIMARY KEY, sex TEXT, birth BIGINT)");
    tell(
        "CREATE TABLE event(id BIGINT PRIMARY KEY, person BIGINT, kind TEXT, first BIGINT, last BIGINT, instant "
        "BIGINT, "
        "precision BIGINT, month TEXT, value DOUBLE, unit TEXT, organisation TEXT, system TEXT, sequence BIGINT, "
        "record TEXT, part BIGINT, number BIGINT, earliest BIGINT, latest BIGINT, ending TEXT, ended BIGINT)");
    tell("CREATE TABLE coding(event BIGINT, system TEXT, code TEXT)");
    db_.ask("BEGIN");
    const engine::View view = store.view();
    PersonReader reader(view);
    Person person;
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard)
      for (std::uint32_t id = 0; id < view.patients(shard); ++id)
        if (reader.read({shard, id}, person).value()) tell(person);
    db_.ask("COMMIT");
    tell("CREATE INDEX coded ON coding(event, code, system)");
    tell("CREATE INDEX of_person ON event(person, kind)");
    tell("CREATE INDEX of_kind ON event(kind)");
  }
  Lines ask(const std::string& sql) { return db_.ask(sql); }
  const std::string& tables() const { return tables_; }  // all that was told, as SQL

 private:
  void tell(const std::string& sql) {
    db_.ask(sql);
    tables_ += sql + ";\n";
  }

  void tell(const Person& person) {
    const std::string id = std::to_string(++people_);
    tell("INSERT INTO person VALUES(" + id + ", " + or_null(!person.sex.empty(), in_quotes(person.sex)) + ", " +
         or_null(person.birth.known(), std::to_string(person.birth.known() ? day_extent(person.birth).last : 0)) + ")");
    for (const record::Event& event : person.events) {
      using record::Status;
      const bool asserted = event.status != Status::entered_in_error && event.status != Status::planned &&
                            event.status != Status::proposed && event.status != Status::not_done &&
                            event.certainty != record::Certainty::refuted;
      const bool contributed = event.author == record::Author::patient || event.author == record::Author::carer;
      if (asserted && !contributed) tell(event, id);
    }
  }

  void tell(const record::Event& event, const std::string& person) {
    const std::string id = std::to_string(++events_);
    const bool timed = event.start.known();
    const DayExtent days = timed ? day_extent(event.start) : DayExtent{};
    const bool number =
        event.value.form == record::Value::Form::number && event.value.comparator == record::Comparator::equal;
    const bool dated = timed && event.start.precision >= record::Precision::month;
    const bool ends = event.end.form == record::End::Form::at && event.end.at.known();
    tell("INSERT INTO event VALUES(" + id + ", " + person + ", " + in_quotes(name(event.kind)) + ", " +
         or_null(timed, std::to_string(days.first)) + ", " + or_null(timed, std::to_string(days.last)) + ", " +
         (timed ? std::to_string(event.start.instant()) : "-9223372036854775807") + ", " +
         std::to_string(static_cast<int>(event.start.precision)) + ", " +
         or_null(dated, in_quotes(record::print(record::day_time(days.first)).substr(0, 7))) + ", " +
         or_null(number, record::print(event.value.number)) + ", " + in_quotes(event.value.unit) + ", " +
         in_quotes(event.source.organisation) + ", " + in_quotes(event.source.system) + ", " +
         std::to_string(event.sequence) + ", " + in_quotes(event.record) + ", " + std::to_string(event.part) + ", " +
         std::to_string(event.number) + ", " + or_null(timed, std::to_string(extent(event.start).first)) + ", " +
         or_null(timed, std::to_string(extent(event.start).last)) + ", " + in_quotes(name(event.end.form)) + ", " +
         or_null(ends, std::to_string(ends ? day_extent(event.end.at).first : 0)) + ")");
    const auto code = [&](const record::Code& one) {
      if (!one.empty())
        tell("INSERT INTO coding VALUES(" + id + ", " + in_quotes(one.system) + ", " + in_quotes(one.code) + ")");
    };
    code(event.code);
    for (const record::Code& one : event.translations) code(one);
  }

  Database db_;
  std::string tables_;
  std::uint64_t people_ = 0, events_ = 0;
};

struct Question {
  std::string text, sql;
  bool of_all_dialects = true;  // else of SQLite's, whose calendar differs
};

// What makes one question out of a form: kinds, codes and days by chance.
class Asking {
 public:
  explicit Asking(std::uint64_t seed) : chance_(seed) {}

  Question next() {
    switch (chance_.below(14)) {
      case 8: return within_hours();
      case 9: return overlapping();
      case 10: return without_others();
      case 11: return average();
      case 12: return monthly();
      case 13: return tests_before();
      case 0: return within_dates();
      case 1: return by_sex();
      case 2: return by_month();
      case 3: return last_value();
      case 4: return sequence();
      case 5: return without_later();
      case 6: return by_age();
      default: return events_counted();
    }
  }

 private:
  struct Kind {
    std::string text, sql;  // sql: about the event with the alias that is put for `?`
  };
  Kind kind() {
    const std::string word = chance_.one({"condition", "observation", "observation", "medication", "encounter"});
    const CodeOf& code = chance_.of(world_codes);
    if (chance_.one_in(4)) return {word + "[*]", "?.kind = '" + word + "'"};
    return {word + "[" + std::string(code.system) + ":" + std::string(code.code) + " ]",
            "?.kind = '" + word + "' AND EXISTS (SELECT 1 FROM coding c WHERE c.event = ?.id AND c.system = " +
                in_quotes(code.system) + " AND c.code = " + in_quotes(code.code) + ")"};
  }
  static std::string of(const Kind& kind, std::string_view alias) {
    std::string sql;
    for (const char c : kind.sql) sql += c == '?' ? std::string(alias) : std::string(1, c);
    return sql;
  }
  record::Day day() { return first_day + static_cast<record::Day>(chance_.below(days)); }
  static std::string text(record::Day day) { return record::print(record::day_time(day)); }

  Question within_dates() {
    const Kind a = kind();
    const record::Day from = day(), to = from + static_cast<record::Day>(chance_.below(300));
    return {"count exists " + a.text + " in " + text(from) + ".." + text(to),
            "SELECT count(DISTINCT a.person) FROM event a WHERE " + of(a, "a") +
                " AND a.first >= " + std::to_string(from) + " AND a.last <= " + std::to_string(to)};
  }
  Question by_sex() {
    const Kind a = kind(), b = kind();
    return {"count (exists " + a.text + ") and (no " + b.text + ") by sex",
            "SELECT p.sex, count(*) FROM person p WHERE EXISTS (SELECT 1 FROM event a WHERE a.person = p.id AND " +
                of(a, "a") + ") AND NOT EXISTS (SELECT 1 FROM event b WHERE b.person = p.id AND " + of(b, "b") +
                ") GROUP BY p.sex ORDER BY p.sex IS NULL, p.sex"};
  }
  Question by_month() {
    const Kind a = kind();
    return {"tally " + a.text + " by month(it)", "SELECT a.month, count(*) FROM event a WHERE " + of(a, "a") +
                                                     " GROUP BY a.month ORDER BY a.month IS NULL, a.month"};
  }
  Question last_value() {
    const Kind a = kind();
    const std::string bound = std::to_string(chance_.below(100)), unit = std::string(chance_.one({"kg", "%", "mmol/L"}));
    const std::string order = chance_.one({"first", "last"}), sign = chance_.one({">", "<="});
    const std::string way = order == "first" ? " ASC" : " DESC";
    return {"count (" + order + " " + a.text + " where unit = '" + unit + "' and comparator = '=').value " + sign +
                " " + bound + " '" + unit + "'",
            "SELECT count(*) FROM person p WHERE (SELECT a.value FROM event a WHERE a.person = p.id AND a.value IS NOT "
            "NULL AND a.unit = " +
                in_quotes(unit) + " AND " + of(a, "a") + " ORDER BY a.instant" + way + ", a.precision" + way +
                ", a.organisation" + way + ", a.system" + way + ", a.sequence" + way + ", a.record" + way + ", a.part" +
                way + ", a.number" + way + " LIMIT 1) " + sign + " " + bound};
  }
  Question sequence() {
    const Kind a = kind(), b = kind();
    const std::string within = std::to_string(chance_.below(200));
    return {"count exists " + a.text + " with (" + b.text + " within " + within + "d after it)",
            "SELECT count(DISTINCT a.person) FROM event a JOIN event b ON b.person = a.person AND b.id <> a.id WHERE " +
                of(a, "a") + " AND " + of(b, "b") + " AND b.first >= a.last AND b.last <= a.first + " + within};
  }
  Question without_later() {
    const Kind a = kind(), b = kind();
    return {"tally " + a.text + " without (" + b.text + " on or after it)",
            "SELECT count(*) FROM event a WHERE " + of(a, "a") +
                " AND NOT EXISTS (SELECT 1 FROM event b WHERE b.person = a.person AND " + of(b, "b") +
                " AND b.first >= a.last)"};
  }
  // Completed years by the calendar, of the youngest that someone can be: the birthday of a 29 February is 1 March elsewhen.
  Question by_age() {
    const Kind a = kind();
    const record::Day at = day();
    const std::string date = in_quotes(text(at)), birth = "date(p.birth * 86400, 'unixepoch')";
    return {"count (exists " + a.text + ") and date(birth) <= " + text(at) + " and age(" + text(at) + ") >= 40",
            "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM event a WHERE a.person = p.id AND " + of(a, "a") +
                ") AND p.birth <= " + std::to_string(at) + " AND (strftime('%Y', " + date + ") - strftime('%Y', " +
                birth + ")) - (strftime('%m-%d', " + date + ") < strftime('%m-%d', " + birth + ")) >= 40",
            false};
  }
  Question events_counted() {
    const Kind a = kind();
    const std::string least = std::to_string(1 + chance_.below(4));
    const record::Day from = day();
    return {"count count(" + a.text + " on or after " + text(from) + ") >= " + least,
            "SELECT count(*) FROM (SELECT a.person FROM event a WHERE " + of(a, "a") +
                " AND a.first >= " + std::to_string(from) + " GROUP BY a.person HAVING count(*) >= " + least + ")"};
  }

  Question within_hours() {
    const Kind a = kind(), b = kind();
    const std::int64_t hours = 1 + static_cast<std::int64_t>(chance_.below(100));
    return {"tally " + a.text + " with (" + b.text + " within " + std::to_string(hours) + "h after it)",
            "SELECT count(*) FROM event a WHERE " + of(a, "a") +
                " AND EXISTS (SELECT 1 FROM event b WHERE b.person = a.person AND b.id <> a.id AND " + of(b, "b") +
                " AND b.earliest > a.latest AND b.latest <= a.earliest + " + std::to_string(hours * 3'600'000'000) +
                ")"};
  }
  // An end before the start is the start; one that nobody knows may be any day from the start on.
  Question overlapping() {
    const Kind a = kind();
    const record::Day from = day(), to = from + static_cast<record::Day>(chance_.below(60));
    const std::string first = std::to_string(from);
    return {"tally " + a.text + " overlapping " + text(from) + ".." + text(to),
            "SELECT count(*) FROM event a WHERE " + of(a, "a") + " AND a.last <= " + std::to_string(to) +
                " AND (a.first >= " + first + " OR a.ending = 'ongoing' OR a.ended >= " + first + ")"};
  }
  Question without_others() {
    const Kind a = kind(), b = kind();
    return {"tally " + a.text + " - (" + b.text + " | " + a.text + " in 2019)",
            "SELECT count(*) FROM event a WHERE " + of(a, "a") + " AND NOT (" + of(b, "a") +
                ") AND NOT coalesce(a.first >= 17897 AND a.last <= 18261, 1 = 0)"};
  }
  Question average() {
    const Kind a = kind();
    const std::string bound = std::to_string(chance_.below(100)) + ".123",
                      fold = chance_.one({"avg", "max", "min", "sum"});
    return {"count " + fold + "((" + a.text + " where unit = 'kg' and comparator = '=').value) > " + bound + " 'kg'",
            "SELECT count(*) FROM (SELECT a.person FROM event a WHERE " + of(a, "a") +
                " AND a.value IS NOT NULL AND a.unit = 'kg' GROUP BY a.person "
                "HAVING " +
                fold + "(a.value) > " + bound + ")"};
  }
  Question monthly() {
    const Kind a = kind(), b = kind();
    const std::string in = " AND x.first >= month.first AND x.last < month.next)";
    const auto some = [&](const Kind& which) {
      return "EXISTS (SELECT 1 FROM event x WHERE x.person = p.id AND " + of(which, "x") + in;
    };
    return {"measure exists " + a.text + " in interval over exists " + b.text +
                " in interval every 1mo from 2019-01-01 to 2020-12-31",
            "WITH RECURSIVE month(day) AS (SELECT '2019-01-01' UNION ALL SELECT date(day, '+1 month') FROM month WHERE "
            "day < '2020-12-01'), "
            "months AS (SELECT day, CAST(julianday(day) - 2440587.5 AS INTEGER) AS first, CAST(julianday(date(day, '+1 "
            "month')) - 2440587.5 AS INTEGER) "
            "AS next FROM month) SELECT month.day, date(month.day, '+1 month', '-1 day'), coalesce(sum(" +
                some(a) +
                "), 0), count(p.id) FROM months month "
                "LEFT JOIN person p ON " +
                some(b) + " GROUP BY month.day ORDER BY month.day",
            false};
  }
  Question tests_before() {
    const Kind a = kind(), b = kind();
    const std::string within = std::to_string(chance_.below(300));
    return {"tally " + a.text + " by count(" + b.text + " within " + within + "d on or before it)",
            "SELECT n, count(*) FROM (SELECT (SELECT count(*) FROM event b WHERE b.person = a.person AND " +
                of(b, "b") + " AND b.last <= a.first AND b.first >= a.last - " + within + ") AS n FROM event a WHERE " +
                of(a, "a") + ") GROUP BY n ORDER BY n"};
  }

  Chance chance_;
};

// Rows as SQL gives them: a ratio, which SQL is not asked for, is left out.
Lines lines_of(const Answer& answer) {
  Lines lines;
  for (const auto& row : answer.rows) {
    std::string line;
    const std::size_t width = answer.schema.statement == "measure" ? row.size() - 1 : row.size();
    for (std::size_t i = 0; i < width; ++i) line += (i ? ", " : "") + print(row[i]);
    lines.push_back(std::move(line));
  }
  return lines;
}

class Sql : public ::testing::TestWithParam<Executor> {};

TEST_P(Sql, AgreesOnSimpleQuestions) {
  int told = 0;
  for (std::uint64_t seed = seed_of_run() + 200, end = seed + 4; seed < end; ++seed) {
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed - 200));
    Replay replay(random_script(seed, 200), seed % 2 ? 1 : 8);
    replay.play();
    Told events(replay.store());
    Asking asking(seed);
    for (int i = 0; i < 100; ++i) {
      const Question question = asking.next();
      const Asked asked = ask(replay.store(), question.text + "\n", GetParam());
      ASSERT_EQ(asked.end, Asked::End::answered) << asked.why;
      const Lines ours = lines_of(asked.answers.at(0)), theirs = events.ask(question.sql);
      EXPECT_EQ(ours, theirs) << question.text << "\n" << question.sql;
      told += theirs.empty() || theirs.front() == "0" ? 0 : 1;
    }
  }
  EXPECT_GT(told, 120) << "most questions are about nobody";
}

// By DuckDB, through its library for Node.js, which `./dev test` installs beside the benchmarks.
class DuckDb : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("bench/peers/node_modules/@duckdb"))
      GTEST_SKIP() << "DuckDB is not installed: ./dev test does it, where npm reaches its registry";
  }

  // The rows of each question.
  static std::vector<Lines> answers(const std::string& tables, const std::vector<Question>& questions) {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("chartline-sql-" + std::to_string(::getpid()))).string();
    {
      std::ofstream sql(path + ".sql");
      sql << tables;
      for (const Question& question : questions) sql << "-- question\n" << question.sql << ";\n";
    }
    EXPECT_EQ(std::system(("node bench/peers/answers.mjs " + path + ".sql > " + path + ".out").c_str()), 0);
    std::vector<Lines> all;
    std::ifstream out(path + ".out");
    for (std::string line; std::getline(out, line);) {
      if (line.starts_with("== ")) all.emplace_back();
      else if (!all.empty()) all.back().push_back(line);
    }
    std::filesystem::remove(path + ".sql"), std::filesystem::remove(path + ".out");
    return all;
  }
};

TEST_F(DuckDb, AgreesOnSimpleQuestions) {
  std::size_t asked = 0;
  for (std::uint64_t seed = seed_of_run() + 200, end = seed + 4; seed < end; ++seed) {
    SCOPED_TRACE("CHARTLINE_SEED=" + std::to_string(seed - 200));
    Replay replay(random_script(seed, 300), seed % 2 ? 1 : 8);
    replay.play();
    Asking asking(seed);
    std::vector<Question> questions;
    for (int i = 0; i < 100; ++i)
      if (Question question = asking.next(); question.of_all_dialects) questions.push_back(std::move(question));
    const std::vector<Lines> theirs = answers(Told(replay.store()).tables(), questions);
    ASSERT_EQ(theirs.size(), questions.size());
    for (const Executor executor : {Executor::reference, Executor::vectorised})
      for (std::size_t i = 0; i < questions.size(); ++i) {
        const Asked ours = ask(replay.store(), questions[i].text + "\n", executor);
        ASSERT_EQ(ours.end, Asked::End::answered) << ours.why;
        EXPECT_EQ(lines_of(ours.answers.at(0)), theirs[i]) << questions[i].text << "\n" << questions[i].sql;
      }
    asked += questions.size();
  }
  std::cout << "lane duckdb: " << asked
            << " questions over 4 stores of 300 patients, DuckDB and both executors agree, seed " << seed_of_run()
            << "\n";
  EXPECT_GT(asked, 250u);
}

INSTANTIATE_TEST_SUITE_P(Of, Sql, ::testing::Values(Executor::reference, Executor::vectorised), [](const auto& with) {
  return with.param == Executor::reference ? "Reference" : "Vectorised";
});

}  // namespace
}  // namespace chartline::query::random
