#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/maintenance.h"
#include "query/run.h"
#include "tests/integration/importing.h"
#include "tests/integration/must.h"
#include "tests/integration/small_bounds.h"

namespace chartline::integration {
namespace {

// Of this program alone: what getrusage tells of a child begins with its parent's.
std::uint64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::uint64_t kib = 0; word == "VmHWM:" && status >> kib) return kib * 1024;
  throw std::runtime_error("the peak of memory is not told");
}

// Every timeline, and the postings of every code block by block; how many of each.
std::string read_everything(const std::string& folder) {
  engine::StoreOptions options = small_bounds();
  options.read_only = true;
  const auto store = must(engine::Store::open(folder, options));
  const engine::View view = store->view();
  std::uint64_t events = 0, postings = 0;
  for (std::uint32_t patient = 0; patient < view.patients(0); ++patient)
    events += must(view.timeline({0, patient}, {})).size();
  for (engine::Name code = 1; code <= view.codes(0); ++code)
    for (std::uint32_t block = 0; block <= view.patients(0) / 4096; ++block)
      postings += must(view.merged_postings(0, code, block, block)).size();
  return std::to_string(events) + "+" + std::to_string(postings);
}

// Counts over everybody, by postings and by whole timelines: what a cohort question holds at once is bounded too.
constexpr const char* questions = R"(
tally any[*] by month(it)
count count(any[*] where value > 199) >= 3
count (last any[*]).value > 100
count exists any[local:c7] where value > 150 with (any[local:c9] within 90d after it)
tally any[local:c7] without (any[local:c8] on or after it)
measure exists any[local:c1] in interval over exists any[*] in interval every 1y from 2000-01-01 to 2019-12-31
)";

// The hash of all answers.
std::string ask_everything(const std::string& folder) {
  engine::StoreOptions options = small_bounds();
  options.read_only = true;
  const auto store = must(engine::Store::open(folder, options));
  std::string text;
  for (const auto executor : {query::Executor::vectorised, query::Executor::reference}) {
    const query::Prepared prepared = must(query::prepare(*store, questions, {}));
    if (!prepared.complaints.empty()) throw std::runtime_error(query::render(prepared.complaints, questions));
    query::Answers answers;
    const query::RunOptions limits{.executor = executor, .threads = 1, .memory_bytes_max = question_bytes_max};
    if (const auto done = query::run(prepared, *store, store->view(), limits, answers); !done)
      throw std::runtime_error(done.error().message);
    std::string said;
    for (const query::Answer& answer : answers.all)
      for (const auto& row : answer.rows) {
        for (const query::Cell& cell : row) said += query::print(cell) + ",";
        said += "\n";
      }
    if (!text.empty() && text != said) throw std::runtime_error("the executors differ");
    text = said;
  }
  return hex(hash128(text));
}

std::string run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "hash") {
    const auto store = must(engine::Store::open(arguments[1], {.read_only = true}));
    return hex(must(engine::content_hash(*store, false)));
  }
  if (arguments.size() == 4 && arguments[0] == "import") {
    must(engine::Store::init(arguments[1], {}));
    const auto store = must(engine::Store::open(arguments[1], small_bounds()));
    import_into(*store, exchange::Format::events, {arguments[2]},
                {.memory_bytes = std::stoull(arguments[3]), .threads = 1});
    return hex(must(engine::content_hash(*store, false)));
  }
  if (arguments.size() == 2 && arguments[0] == "read") return read_everything(arguments[1]);
  if (arguments.size() == 2 && arguments[0] == "ask") return ask_everything(arguments[1]);
  throw std::runtime_error("hash FOLDER, read FOLDER, ask FOLDER, or import FOLDER CSV MEMORY_BYTES");
}

}  // namespace
}  // namespace chartline::integration

int main(int count, char** arguments) {
  try {
    const std::string hash = chartline::integration::run({arguments + 1, arguments + count});
    std::printf("%s %s\n", hash.c_str(), std::to_string(chartline::integration::peak_bytes()).c_str());
    return 0;
  } catch (const std::exception& failure) {
    std::printf("%s\n", failure.what());
    return 1;
  }
}
