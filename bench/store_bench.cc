// Measures the store as an embedding program sees it; each figure is one tab-separated line: chartline, figure, amount.
//
//   store_bench load CSV STORE CHARTLINE [MEMORY]    into a new store, by that program
//   store_bench sizes STORE PATIENTS                 bytes on disk, and the fingerprint of all events
//   store_bench timelines STORE PATIENTS READS PEER_BYTES     also with a cache of a tenth of PEER_BYTES
//   store_bench commits STORE NAME PATIENTS WRITERS SECONDS   adds to the store, or makes one
//   store_bench fold FOLDER EVENTS EACH              makes FOLDER anew
//   store_bench start_up FOLDER EVENTS               makes FOLDER anew
//   store_bench bounded_reads STORE
#include "bench/store_bench.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::uint64_t number(const char* word) {
  char* end = nullptr;
  const std::uint64_t n = std::strtoull(word, &end, 10);
  if (*word == '\0' || *end != '\0' || n == 0)
    std::fprintf(stderr, "store_bench: '%s' is no number above 0\n", word), std::exit(2);
  return n;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace chartline::bench;
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "load" && (argc == 5 || argc == 6)) load(argv[2], argv[3], argv[4], argc == 6 ? argv[5] : "");
  else if (verb == "sizes" && argc == 4) sizes(argv[2], number(argv[3]));
  else if (verb == "timelines" && argc == 6) timelines(argv[2], number(argv[3]), number(argv[4]), number(argv[5]));
  else if (verb == "commits" && argc == 7)
    commits(argv[2], argv[3], number(argv[4]), static_cast<unsigned>(number(argv[5])),
            static_cast<double>(number(argv[6])));
  else if (verb == "fold" && argc == 5) fold(argv[2], number(argv[3]), number(argv[4]));
  else if (verb == "start_up" && argc == 4) start_up(argv[2], number(argv[3]));
  else if (verb == "bounded_reads" && argc == 3) bounded_reads(argv[2]);
  else
    return std::fprintf(stderr,
                        "usage: store_bench load|sizes|timelines|commits|fold|start_up|bounded_reads ARGUMENTS\n"),
           2;
  return 0;
}
