// Keys from PEM: which family they are of, and whether they are strong enough.
#include "server/token_keys.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "server/private_file.h"

namespace chartline::server {
namespace {

namespace fs = std::filesystem;

constexpr int rsa_bits_min = 2048;
constexpr std::size_t secret_bytes_min = 32;  // as many as HS256 gives
constexpr std::size_t keys_max = 256;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio bio_of(std::string_view pem) { return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free}; }

// A key under a pass phrase is not asked for one: the process has no terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

Result<Family> family_of(const EVP_PKEY* key, const std::string& place) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    if (EVP_PKEY_get_bits(key) < rsa_bits_min) return invalid_request(place + ": an RSA key has 2,048 bits or more");
    return Family::rsa;
  }
  char curve[64] = {};
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr) == 1) {
    const std::string_view name = curve;
    if (name == "prime256v1" || name == "P-256") return Family::p256;
    if (name == "secp384r1" || name == "P-384") return Family::p384;
    if (name == "secp521r1" || name == "P-521") return Family::p521;
  }
  return invalid_request(place + ": the key is neither RSA nor of the curves P-256, P-384 and P-521");
}

Result<void> check_secret(std::string_view bytes, const std::string& place) {
  if (bytes.find("-----BEGIN") != std::string_view::npos)
    return invalid_request(place + ": a PEM key is no secret: whoever knows the public key could sign with it");
  if (bytes.size() < secret_bytes_min) return invalid_request(place + ": a secret has 32 bytes or more");
  return {};
}

// Only these two endings; others of the folder are left alone.
bool is_key(const fs::path& path) { return path.extension() == ".pem" || path.extension() == ".secret"; }

Result<TokenKey> read_key(const fs::path& path) {
  TokenKey key{.id = path.stem().string(), .form = TokenKey::Form::public_pem, .bytes = {}};
  if (path.extension() == ".secret") {
    key.form = TokenKey::Form::secret;
    key.bytes = trimmed(TRY(read_private(path.string())));
  } else {
    key.bytes = TRY(read_public(path.string()));
  }
  TRY(family_of(key, path.string()));
  return key;
}

}  // namespace

bool is_of(Algorithm algorithm, Family family) {
  switch (algorithm) {
    case Algorithm::hs256: return family == Family::secret;
    case Algorithm::rs256:
    case Algorithm::rs384:
    case Algorithm::rs512: return family == Family::rsa;
    case Algorithm::es256: return family == Family::p256;
    case Algorithm::es384: return family == Family::p384;
    case Algorithm::es512: return family == Family::p521;
  }
  return false;
}

Result<Family> family_of(const TokenKey& key, const std::string& place) {
  if (key.form == TokenKey::Form::secret) {
    TRY(check_secret(key.bytes, place));
    return Family::secret;
  }
  if (key.bytes.find("PRIVATE KEY") != std::string::npos)
    return invalid_request(place +
                           ": this is a private key; whoever checks tokens needs the public half alone\n"
                           "make it with: openssl pkey -in PRIVATE.pem -pubout -out " +
                           key.id + ".pem");
  const Bio bio = bio_of(key.bytes);
  const Key read(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (!read) return invalid_request(place + ": this is no public key in PEM (-----BEGIN PUBLIC KEY-----)");
  return family_of(read.get(), place);
}

Result<std::vector<TokenKey>> read_token_keys(const std::string& path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) return not_found(path + ": there is no such file or folder of token keys");
  std::vector<fs::path> files;
  if (!fs::is_directory(path, failed)) {
    files.emplace_back(path);
  } else {
    for (auto entry = fs::directory_iterator(path, failed); !failed && entry != fs::end(entry); entry.increment(failed))
      if (is_key(entry->path())) files.push_back(entry->path());
    if (failed) return unavailable(path + ": the folder of token keys cannot be listed");
  }
  if (files.empty()) return invalid_request(path + ": holds no key: neither NAME.pem nor NAME.secret");
  if (files.size() > keys_max) return invalid_request(path + ": holds more than 256 keys");
  std::ranges::sort(files);
  std::vector<TokenKey> keys;
  for (const fs::path& file : files) keys.push_back(TRY(read_key(file)));
  return keys;
}

Result<SigningKey> read_signing_key(const std::string& path) {
  const fs::path file(path);
  SigningKey key{.id = file.stem().string(), .algorithm = Algorithm::hs256, .bytes = TRY(read_private(path))};
  if (file.extension() == ".secret") {
    key.bytes = trimmed(key.bytes);
    TRY(check_secret(key.bytes, path));
    return key;
  }
  const Bio bio = bio_of(key.bytes);
  const Key read(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr), EVP_PKEY_free);
  ERR_clear_error();
  if (!read)
    return invalid_request(path +
                           ": this is no private key in PEM without a pass phrase\nmake one with: openssl genpkey "
                           "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out main.pem");
  switch (TRY(family_of(read.get(), path))) {
    case Family::secret: break;
    case Family::rsa: key.algorithm = Algorithm::rs256; break;
    case Family::p256: key.algorithm = Algorithm::es256; break;
    case Family::p384: key.algorithm = Algorithm::es384; break;
    case Family::p521: key.algorithm = Algorithm::es512; break;
  }
  return key;
}

}  // namespace chartline::server
