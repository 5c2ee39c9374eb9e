// Requests that two readers could understand in two ways never reach the library.
#include "server/http_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace chartline::server {
namespace {

using testing::HasSubstr;

constexpr HttpLimits limits{.head_bytes_max = 400, .body_bytes_max = 100};

std::string refusal_of(std::string_view bytes) {
  HttpFollower follower(limits);
  const auto taken = follower.take(bytes);
  return taken ? "" : taken.error().message;
}

std::uint64_t requests_in(std::string_view bytes) {
  HttpFollower follower(limits);
  EXPECT_TRUE(follower.take(bytes)) << bytes;
  EXPECT_TRUE(follower.is_between()) << bytes;
  return follower.messages();
}

std::string with(const std::string& headers, const std::string& body = "",
                 const std::string& line = "POST /x HTTP/1.1") {
  return line + "\r\n" + headers + "\r\n" + body;
}

TEST(Http, PlainRequestsPass) {
  EXPECT_EQ(requests_in(with("Host: a\r\n", "", "GET /metrics HTTP/1.1")), 1U);
  EXPECT_EQ(requests_in(with("", "", "GET / HTTP/1.0")), 1U);
  EXPECT_EQ(requests_in(with("Content-Length: 5\r\n", "hello")), 1U);
  EXPECT_EQ(requests_in(with("content-length:\t0 \r\nAccept: */*\r\n")), 1U);
  EXPECT_EQ(requests_in(with("Transfer-Encoding: Chunked\r\n", "5\r\nhello\r\n0a\r\n0123456789\r\n0\r\n\r\n")), 1U);
  EXPECT_EQ(requests_in(with("Content-Length: 5\r\n", "hello") + with("") + with("")), 3U) << "pipelined";
}

TEST(Http, LengthsThatAreNoneAreRefused) {
  for (const char* length :
       {"-5", "+5", "0x5", "5 5", "5,5", "", " ", "5a", "1e1", "99999999999999999999999", "-0", "5;"})
    EXPECT_THAT(refusal_of(with("Content-Length: " + std::string(length) + "\r\n")), HasSubstr("Content-Length"))
        << length;
  EXPECT_THAT(refusal_of(with("Content-Length: 5\r\nContent-Length: 5\r\n")), HasSubstr("comes twice"));
  EXPECT_THAT(refusal_of(with("Content-Length: 101\r\n")), HasSubstr("too large"));
}

TEST(Http, ALengthAndChunksTogetherAreRefused) {
  EXPECT_THAT(refusal_of(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
              HasSubstr("a length and chunks"));
  EXPECT_THAT(refusal_of(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
              HasSubstr("a length and chunks"));
  for (const char* encoding : {"gzip, chunked", "chunked, identity", "identity", "xchunked", ""})
    EXPECT_THAT(refusal_of(with("Transfer-Encoding: " + std::string(encoding) + "\r\n")),
                HasSubstr("Transfer-Encoding"))
        << encoding;
  EXPECT_THAT(refusal_of(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
              HasSubstr("Transfer-Encoding"));
  EXPECT_THAT(refusal_of(with("Transfer-Encoding: chunked\r\n", "", "POST /x HTTP/1.0")),
              HasSubstr("Transfer-Encoding"));
}

TEST(Http, ChunksAreWhatTheySay) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const char* body : {"-1\r\n", "5;ext\r\nhello\r\n", "5 \r\nhello\r\n", "\r\n", "g\r\n", "0x5\r\n",
                           "000000005\r\nhello\r\n", "5\nhello"})
    EXPECT_NE(refusal_of(with(chunked, body)), "") << body;
  EXPECT_NE(refusal_of(with(chunked, "5\r\nhello!\r\n")), "") << "longer than it says";
  EXPECT_THAT(refusal_of(with(chunked, "64\r\n")), "") << "100 bytes";
  EXPECT_THAT(refusal_of(with(chunked, "65\r\n")), HasSubstr("too large"));
  const std::string sixty = "3c\r\n" + std::string(60, 'x') + "\r\n";
  EXPECT_THAT(refusal_of(with(chunked, sixty)), "");
  EXPECT_THAT(refusal_of(with(chunked, sixty + sixty)), HasSubstr("too large")) << "all chunks together";
  EXPECT_THAT(refusal_of(with(chunked, "ffffffff\r\n")), HasSubstr("too large"));
  EXPECT_THAT(refusal_of(with(chunked, "0\r\nTrailer: x\r\n")), HasSubstr("request head"));
  EXPECT_THAT(refusal_of(with(chunked, "0\r\nX\r\n")), HasSubstr("trailers"));
}

TEST(Http, HeadsAreStrict) {
  for (const char* head :
       {"GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET x HTTP/1.1\r\n\r\n", "CONNECT /x HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n", "\r\nGET / HTTP/1.1\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\r\n", "GET / HTTP/1.1\r\nA: 1\n\r\n",
        "GET / HTTP/1.1\r\nA: 1\r\n B: 2\r\n\r\n", "GET / HTTP/1.1\r\nA : 1\r\n\r\n", "GET / HTTP/1.1\r\nA\r\n\r\n",
        "GET / HTTP/1.1\r\n: 1\r\n\r\n", "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \x01\r\n\r\n", "GET /\x7f HTTP/1.1\r\n\r\n"})
    EXPECT_NE(refusal_of(head), "") << head;
  EXPECT_NE(refusal_of(std::string_view("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 23)), "");
  EXPECT_THAT(refusal_of(with("A: " + std::string(500, 'x') + "\r\n")), HasSubstr("too long"));
}

TEST(Http, RefusalsQuoteNothing) {
  EXPECT_THAT(refusal_of(with("Content-Length: canary-9434765919\r\n")), testing::Not(HasSubstr("canary")));
  EXPECT_THAT(refusal_of("GET canary-9434765919 HTTP/1.1\r\n\r\n"), testing::Not(HasSubstr("canary")));
}

TEST(Http, StayRefused) {
  HttpFollower follower(limits);
  EXPECT_FALSE(follower.take("GET nowhere HTTP/1.1\r\n"));
  EXPECT_FALSE(follower.take("\r\n"));
  EXPECT_FALSE(follower.take(""));
}

TEST(Http, AreJudgedTheSameHoweverTheyAreCut) {
  const unsigned seed = 5;
  std::mt19937 chance(seed);
  const std::string parts[] = {with("Host: a\r\n"),
                               with("Content-Length: 5\r\n", "hello"),
                               with("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
                               "Content-Length: -5\r\n",
                               "\r\n",
                               "GET / HTTP/1.1\r\n",
                               "5\r\n",
                               "\n",
                               ":"};
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (unsigned n = 1 + static_cast<unsigned>(chance() % 4); n > 0; --n)
      bytes += parts[chance() % (chance() % 3 == 0 ? 9 : 3)];
    if (chance() % 4 == 0) bytes[chance() % bytes.size()] = static_cast<char>(chance());
    HttpFollower whole(limits), cut(limits);
    const bool judged = whole.take(bytes).has_value();
    bool taken = true;
    for (std::size_t at = 0; at < bytes.size() && taken;) {
      const std::size_t size = 1 + chance() % 9;
      taken = cut.take(std::string_view(bytes).substr(at, size)).has_value();
      at += size;
    }
    refused += !judged;
    ASSERT_EQ(judged, taken) << "seed " << seed << ", input " << i << ": " << bytes;
    ASSERT_EQ(whole.messages(), cut.messages()) << "seed " << seed << ", input " << i << ": " << bytes;
  }
  EXPECT_GT(refused, 3000);
}

}  // namespace
}  // namespace chartline::server
