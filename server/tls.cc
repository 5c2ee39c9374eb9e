#include "server/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>

#include "server/private_file.h"

namespace chartline::server {
namespace {

constexpr auto handshake_max = 10 * kj::SECONDS;

// What the library says of a bad file stays here: its text may quote what the file holds.
template <typename Make>
Result<void> made(const std::string& path, const char* what, Make make) {
  const auto thrown = kj::runCatchingExceptions(make);
  ERR_clear_error();
  if (thrown != nullptr) return invalid_request(path + ": " + what);
  return {};
}

// kj-tls does not look, and would then serve without any key.
bool is_pair(const std::string& certificate_text, const std::string& key_text) {
  using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
  const auto bio_of = [](const std::string& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  };
  const Bio certificate_bio = bio_of(certificate_text), key_bio = bio_of(key_text);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr), X509_free);
  const auto no_pass_phrase = [](char*, int, int, void*) { return -1; };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_pass_phrase, nullptr), EVP_PKEY_free);
  const bool fits = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace

Result<std::unique_ptr<Tls>> Tls::load(TlsOptions options, kj::Timer& timer) {
  std::unique_ptr<Tls> tls(new Tls(kj::mv(options), timer));
  TRY(tls->reload());
  return tls;
}

Result<void> Tls::reload() {
  const std::string certificate_text = TRY(read_public(options_.certificate));
  const std::string key_text = TRY(read_private(options_.key));
  std::optional<kj::TlsCertificate> certificate, authority;
  std::optional<kj::TlsPrivateKey> key;
  TRY(made(options_.certificate, "this is no certificate in PEM", [&] { certificate.emplace(certificate_text.c_str()); }));
  TRY(made(options_.key, "this is no private key in PEM without a pass phrase", [&] { key.emplace(key_text.c_str()); }));
  if (!is_pair(certificate_text, key_text))
    return invalid_request(options_.key + ": the key is not of the certificate");
  kj::TlsContext::Options context;
  context.minVersion = kj::TlsVersion::TLS_1_2;
  context.timer = timer_;
  context.acceptTimeout = handshake_max;
  // Whom the system trusts has no say in who may be a client here.
  context.useSystemTrustStore = false;
  if (!options_.client_ca.empty()) {
    const std::string text = TRY(read_public(options_.client_ca));
    TRY(made(options_.client_ca, "this is no certificate in PEM", [&] { authority.emplace(text.c_str()); }));
    context.verifyClients = true;
    context.trustedCertificates = kj::arrayPtr(&*authority, 1);
  }
  const kj::TlsKeypair pair{*key, *certificate};
  context.defaultKeypair = pair;
  return made(options_.certificate, "the certificate cannot be used",
              [&] { context_ = kj::heap<kj::TlsContext>(context); });
}

kj::Promise<kj::Own<kj::AsyncIoStream>> Tls::accept(kj::Own<kj::AsyncIoStream> stream) {
  return context_->wrapServer(kj::mv(stream));
}

}  // namespace chartline::server
