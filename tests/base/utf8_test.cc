#include "base/utf8.h"

#include <gtest/gtest.h>

namespace chartline {
namespace {

TEST(Utf8, KnowsWellFormedText) {
  for (const std::string_view text : {"", "plain", "Jos\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
                                      "\xf4\x8f\xbf\xbf", "longer plain text with one \xc3\xa9 in it"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const std::string_view text : {"\xe9", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82", "eight ok\xff"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

// Words overlap where a text is no multiple of them.
TEST(Utf8, FindsOneBadByteWhereverItStands) {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string plain(size, 'a');
    EXPECT_TRUE(is_ascii(plain) && is_utf8(plain)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::string text = plain;
      text[at] = '\xff';
      EXPECT_FALSE(is_ascii(text) || is_utf8(text)) << size << ", " << at;
      text.replace(at, 1, "\xc3\xa9");
      EXPECT_FALSE(is_ascii(text)) << size << ", " << at;
      EXPECT_TRUE(is_utf8(text)) << size << ", " << at;
    }
  }
}

}  // namespace
}  // namespace chartline
