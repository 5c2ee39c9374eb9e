// Running a query: the whole way from text to rows, for those who embed the library.
//
//   Prepared query = TRY(prepare(*store, text, {.parameters = {{"today", "2024-03-31"}}}));
//   if (!query.complaints.empty()) { std::cerr << render(query.complaints, text); return; }
//   Answers answers;
//   TRY(run(query, *store, store->view(), {}, answers));
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/store.h"
#include "query/calendar.h"
#include "query/complaint.h"
#include "query/program.h"
#include "query/result.h"

namespace chartline::query {

namespace vectorised {
struct Plans;
}

struct PrepareOptions {
  std::map<std::string, std::string> parameters{};  // NAME = V, as the text would write V; a param of the text, or one that it uses
  MonthEnd month_end = MonthEnd::roll;
  std::string terminology{};           // version to expand codes with; "": the one loaded last
  std::optional<record::Day> today{};  // `today` where neither text nor parameters declare it (the shell)
};

// May be run any number of times, by many threads. A code that the text names is found wherever events carry it by then; what
// prefixes, hierarchies, lists and saved cohorts stand for stays what it was when the text was prepared.
struct Prepared {
  std::vector<Complaint> complaints;  // not empty: `program` is null
  std::shared_ptr<const Program> program;
  // What `as of` statements are asked by: the same query with the codes of that instant.
  std::map<Micros, std::shared_ptr<const Program>> past{};
  std::vector<Schema> schemas{};                     // of each statement of the program; empty ones of definitions
  std::shared_ptr<const vectorised::Plans> plans{};  // of those statements about the present that columns narrow down
};
// An Error is for the store that cannot be read; what is wrong with the text is a complaint.
Result<Prepared> prepare(engine::Store& store, std::string_view text, const PrepareOptions& options);

enum class Executor : std::uint8_t { automatic, reference, vectorised };

struct Progress {
  std::uint64_t patients = 0, of = 0;
};

struct RunOptions {
  Executor executor = Executor::automatic;
  unsigned threads = 0;                             // 0: one for each core
  std::uint64_t milliseconds_max = 0;               // 0: no limit; beyond it the run ends `unavailable`, in words
  std::uint64_t memory_bytes_max = 0;               // 0: no limit; beyond it the run ends `unavailable`, in words
  const std::atomic<bool>* cancel = nullptr;        // true: the run ends `unavailable`, soon
  std::function<void(const Progress&)> progress{};  // from the thread that runs, at most ten times a second
  Clock* clock = nullptr;                           // by which time is limited; null: the system's
};

// All statements of the query, which share their work, in one pass over the patients. `view` is of the store that the query was
// prepared on; `as of` statements look at the store's past themselves.
Result<void> run(const Prepared& query, engine::Store& store, const engine::View& view, const RunOptions& options,
                 ResultSink& sink);

}  // namespace chartline::query
