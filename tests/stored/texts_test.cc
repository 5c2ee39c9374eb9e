// Columns of texts give back any text, and know the shapes of record ids.
#include "formats/stored/texts.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/stored/sample_rows.h"

namespace chartline::stored {
namespace {

Bytes encoded(const std::vector<std::string_view>& texts) {
  Bytes bytes;
  encode_texts(texts, bytes);
  return bytes;
}

void expect_round_trip(const std::vector<std::string_view>& texts) {
  const Bytes bytes = encoded(texts);
  Reader in(bytes);
  Texts decoded;
  ASSERT_TRUE(decoded.decode(in, texts.size()));
  EXPECT_TRUE(in.done());
  const Texts moved = std::move(decoded);
  for (std::size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(moved[i], texts[i]);
}

TEST(Texts, GiveBackAny) {
  EXPECT_TRUE(rc::check("round trip", [](std::uint64_t seed) {
    SampleRows sample(seed);
    std::vector<std::string_view> texts(*rc::gen::inRange<std::size_t>(0, 300));
    for (std::string_view& text : texts) text = sample.text();
    expect_round_trip(texts);
    RC_ASSERT(!::testing::Test::HasFailure());
  }));
}

TEST(Texts, TakeThePlaceOfTheirShape) {
  std::vector<std::string> ids, numbers;
  for (int i = 0; i < 100; ++i) {
    char uuid[37];
    std::snprintf(uuid, sizeof uuid, "%08x-1111-4222-8333-%012x", i * 77'777, i * 99'999);
    ids.push_back(std::string("Observation/") + uuid);
    numbers.push_back("obs-" + std::to_string(1'000'000 + i));
  }
  const std::vector<std::string_view> id_views(ids.begin(), ids.end()), number_views(numbers.begin(), numbers.end());
  expect_round_trip(id_views);
  expect_round_trip(number_views);
  EXPECT_LE(encoded(id_views).size(), 100 * 16u + 30);
  EXPECT_LE(encoded(number_views).size(), 30u);
}

TEST(Texts, KeepLeadingNoughtsAndLongNumbersAndLongPrefixes) {
  const std::string long_prefix(300, 'p');
  const std::string of_number = long_prefix + "7", of_uuid = long_prefix + "01234567-89ab-4cde-8f01-23456789abcd";
  expect_round_trip({"0", "00", "000", "007", "7", "0070", "123456789012345678901234567890",
                     "000000000000000000000000000001", "", "x0", of_number, of_uuid});
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i)
    many.push_back("p" + std::to_string(i) + "x" + std::to_string(i)),
        many.push_back(many.back() + "/01234567-89ab-4cde-8f01-23456789abcd");
  expect_round_trip({many.begin(), many.end()});
}

TEST(Texts, RefuseWhatIsNoColumn) {
  const auto reads = [](std::initializer_list<unsigned> content, std::size_t count) {
    Bytes bytes;
    for (const unsigned byte : content) bytes.push_back(static_cast<char>(byte));
    Reader in(bytes);
    return Texts().decode(in, count);
  };
  constexpr unsigned nought = 192;
  EXPECT_TRUE(reads({1, nought, 0, nought, nought, nought + 1, 'a'}, 3));
  EXPECT_FALSE(reads({}, 3)) << "nothing";
  EXPECT_FALSE(reads({0}, 3)) << "no text for a row";
  EXPECT_FALSE(reads({4}, 3)) << "more texts than rows";
  EXPECT_FALSE(reads({1, nought + 1, 0, nought, nought, nought}, 3)) << "a place beyond";
  EXPECT_FALSE(reads({2, 2, 0, 0x24, 0, nought, nought, nought}, 3)) << "a place beyond, in one row";
  EXPECT_FALSE(reads({1}, 3)) << "no places";
  EXPECT_FALSE(reads({1, nought, 0}, 3)) << "no classes";
  EXPECT_FALSE(reads({1, nought, 0, nought + 3, nought, nought}, 3)) << "a prefix that there is not";
  EXPECT_FALSE(reads({1, nought, 0, nought + 2}, 3)) << "no numbers";
  EXPECT_FALSE(reads({1, nought, 0, nought, nought}, 3)) << "no lengths";
  EXPECT_FALSE(reads({1, nought, 0, nought, nought, nought + 9, 'a'}, 3)) << "too few letters";
  EXPECT_FALSE(reads({1, nought, 0, nought + 1, 'a'}, 3)) << "too few bytes of a UUID";
}

TEST(Texts, RefusePrefixesThatAreTooLong) {
  Bytes bytes = "\x01\xc0\x01\x80\x02" + Bytes(256, 'p') + "\xc5\xc7\xc0";
  Reader in(bytes);
  EXPECT_FALSE(Texts().decode(in, 1));
}

}  // namespace
}  // namespace chartline::stored
