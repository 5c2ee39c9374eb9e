// Asks questions of one store and tells how long each took, so that another program can ask a peer in turn.
//
//   question_bench STORE QUESTIONS [--threads N] [--feed COMMITS_PER_SECOND] [--executor reference] [--as-of INSTANT]
//
// Each line of standard input is the name of a question (QUESTIONS/NAME.query); the answer is one line of JSON on standard
// output: {"ms": from text to the last row, "rows": [["female", "40-49", "17"], ...]}. `memory` in place of a name tells the
// resident size: {"bytes": now, "peak": ...}. With --feed, events of mixed patients are committed all the while, so many a second.
// With --as-of, the question is about the store as it was at that instant.
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/measure.h"
#include "engine/store.h"
#include "query/run.h"

namespace chartline::bench {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) std::fprintf(stderr, "question_bench: there is no %s\n", path.c_str()), std::exit(2);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t resident_bytes() {
  std::uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Cells hold numbers and the words of groups: nothing that JSON would have to escape but a quote.
std::string json_text(const query::Cell& cell) {
  std::string text = "\"";
  for (const char c : query::print(cell)) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

// The statement is the last of a question: on a line that begins with `count` or `tally`.
std::string as_of(const std::string& instant, std::string text) {
  const std::size_t count = text.rfind("\ncount "), line = count != std::string::npos ? count : text.rfind("\ntally ");
  if (line == std::string::npos)
    std::fprintf(stderr, "question_bench: a question without a line that begins with `count` or `tally`\n"), std::exit(2);
  return text.insert(line + 1, "as of " + instant + " ");
}

void ask(engine::Store& store, const std::string& text, const query::RunOptions& options) {
  const Stopwatch watch;
  query::Prepared prepared = or_stop(query::prepare(store, text, {}));
  if (!prepared.complaints.empty()) {
    std::fputs(query::render(prepared.complaints, text).c_str(), stderr);
    std::exit(2);
  }
  query::Answers answers;
  or_stop(query::run(prepared, store, store.view(), options, answers));
  const double ms = watch.micros() / 1000;
  std::string line = "{\"ms\": " + std::to_string(ms) + ", \"rows\": [";
  const char* between = "";
  for (const std::vector<query::Cell>& row : answers.all.back().rows) {
    line += std::string(between) + "[";
    for (std::size_t i = 0; i < row.size(); ++i) line += (i ? "," : "") + json_text(row[i]);
    line += "]";
    between = ",";
  }
  std::cout << line << "]}" << std::endl;
}

// Commits one event at a time, so many a second, by enough writers that waiting for the disk does not bound it. They begin
// together, so that their commits come in bursts of as many.
class Feed {
 public:
  Feed(engine::Store& store, std::uint64_t commits_per_second) : store_(store) {
    const engine::View view = store.view();
    patients_ = view.patients(0);
    seed_ = question_seed + view.position()[0] * writers;  // a store that was fed before gets other events
    for (unsigned i = 0; i < writers; ++i)
      threads_.emplace_back([this, i, commits_per_second] { write(i, commits_per_second); });
  }
  ~Feed() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  static constexpr unsigned writers = 8;

  void write(unsigned writer, std::uint64_t commits_per_second) {
    std::mt19937_64 random(seed_ + writer);
    const auto pause = std::chrono::nanoseconds(1'000'000'000ull * writers / commits_per_second);
    auto next = std::chrono::steady_clock::now();
    while (!stop_) {
      const std::string person = std::to_string(random() % patients_ + 1), id = "feed-" + std::to_string(random());
      record::Event event;
      event.kind = record::Kind::observation;
      event.code = {.system = "local", .code = "feed", .display = {}};
      event.start = record::day_time(19'000);
      event.source = {.organisation = "bench", .system = {}};
      event.record = id;
      const record::Identifier identifier{.system = "bench", .value = person};
      const record::Record record{
          .identifiers = {&identifier, 1}, .events = {&event, 1}, .original = {}, .demanded_version = {}};
      or_stop(store_.write({&record, 1}, {}));
      next += pause;
      std::this_thread::sleep_until(next);
    }
  }

  engine::Store& store_;
  std::uint64_t patients_ = 0, seed_ = 0;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace
}  // namespace chartline::bench

int main(int argc, char** argv) {
  using namespace chartline;
  using namespace chartline::bench;
  if (argc < 3)
    return std::fprintf(stderr,
                        "usage: question_bench STORE QUESTIONS [--threads N] [--feed N] [--executor reference] "
                        "[--as-of INSTANT]\n"),
           2;
  query::RunOptions options;
  std::uint64_t feed = 0;
  std::string instant;
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string_view word = argv[i];
    if (word == "--threads") options.threads = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
    else if (word == "--feed") feed = std::strtoull(argv[i + 1], nullptr, 10);
    else if (word == "--as-of") instant = argv[i + 1];
    else if (word == "--executor") options.executor = query::Executor::reference;
  }
  const auto store = or_stop(engine::Store::open(argv[1], {}));
  std::unique_ptr<Feed> feeding;
  if (feed) feeding = std::make_unique<Feed>(*store, feed);
  for (std::string name; std::getline(std::cin, name);) {
    if (name == "memory") {
      std::cout << "{\"bytes\": " << resident_bytes() << ", \"peak\": " << static_cast<std::uint64_t>(peak_rss_bytes())
                << "}" << std::endl;
    } else {
      const std::string text = read_file(std::string(argv[2]) + "/" + name + ".query");
      ask(*store, instant.empty() ? text : as_of(instant, text), options);
    }
  }
  return 0;
}
