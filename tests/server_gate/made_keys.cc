#include "tests/server_gate/made_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
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

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

MadeKey make_rsa(unsigned bits) { return pems_of(Key(EVP_RSA_gen(bits), EVP_PKEY_free)); }

MadeKey make_ec(const char* curve) { return pems_of(Key(EVP_EC_gen(curve), EVP_PKEY_free)); }

const MadeKey& rsa_key() {
  static const MadeKey key = make_rsa(2048);
  return key;
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
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())), BIO_free);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
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
