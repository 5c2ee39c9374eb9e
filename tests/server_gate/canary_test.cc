// The canary: an identifier that is pushed into every input of the gate, in every form that comes in, and must come out of none of
// its errors, logs, metrics and HTTP answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/check.h"
#include "server/http_guard.h"
#include "server/log.h"
#include "server/observe.h"
#include "server/tokens.h"
#include "server/users.h"
#include "tests/canary/tellings.h"
#include "tests/server_gate/made_keys.h"

namespace chartline::server {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string identifier = "canary9434765919";
constexpr Micros noon = 1'800'000'000'000'000;
const std::string secret = "0123456789abcdef0123456789abcdef";

// All that is told while a canary is about.
class Told {
 public:
  void add(const Error& error) { text_ += error.message + "\n"; }
  void add(std::string_view text) { text_.append(text) += '\n'; }
  void expect_nothing_of_it() const {
    keep_telling("gate", text_);
    EXPECT_THAT(text_, Not(HasSubstr(identifier)));
    EXPECT_THAT(text_, Not(HasSubstr(identifier.substr(6)))) << "nor its digits alone";
    EXPECT_GT(text_.size(), 20U) << "something was told";
  }

 private:
  std::string text_;
};

TEST(Canary, IsNotToldByTokens) {
  Told told;
  const auto tokens = Tokens::make({.algorithms = {Algorithm::hs256},
                                    .issuer = "local",
                                    .audience = "care",
                                    .keys = {{"main", TokenKey::Form::secret, secret}}});
  const std::string claims[] = {
      R"("sub":")" + identifier + R"(\u0001")", R"("sub":"mary","roles":{")" + identifier + "\":1}",
      R"("sub":"mary","patient":[")" + identifier + "\"]", R"("sub":"a","sub":")" + identifier + "\"",
      R"("sub":"mary","nbf":")" + identifier + "\""};
  for (const std::string& claim : claims) {
    const auto verdict = tokens->verify(hs256(R"({"alg":"HS256","kid":"main"})",
                                              R"({"iss":"local","aud":"care","exp":1800000600,)" + claim + "}", secret),
                                        noon);
    ASSERT_FALSE(verdict.claims);
    told.add(verdict.claims.error());
    told.add(name(verdict.flaw));
  }
  for (const std::string& header :
       {R"({"alg":")" + identifier + "\"}", R"({"alg":"HS256","kid":")" + identifier + "\"}", identifier}) {
    const auto verdict = tokens->verify(hs256(header, "{}", secret), noon);
    told.add(verdict.claims.error());
    told.add(name(verdict.flaw));
  }
  told.add(tokens->verify(identifier, noon).claims.error());
  told.expect_nothing_of_it();
}

TEST(Canary, IsNotToldByUsers) {
  Told told;
  const ScratchFolder folder;
  const Users users(
      {{identifier,
        {{"patient"}, "", {}, "nhs|" + identifier, *hash_password("correct horse battery", HashCost::interactive)}}});
  told.add(users.verify(identifier, "wrong horse battery", noon, 1).error());
  told.add(users.verify("someone", identifier, noon, 1).error());
  for (const std::string& text : {"[users." + identifier + "]\npatient = 7\n", "[users.mary]\n" + identifier + " = 1\n",
                                  "[users.mary]\nhash = '" + identifier + "'\n", "[users.'" + identifier + " x']\n",
                                  identifier, "[users.mary]\nroles = [1, '" + identifier + "']\n"}) {
    const auto read = read_users(folder.write("users.toml", text));
    ASSERT_FALSE(read) << text;
    told.add(read.error());
  }
  told.expect_nothing_of_it();
}

TEST(Canary, IsNotToldByKeys) {
  Told told;
  const ScratchFolder folder;
  folder.write("main.pem", "-----BEGIN PUBLIC KEY-----\n" + identifier + "\n-----END PUBLIC KEY-----\n");
  told.add(read_token_keys(folder / "").error());
  told.add(read_signing_key(folder.write("sign.pem", identifier)).error());
  told.add(read_signing_key(folder.write("sign.secret", identifier)).error());
  told.expect_nothing_of_it();
}

TEST(Canary, IsNotToldOverHttpNorInMetricsNorInLogs) {
  Told told;
  auto io = kj::setupAsyncIo();
  Metrics metrics;
  Counter& refused = metrics.counter("chartline_logins_refused_total", "Logins refused");
  Histogram& calls = metrics.histogram("chartline_call_seconds", "Time of a call");
  int ends[2];
  check(pipe(ends) == 0);
  SystemClock clock;
  {
    Log log(clock, {.least = LogLevel::debug, .descriptor = ends[1]});
    auto port = io.provider->getNetwork().parseAddress("127.0.0.1:0").wait(io.waitScope)->listen();
    const auto number = port->getPort();
    auto serving =
        observe(kj::mv(port), io.provider->getTimer(), {metrics, [] { return Health{}; }}).eagerlyEvaluate(nullptr);
    for (const std::string& request :
         {"GET /" + identifier + " HTTP/1.1\r\nHost: " + identifier + "\r\nConnection: close\r\n\r\n",
          "GET /metrics?patient=" + identifier + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
          "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Patient: " + identifier + "\r\nConnection: close\r\n\r\n",
          identifier + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
          "GET /metrics HTTP/1.1\r\nContent-Length: " + identifier + "\r\n\r\n"}) {
      auto stream =
          io.provider->getNetwork().parseAddress("127.0.0.1", number).wait(io.waitScope)->connect().wait(io.waitScope);
      stream->write(request.data(), request.size()).wait(io.waitScope);
      const kj::String answer = stream->readAllText().wait(io.waitScope);
      told.add(std::string_view(answer.begin(), answer.size()));
      ++refused;
      calls.observe(std::hash<std::string>()(request) % 1000);
      log.write(LogLevel::warning, LogEvent::login_refused,
                {{LogField::flaw, TokenFlaw::signature}, {LogField::fault, Fault::denied}});
    }
  }
  close(ends[1]);
  char text[16384];
  const ssize_t size = read(ends[0], text, sizeof text);
  close(ends[0]);
  ASSERT_GT(size, 0);
  told.add({text, static_cast<std::size_t>(size)});
  told.add(metrics.text());
  told.expect_nothing_of_it();
}

}  // namespace
}  // namespace chartline::server
