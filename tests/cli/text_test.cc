#include "cli/text.h"

#include <gtest/gtest.h>

namespace chartline::cli {
namespace {

TEST(Printable, ReplacesWhatWouldDisturbATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f", true), "a [31mb c ");
  EXPECT_EQ(printable("caf\xC3\xA9", true), "caf\xC3\xA9");
  EXPECT_EQ(printable("caf\xC3\xA9", false), "caf?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m",
                      true),
            " 31m")
      << "the eight-bit form of ESC [";
  EXPECT_EQ(printable("x\xE2\x80\xAEy", true), "x\xEF\xBF\xBDy") << "right-to-left override";
}

TEST(Printable, ReplacesBytesThatAreNotUtf8) {
  for (const char* bad : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80"}) {
    const std::string text = printable(bad, true);
    EXPECT_EQ(text.substr(0, 3), "\xEF\xBF\xBD") << bad;
    EXPECT_EQ(display_width(text), text.size() / 3);
  }
}

TEST(Width, CountsColumns) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("\u2191 1.2"), 5u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("\u8840\u5727"), 4u);
}

TEST(Fit, CutsWithAnEllipsis) {
  EXPECT_EQ(fit("haemoglobin", 11, true), "haemoglobin");
  EXPECT_EQ(fit("haemoglobin", 6, true), "haemo\u2026");
  EXPECT_EQ(fit("haemoglobin", 6, false), "haemo.");
  EXPECT_EQ(fit("blood pressure", 7, true), "blood\u2026") << "no blank before the ellipsis";
  EXPECT_EQ(fit("\u8840\u5727\u8840", 4, true), "\u8840\u2026");
  EXPECT_EQ(fit("abc", 0, true), "");
}

TEST(Numbers, AreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Bytes, AreReadAndWritten) {
  EXPECT_EQ(human_bytes(999), "999 bytes");
  EXPECT_EQ(human_bytes(1200), "1.2 kB");
  EXPECT_EQ(human_bytes(85'000'000), "85 MB");
  EXPECT_EQ(human_bytes(999'999), "1.0 MB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "18447 PB");
  EXPECT_EQ(parse_bytes("512"), 512u);
  EXPECT_EQ(parse_bytes("2GiB"), 2ull << 30);
  EXPECT_EQ(parse_bytes("64m"), 64ull << 20);
  EXPECT_EQ(parse_bytes("1KB"), 1024u);
  for (const char* bad : {"", "G", "1.5G", "-1", "1 G", "1GiBs", "1X", "99999999999G", "16777216T"})
    EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Seconds, AreReadable) {
  EXPECT_EQ(human_seconds(0.42), "0.4 s");
  EXPECT_EQ(human_seconds(59.4), "59 s");
  EXPECT_EQ(human_seconds(187), "3:07");
  EXPECT_EQ(human_seconds(3723), "1:02:03");
}

TEST(Wrapped, BreaksBetweenWords) {
  EXPECT_EQ(wrapped("one two three four", 10, 2), "  one two\n  three\n  four\n");
  EXPECT_EQ(wrapped("a\n\n  as it stands here\n", 8, 0), "a\n\n  as it stands here\n");
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string_view> words = {"timeline", "import", "init", "hash"};
  EXPECT_EQ(nearest("tmeline", words), "timeline");
  EXPECT_EQ(nearest("improt", words), "import") << "two letters swapped";
  EXPECT_EQ(nearest("hsh", words), "hash");
  EXPECT_FALSE(nearest("backup", words));
  EXPECT_FALSE(nearest(std::string(1000, 'x'), words));
}

}  // namespace
}  // namespace chartline::cli
