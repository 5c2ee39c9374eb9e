// Keys made for a test, and tokens that no honest issuer would make: any header and payload, signed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace chartline::server {

struct MadeKey {
  std::string private_pem, public_pem;
};

const MadeKey& rsa_key();  // 2,048 bits, the same in every test of a run
MadeKey make_rsa(unsigned bits);
MadeKey make_ec(const char* curve);  // "P-256"

// Certificates as PEM, good for a day; P-256.
struct MadeCertificate {
  MadeKey key;
  std::string certificate;
};
MadeCertificate make_authority(const std::string& name);
MadeCertificate make_certificate(const std::string& host, const MadeCertificate& authority);

std::string base64url(std::string_view bytes);

// HEADER.PAYLOAD.SIGNATURE of these texts, whatever they say.
std::string rs256(std::string_view header, std::string_view payload, const std::string& private_pem);
std::string hs256(std::string_view header, std::string_view payload, std::string_view secret);
std::string unsigned_token(std::string_view header, std::string_view payload);

// A folder that is there for one test.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string operator/(std::string_view name) const { return (folder_ / name).string(); }
  std::string write(std::string_view name, std::string_view bytes, int mode = 0600) const;  // gives its path

 private:
  std::filesystem::path folder_;
};

}  // namespace chartline::server
