#include "engine/trust/opt_outs.h"

#include <gtest/gtest.h>

#include "tests/trust/trust_store.h"

namespace chartline::engine {
namespace {

Result<OptOuts> parse(std::string_view text, std::string key = "sixteen bytes and more") {
  return OptOuts::parse(text, "set", "nhs", std::move(key), 7);
}

// What `printf VALUE | openssl dgst -sha256 -hmac KEY` prints, and RFC 4231's second test case.
TEST(OptOuts, HashAsOthersDo) {
  EXPECT_EQ(OptOuts::hash("what do ya want for nothing?", "Jefe"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(OptOuts, KnowWhoIsInThem) {
  const std::string hash = OptOuts::hash("9434765919", "sixteen bytes and more");
  const OptOuts set = parse("# a set\nas_of,2026-11-20\n" + hash + "\n" + hash + "\n").value();
  EXPECT_TRUE(set.contains("9434765919"));
  EXPECT_FALSE(set.contains("9434765918"));
  EXPECT_EQ(set.size(), 1u);
  EXPECT_EQ(set.as_of(), day("2026-11-20"));
  EXPECT_EQ(set.last_valid(), day("2026-11-27"));
  EXPECT_FALSE(parse("as_of,2026-11-20\n" + hash, "another key of 16 bytes").value().contains("9434765919"));
}

TEST(OptOuts, AreRefusedWhereTheyAreNotWellFormed) {
  const auto complaint = [](const Result<OptOuts>& set) { return set ? "none" : set.error().message; };
  EXPECT_EQ(complaint(parse("")), "set: the set is empty: it begins with as_of,DATE");
  EXPECT_EQ(complaint(parse("2026-11-20\n")), "set: line 1: the set begins with as_of,DATE");
  EXPECT_EQ(complaint(parse("as_of,2026\n")), "set: line 1: as_of is a date, as in 2026-11-20");
  const std::string digits(64, 'a');
  for (const std::string& line :
       {digits.substr(1), digits + "a", std::string(64, 'A'), std::string(64, 'g'), std::string("9434765919")})
    EXPECT_EQ(complaint(parse("as_of,2026-11-20\n" + digits + "\n" + line + "\n")),
              "set: line 3: 64 hexadecimal digits are expected, in lower case");
  EXPECT_EQ(complaint(parse("as_of,2026-11-20\n", "fifteen bytes..")),
            "set: the key of the opt-outs has fewer than 16 bytes");
}

}  // namespace
}  // namespace chartline::engine
