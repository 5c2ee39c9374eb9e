// What the stores of the comparison have in common: each is a process that answers one line of JSON for each line it is
// asked.
//
//   question NAME              QUESTIONS/NAME.*: {"ms": .., "rows": [["female", "40-49", "17"], ...]}
//   points NAME                whole_timeline, last_year or latest_values of every patient of ASKED, one after the other:
//                              {"ms": of all, "count": patients, "rows": [[events, seconds, hundredths]]}, sums over all
//   write N                    N durable commits of one event each, one after the other: {"ms": .., "count": N}
//   batch N B                  N durable commits of B events each
//   clients N SECONDS          N clients ask four questions in turn: {"ms": .., "count": answers}
//   mixed SECONDS              4 readers of timelines, 4 writers, 1 asking a question: {"ms": .., "reads": .., "writes": .., "scans": ..}
//   memory                     {"bytes": resident}
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/measure.h"

namespace chartline::bench {

using Rows = std::vector<std::vector<std::string>>;

// What reading points adds up, so that all stores must have read the same.
struct PointSums {
  std::int64_t events = 0, seconds = 0, hundredths = 0;
  void add(std::int64_t at_seconds, std::int64_t hundredths_or_0) {
    ++events, seconds += at_seconds, hundredths += hundredths_or_0;
  }
};

inline constexpr const char* concurrent_questions[] = {"code_count", "care_gap", "last_value", "rare_code"};
inline constexpr const char* scanned_question = "care_gap";
inline constexpr const char* measured_code = "loinc|8480-6";  // of latest_values
inline constexpr const char* written_code = "local|written";
inline constexpr std::int64_t last_year_from = 1'704'067'200,
                              last_year_past = 1'735'689'600;  // 2024, in seconds since 1970
inline constexpr int latest = 10, mixed_readers = 4, mixed_writers = 4;

// A client of a store: a connection, or what stands for one. Used by one thread.
class StoreClient {
 public:
  virtual ~StoreClient() = default;
  virtual Rows question(const std::string& name) = 0;
  virtual void point(const std::string& name, std::uint64_t patient, PointSums& sums) = 0;
  virtual void write(const std::vector<std::uint64_t>& patients) = 0;  // one event of each, in one durable commit
};
// `alone`: the only client there is, who may take all cores for a question.
using MakeClient = std::function<std::unique_ptr<StoreClient>(bool alone)>;

// The texts of a folder, read before anybody asks: how long the disk takes for them is not the store's doing.
class Questions {
 public:
  explicit Questions(const std::string& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      texts_.emplace(entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(file), {}));
    }
  }
  const std::string& query(const std::string& name) const { return text(name + ".query"); }
  // NAME.STORE.sql where there is one, else NAME.sql.
  const std::string& sql(const std::string& name, const std::string& store) const {
    const std::string own = name + "." + store + ".sql";
    return text(texts_.contains(own) ? own : name + ".sql");
  }

 private:
  const std::string& text(const std::string& file) const {
    const auto found = texts_.find(file);
    if (found == texts_.end()) std::fprintf(stderr, "there is no question %s\n", file.c_str()), std::exit(1);
    return found->second;
  }
  std::map<std::string, std::string> texts_;
};

class Served {
 public:
  Served(MakeClient make, const std::string& asked) : make_(std::move(make)), alone_(make_(true)) {
    std::ifstream file(asked);
    for (std::uint64_t patient; file >> patient;) asked_.push_back(patient);
  }

  void run() {
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      std::string verb, name;
      words >> verb;
      const Stopwatch watch;
      if (verb == "question") {
        words >> name;
        const Rows rows = alone_->question(name);
        answer(watch, "\"rows\": " + json(rows));
      } else if (verb == "points") {
        words >> name;
        PointSums sums;
        for (const std::uint64_t patient : asked_) alone_->point(name, patient, sums);
        answer(watch, "\"count\": " + std::to_string(asked_.size()) + ", \"rows\": [[" + std::to_string(sums.events) +
                          "," + std::to_string(sums.seconds) + "," + std::to_string(sums.hundredths) + "]]");
      } else if (verb == "write" || verb == "batch") {
        std::uint64_t commits = 0, events = 1;
        words >> commits >> events;
        for (std::uint64_t i = 0; i < commits; ++i) alone_->write(some_patients(verb == "batch" ? events : 1, random_));
        answer(watch, "\"count\": " + std::to_string(commits));
      } else if (verb == "clients") {
        unsigned clients = 0;
        double seconds = 0;
        words >> clients >> seconds;
        const std::uint64_t answers = together(clients, seconds);
        answer(watch, "\"count\": " + std::to_string(answers));
      } else if (verb == "mixed") {
        double seconds = 0;
        words >> seconds;
        mixed(seconds);
      } else {
        std::uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages >> pages;
        std::cout << "{\"bytes\": " << pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) << "}" << std::endl;
      }
    }
  }

 private:
  static void answer(const Stopwatch& watch, const std::string& rest) {
    std::cout << "{\"ms\": " << watch.micros() / 1000 << ", " << rest << "}" << std::endl;
  }
  static std::string json(const Rows& rows) {
    std::string text = "[";
    for (std::size_t r = 0; r < rows.size(); ++r) {
      text += r ? ",[" : "[";
      for (std::size_t c = 0; c < rows[r].size(); ++c)
        text += (c ? ",\"" : "\"") + rows[r][c] + '"';  // cells have nothing to escape
      text += ']';
    }
    return text + "]";
  }
  std::vector<std::uint64_t> some_patients(std::uint64_t count, std::mt19937_64& random) const {
    std::vector<std::uint64_t> some;
    for (std::uint64_t i = 0; i < count; ++i) some.push_back(asked_[random() % asked_.size()]);
    return some;
  }

  // Until the time is over, each client on a thread of its own.
  void repeat(std::vector<std::thread>& threads, const std::atomic<bool>& stop, std::atomic<std::uint64_t>& done,
              std::uint64_t seed, std::function<void(StoreClient&, std::uint64_t turn, std::mt19937_64&)> work) {
    auto client = std::shared_ptr<StoreClient>(make_(false));
    threads.emplace_back([&stop, &done, seed, client, work = std::move(work)] {
      std::mt19937_64 random(seed);
      for (std::uint64_t turn = seed; !stop; ++turn) work(*client, turn, random), ++done;
    });
  }
  std::uint64_t together(unsigned clients, double seconds) {
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> done = 0;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < clients; ++i)
      repeat(threads, stop, done, i, [](StoreClient& client, std::uint64_t turn, std::mt19937_64&) {
        client.question(concurrent_questions[turn % 4]);
      });
    end_after(seconds, stop, threads);
    return done;
  }
  void mixed(double seconds) {
    const Stopwatch watch;
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> reads = 0, writes = 0, scans = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < mixed_readers; ++i)
      repeat(threads, stop, reads, static_cast<std::uint64_t>(i),
             [this](StoreClient& client, std::uint64_t, std::mt19937_64& random) {
               PointSums sums;
               client.point("whole_timeline", asked_[random() % asked_.size()], sums);
             });
    for (int i = 0; i < mixed_writers; ++i)
      repeat(threads, stop, writes, random_(), [this](StoreClient& client, std::uint64_t, std::mt19937_64& random) {
        client.write(some_patients(1, random));
      });
    repeat(threads, stop, scans, 0,
           [](StoreClient& client, std::uint64_t, std::mt19937_64&) { client.question(scanned_question); });
    end_after(seconds, stop, threads);
    answer(watch, "\"reads\": " + std::to_string(reads) + ", \"writes\": " + std::to_string(writes) +
                      ", \"scans\": " + std::to_string(scans));
  }
  static void end_after(double seconds, std::atomic<bool>& stop, std::vector<std::thread>& threads) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }

  MakeClient make_;
  std::unique_ptr<StoreClient> alone_;
  std::vector<std::uint64_t> asked_;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace chartline::bench
