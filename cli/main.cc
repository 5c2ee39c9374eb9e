#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/program.h"

int main(int count, char** words) {
  chartline::cli::Console console;
  return chartline::cli::run_program({words + 1, words + count}, console);
}
