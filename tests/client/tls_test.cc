// The client over TLS: whom it trusts, whom the server lets in, and certificates that change under way.
#include <gtest/gtest.h>

#include "tests/client/connected.h"
#include "tests/server_gate/made_keys.h"

namespace chartline::client {
namespace {

using server::MadeCertificate;
using server::ServedStore;

class ClientTls : public ::testing::Test {
 protected:
  ClientTls() {
    folder_.write("ca.pem", authority_.certificate, 0644);
    show("server", server_);
  }
  void show(const std::string& name, const MadeCertificate& made) {
    folder_.write(name + ".pem", made.certificate, 0644);
    folder_.write(name + ".key", made.key.private_pem);
  }
  server::ServerOptions options(bool mutual = false) const {
    server::ServerOptions made;
    made.tls = {.certificate = folder_ / "server.pem",
                .key = folder_ / "server.key",
                .client_ca = mutual ? folder_ / "ca.pem" : ""};
    return made;
  }
  // "in", or why not.
  std::string enter(const ServedStore& served, std::optional<Tls> tls) {
    auto connection = Connection::open({.address = served.address(), .tls = std::move(tls), .connect_seconds = 5});
    if (!connection) return std::string(name(connection.error().fault)) + ": " + connection.error().message;
    const auto stats = (*connection)->stats();
    return stats ? "in" : std::string(name(stats.error().fault)) + ": " + stats.error().message;
  }
  Tls trusting(const std::string& authorities) const {
    return {.authorities_file = folder_ / authorities, .server_name = "store.example"};
  }

  const server::ScratchFolder folder_;
  const MadeCertificate authority_ = server::make_authority("authority");
  const MadeCertificate server_ = server::make_certificate("store.example", authority_);
};

TEST_F(ClientTls, TrustsTheServersCertificateByItsAuthorityAndName) {
  ServedStore served(options());
  EXPECT_EQ(enter(served, trusting("ca.pem")), "in");
  folder_.write("other.pem", server::make_authority("another").certificate, 0644);
  const std::string refused = "denied: the server has no certificate that is trusted for ";
  EXPECT_EQ(enter(served, trusting("other.pem")), refused + "store.example, or speaks no TLS");
  Tls other_name = trusting("ca.pem");
  other_name.server_name = "elsewhere.example";
  EXPECT_EQ(enter(served, other_name), refused + "elsewhere.example, or speaks no TLS");
  EXPECT_EQ(enter(served, Tls{.server_name = "store.example"}), refused + "store.example, or speaks no TLS")
      << "the system's authorities";
}

TEST_F(ClientTls, IsNotSpokenByOneSideAlone) {
  ServedStore secured(options());
  EXPECT_TRUE(enter(secured, std::nullopt).starts_with("unavailable: "));
  ServedStore plain;
  EXPECT_TRUE(enter(plain, trusting("ca.pem")).starts_with("denied: "));
}

TEST_F(ClientTls, ShowsACertificateWhereTheServerAsksForOne) {
  ServedStore served(options(true));
  show("ward", server::make_certificate("ward", authority_));
  show("stranger", server::make_certificate("ward", server::make_authority("another")));
  const auto as = [&](const std::string& who) {
    Tls tls = trusting("ca.pem");
    if (!who.empty()) tls.certificate_file = folder_ / (who + ".pem"), tls.key_file = folder_ / (who + ".key");
    return enter(served, tls);
  };
  EXPECT_EQ(as("ward"), "in");
  EXPECT_NE(as(""), "in");
  EXPECT_NE(as("stranger"), "in");
}

// What SIGHUP does: new connections meet the new certificate, those that are there go on.
TEST_F(ClientTls, ReadsTheCertificateAgain) {
  ServedStore served(options());
  auto before = Connection::open({.address = served.address(), .tls = trusting("ca.pem")});
  ASSERT_TRUE(before) << before.error().message;
  const MadeCertificate next_authority = server::make_authority("next");
  folder_.write("next.pem", next_authority.certificate, 0644);
  show("server", server::make_certificate("store.example", next_authority));
  EXPECT_EQ(enter(served, trusting("ca.pem")), "in") << "nobody said that the files have changed";
  ASSERT_TRUE(served.server->reload());
  EXPECT_EQ(enter(served, trusting("next.pem")), "in");
  EXPECT_NE(enter(served, trusting("ca.pem")), "in");
  EXPECT_TRUE((*before)->stats());
  // A wrong file changes nothing.
  folder_.write("server.pem", "no certificate", 0644);
  EXPECT_FALSE(served.server->reload());
  EXPECT_EQ(enter(served, trusting("next.pem")), "in");
}

}  // namespace
}  // namespace chartline::client
