#include <string>

#include "cli/console.h"
#include "cli/program.h"

// Read by jemalloc: threads keep what pages of messages are built in, instead of having it of the system, and zeroed, each time.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "lg_tcache_max:19";
}

int main(int count, char** words) {
  chartline::cli::Console console;
  return chartline::cli::run_program({words + 1, words + count}, console);
}
