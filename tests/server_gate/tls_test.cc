// TLS: who can speak with the server, and that certificates change under way.
#include "server/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/server_gate/made_keys.h"

namespace chartline::server {
namespace {

using testing::HasSubstr;

TEST(LeftSocket, IsTakenAwayWhereNobodyListens) {
  const std::string path = (std::filesystem::temp_directory_path() / ("left-" + std::to_string(getpid()))).string();
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un at{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(listen(server, 8), 0);
  take_away_left_socket("unix:" + path);
  EXPECT_TRUE(std::filesystem::exists(path)) << "somebody listens";
  close(server);
  take_away_left_socket(path);  // an address of another form
  EXPECT_TRUE(std::filesystem::exists(path));
  take_away_left_socket("unix:" + path);
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(path) << "a file";
  take_away_left_socket("unix:" + path);
  EXPECT_TRUE(std::filesystem::remove(path));
}

TEST(Loopback, IsAddressesOfThisMachineAlone) {
  for (const char* address : {"127.0.0.1:7411", "127.0.0.1", "127.200.3.4:1", "[::1]:7411", "::1", "[::1]",
                              "unix:/run/chartline.sock", "unix-abstract:chartline"})
    EXPECT_TRUE(is_loopback(address)) << address;
  for (const char* address : {"0.0.0.0:7411",
                              "*:7411",
                              "*",
                              "",
                              ":7411",
                              "[::]:7411",
                              "::",
                              "10.0.0.1:7411",
                              "128.0.0.1:7411",
                              "localhost:7411",
                              "localhost",
                              "127.evil.example:7411",
                              "127.0.0.1.evil.example:7411",
                              "127.1:7411",
                              "0x7f.0.0.1",
                              "[::2]:7411",
                              "[fe80::1%lo]:1",
                              "[::ffff:10.0.0.1]:7411",
                              "[127.0.0.1x]:1",
                              "store.example:7411"})
    EXPECT_FALSE(is_loopback(address)) << address;
}

TEST(Loopback, IsWhereTlsCanBeDoneWithout) {
  EXPECT_TRUE(check_listen("127.0.0.1:7411", false));
  EXPECT_TRUE(check_listen("0.0.0.0:7411", true));
  const auto refused = check_listen("0.0.0.0:7411", false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("needs TLS"));
}

class TlsTest : public testing::Test {
 public:
  ~TlsTest() noexcept override {}  // KJ's own destructors may throw

 protected:
  void SetUp() override {
    folder_.write("server.pem", server_.certificate, 0644);
    folder_.write("server.key", server_.key.private_pem);
    folder_.write("ca.pem", authority_.certificate, 0644);
  }
  Result<std::unique_ptr<Tls>> load(const std::string& client_ca = "") {
    return Tls::load({folder_ / "server.pem", folder_ / "server.key", client_ca}, timer());
  }
  kj::Timer& timer() { return io_.provider->getTimer(); }

  // What a client that trusts `trusted` and shows `shown` hears from a server that says "hello"; "" where it fails.
  std::string hello(Tls& tls, const MadeCertificate& trusted, const MadeCertificate* shown = nullptr) {
    auto pipe = io_.provider->newTwoWayPipe();
    auto serving = tls.accept(kj::mv(pipe.ends[0])).then([](kj::Own<kj::AsyncIoStream> stream) {
      auto said = stream->write("hello", 5);
      return said.attach(kj::mv(stream));
    });
    serving = serving.eagerlyEvaluate([](kj::Exception&&) {});
    std::string heard(5, ' ');
    const kj::TlsCertificate trust(trusted.certificate.c_str());
    kj::TlsContext::Options options;
    options.useSystemTrustStore = false;
    options.trustedCertificates = kj::arrayPtr(&trust, 1);
    std::optional<kj::TlsKeypair> pair;
    if (shown != nullptr)
      options.defaultKeypair = pair.emplace(kj::TlsKeypair{kj::TlsPrivateKey(shown->key.private_pem.c_str()),
                                                           kj::TlsCertificate(shown->certificate.c_str())});
    const auto failed = kj::runCatchingExceptions([&] {
      kj::TlsContext context(options);
      auto stream = context.wrapClient(kj::mv(pipe.ends[1]), "store.example").wait(io_.waitScope);
      stream->read(heard.data(), heard.size()).wait(io_.waitScope);
    });
    return failed == nullptr ? heard : "";
  }

  kj::AsyncIoContext io_ = kj::setupAsyncIo();
  const ScratchFolder folder_;
  const MadeCertificate authority_ = make_authority("authority");
  const MadeCertificate server_ = make_certificate("store.example", authority_);
};

TEST_F(TlsTest, SpeaksWithWhoTrustsTheCertificate) {
  const auto tls = load();
  ASSERT_TRUE(tls) << tls.error().message;
  EXPECT_EQ(hello(**tls, authority_), "hello");
  EXPECT_EQ(hello(**tls, make_authority("another")), "");
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(TlsTest, AsksForAClientCertificateWhereOneIsDemanded) {
  const auto tls = load(folder_ / "ca.pem");
  ASSERT_TRUE(tls) << tls.error().message;
  const MadeCertificate client = make_certificate("ward", authority_);
  const MadeCertificate stranger = make_certificate("ward", make_authority("another"));
  EXPECT_EQ(hello(**tls, authority_, &client), "hello");
  EXPECT_EQ(hello(**tls, authority_), "") << "none is shown";
  EXPECT_EQ(hello(**tls, authority_, &stranger), "") << "one of another authority";
}

TEST_F(TlsTest, ReadsItsFilesAgainAndKeepsWhatWorksWhereTheyAreWrong) {
  const auto tls = load();
  ASSERT_TRUE(tls);
  const MadeCertificate next_authority = make_authority("next");
  const MadeCertificate next = make_certificate("store.example", next_authority);
  folder_.write("server.pem", next.certificate, 0644);
  const auto half = (*tls)->reload();
  ASSERT_FALSE(half) << "the key is still the old one";
  EXPECT_THAT(half.error().message, HasSubstr("not of the certificate"));
  EXPECT_EQ(hello(**tls, authority_), "hello") << "the old pair goes on";
  folder_.write("server.key", next.key.private_pem);
  ASSERT_TRUE((*tls)->reload());
  EXPECT_EQ(hello(**tls, next_authority), "hello");
  EXPECT_EQ(hello(**tls, authority_), "");
}

TEST_F(TlsTest, ConnectionsOutliveAReload) {
  const auto tls = load();
  ASSERT_TRUE(tls);
  auto pipe = io_.provider->newTwoWayPipe();
  const kj::TlsCertificate trust(authority_.certificate.c_str());
  kj::TlsContext::Options options;
  options.useSystemTrustStore = false;
  options.trustedCertificates = kj::arrayPtr(&trust, 1);
  kj::TlsContext context(options);
  auto accepting = (*tls)->accept(kj::mv(pipe.ends[0]));
  auto client = context.wrapClient(kj::mv(pipe.ends[1]), "store.example").wait(io_.waitScope);
  auto server = accepting.wait(io_.waitScope);
  ASSERT_TRUE((*tls)->reload());
  auto written = server->write("hello", 5);
  char heard[5];
  client->read(heard, 5).wait(io_.waitScope);
  written.wait(io_.waitScope);
  EXPECT_EQ(std::string(heard, 5), "hello");
}

TEST_F(TlsTest, PlainBytesAreNoHandshake) {
  const auto tls = load();
  ASSERT_TRUE(tls);
  auto pipe = io_.provider->newTwoWayPipe();
  auto accepting = (*tls)->accept(kj::mv(pipe.ends[0]));
  const std::string frame(64, '\0');
  pipe.ends[1]->write(frame.data(), frame.size()).wait(io_.waitScope);
  EXPECT_ANY_THROW(accepting.wait(io_.waitScope)) << "no byte of it reaches the protocol";
}

TEST_F(TlsTest, SaysWhichFileIsWrong) {
  const auto said = [&](const char* certificate, const char* key, const char* authority = "") {
    const auto tls = Tls::load({folder_ / certificate, folder_ / key, *authority ? folder_ / authority : ""}, timer());
    return tls ? std::string("loaded") : tls.error().message;
  };
  folder_.write("noise", "secret-words");
  folder_.write("open.key", server_.key.private_pem, 0644);
  EXPECT_THAT(said("nowhere", "server.key"), HasSubstr("nowhere"));
  EXPECT_THAT(said("noise", "server.key"), HasSubstr("noise: this is no certificate"));
  EXPECT_THAT(said("server.pem", "noise"), HasSubstr("noise: this is no private key"));
  EXPECT_THAT(said("server.pem", "open.key"), HasSubstr("open.key: it holds secrets"));
  EXPECT_THAT(said("ca.pem", "server.key"), HasSubstr("not of the certificate"));
  EXPECT_THAT(said("server.pem", "server.key", "noise"), HasSubstr("noise: this is no certificate"));
  EXPECT_THAT(said("noise", "server.key"), testing::Not(HasSubstr("secret-words")));
}

}  // namespace
}  // namespace chartline::server
