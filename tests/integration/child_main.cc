#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/maintenance.h"
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
  throw std::runtime_error("hash FOLDER, read FOLDER, or import FOLDER CSV MEMORY_BYTES");
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
