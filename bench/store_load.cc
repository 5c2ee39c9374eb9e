#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "bench/measure.h"
#include "bench/store_bench.h"

namespace chartline::bench {
namespace {

// Runs a program to its end, its standard output thrown away, and stops where it fails. What it used is in `usage`.
void run(std::vector<std::string> words, rusage& usage) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) != nullptr) execv(arguments[0], arguments.data());
    std::fprintf(stderr, "store_bench: %s: %s\n", arguments[0], std::strerror(errno));
    _exit(127);
  }
  int status = 0;
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
    std::fprintf(stderr, "store_bench: %s failed\n", words[0].c_str()), std::exit(1);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

void load(const std::string& csv, const std::string& folder, const std::string& program, const std::string& memory) {
  std::vector<std::string> import{program, "import",   "--quiet", "--strict", "--no-originals", "--store",
                                  folder,  "--format", "events",  "--source", "bench",          csv};
  if (!memory.empty()) import.insert(import.end(), {"--memory", memory, "--cache", memory});
  rusage used{};
  const Stopwatch watch;
  run({program, "init", "--quiet", "--store", folder}, used);
  run(std::move(import), used);
  const std::string figure = memory.empty() ? "load" : "load_in_" + memory;
  report("chartline", (figure + ".seconds").c_str(), watch.seconds());
  report("chartline", (figure + ".cpu_seconds").c_str(), seconds(used.ru_utime) + seconds(used.ru_stime));
  report("chartline", (figure + ".peak_rss_bytes").c_str(), static_cast<double>(used.ru_maxrss) * 1024);
}

}  // namespace chartline::bench
