#include "tests/server_gate/made_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>

#include "base/check.h"

namespace chartline::server {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

template <typename Write>
std::string pem_of(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  check(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

MadeKey pems_of(const Key& key) {
  check(key != nullptr);
  return {pem_of([&](BIO* bio) {
            return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          }),
          pem_of([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); })};
}

std::string joined(std::string_view header, std::string_view payload) {
  return base64url(header) + "." + base64url(payload);
}

Key key_of(const std::string& private_pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())), BIO_free);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void extend(X509* certificate, int what, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
  check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// Signed by `authority`, or by itself where there is none.
MadeCertificate certified(const std::string& name, const MadeCertificate* authority) {
  MadeCertificate made{make_ec("P-256"), {}};
  const Key own = key_of(made.key.private_pem);
  const Certificate certificate(X509_new(), X509_free);
  static int serial = 0;
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), own.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  if (authority == nullptr) {
    X509_set_issuer_name(certificate.get(), subject);
    extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    check(X509_sign(certificate.get(), own.get(), EVP_sha256()) > 0);
  } else {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(authority->certificate.data(), static_cast<int>(authority->certificate.size())), BIO_free);
    const Certificate issuer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
    extend(certificate.get(), NID_subject_alt_name, "DNS:" + name);
    check(X509_sign(certificate.get(), key_of(authority->key.private_pem).get(), EVP_sha256()) > 0);
  }
  made.certificate = pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
  return made;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

MadeKey make_rsa(unsigned bits) { return pems_of(Key(EVP_RSA_gen(bits), EVP_PKEY_free)); }

MadeKey make_ec(const char* curve) { return pems_of(Key(EVP_EC_gen(curve), EVP_PKEY_free)); }

const MadeKey& rsa_key() {
  static const MadeKey key = make_rsa(2048);
  return key;
}

MadeCertificate make_authority(const std::string& name) { return certified(name, nullptr); }

MadeCertificate make_certificate(const std::string& host, const MadeCertificate& authority) {
  return certified(host, &authority);
}

std::string base64url(std::string_view bytes) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned held = 0, bits = 0;
  for (const unsigned char byte : bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 6;) text += letters[held >> (bits -= 6) & 63];
  }
  if (bits > 0) text += letters[held << (6 - bits) & 63];
  return text;
}

std::string rs256(std::string_view header, std::string_view payload, const std::string& private_pem) {
  const std::string signed_text = joined(header, payload);
  const Key key = key_of(private_pem);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  check(EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  check(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(signed_text),
                       signed_text.size()) == 1);
  signature.resize(size);
  return signed_text + "." + base64url(signature);
}

std::string hs256(std::string_view header, std::string_view payload, std::string_view secret) {
  const std::string signed_text = joined(header, payload);
  unsigned char mac[32];
  unsigned size = sizeof mac;
  check(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(signed_text), signed_text.size(),
             mac, &size) != nullptr);
  return signed_text + "." + base64url({reinterpret_cast<const char*>(mac), size});
}

std::string unsigned_token(std::string_view header, std::string_view payload) { return joined(header, payload) + "."; }

ScratchFolder::ScratchFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "chartline-gate-XXXXXX").string();
  check(mkdtemp(name.data()) != nullptr);
  folder_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ScratchFolder::write(std::string_view name, std::string_view bytes, int mode) const {
  const std::string path = *this / name;
  std::ofstream(path, std::ios::binary) << bytes;
  check(::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0);
  return path;
}

}  // namespace chartline::server
