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
  throw std::runtime_error("hash FOLDER, or import FOLDER CSV MEMORY_BYTES");
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
