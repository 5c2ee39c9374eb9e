#include "cli/progress.h"

#include <gtest/gtest.h>

#include "cli/text.h"

namespace chartline::cli {
namespace {

constexpr Look wide{.terminal = true, .colour = false, .utf8 = true, .width = 120};

TEST(ProgressLine, ShowsShareRateAndTimeLeft) {
  EXPECT_EQ(progress_line({"import", Unit::bytes, 500'000'000, 2'000'000'000, 5.0}, wide),
            "import  "
            "\u2588\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591"
            "\u2591\u2591\u2591\u2591\u2591\u2591\u2591"
            "   25 %  500 MB of 2.0 GB  100 MB/s  15 s left");
}

TEST(ProgressLine, ShowsWhatIsKnownOfAStream) {
  EXPECT_EQ(progress_line({"import", Unit::bytes, 3'000'000, 0, 2.0}, wide), "import  3.0 MB  1.5 MB/s  2.0 s");
}

TEST(ProgressLine, NeverReachesTheEdge) {
  for (std::size_t width = 8; width < 100; ++width) {
    Look look = wide;
    look.width = width, look.utf8 = width % 2 == 0;
    const std::string line = progress_line({"import", Unit::patients, 12'345, 99'999, 12.0}, look);
    EXPECT_LT(display_width(line), width);
  }
}

TEST(ProgressLine, StopsAtTheEnd) {
  const std::string line = progress_line({"check", Unit::steps, 12, 10, 1.0}, {.terminal = true, .width = 80});
  EXPECT_EQ(line, "check  ########################  100 %  1.0 s");
}

}  // namespace
}  // namespace chartline::cli
