#include "engine/trust/project_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace chartline::engine {
namespace {

// BLAKE2b of `use` and `bytes`, with the length of the first before both: no two pairs make the same message.
template <std::size_t size>
void keyed(const ProjectKey::Secret& key, std::string_view use, BytesView bytes, std::array<unsigned char, size>& out) {
  Bytes message;
  Writer writer(message);
  writer.text(use), writer.raw(bytes);
  const int made = crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(message.data()),
                                      message.size(), key.data(), key.size());
  check(made == 0, "a hash of a length that BLAKE2b has");
}

class File {
 public:
  explicit File(const std::string& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

ProjectKey::ProjectKey(const Secret& secret, std::string_view project) { keyed(secret, "project", project, key_); }

std::uint64_t ProjectKey::hash(std::string_view use, BytesView bytes) const {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> out;
  keyed(key_, use, bytes, out);
  return Reader(BytesView(reinterpret_cast<const char*>(out.data()), out.size())).u64();
}

Result<ProjectKey::Secret> ProjectKey::read_secret(const std::string& path) {
  const File file(path);
  if (file.number() < 0) {
    if (errno == ENOENT)
      return not_found(path + ": there is no key file; make one with: (umask 077; openssl rand -hex 32 > " + path + ")");
    return denied(path + ": the key file cannot be opened: " + std::strerror(errno));
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode))
    return invalid_request(path + ": this is not a file");
  if ((status.st_mode & 077U) != 0)
    return denied(path + ": others than its owner have rights to this key file; set them with: chmod 600 " + path);
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return denied(path + ": this key file belongs to another user");
  std::array<char, 2 * secret_bytes + 2> text{};
  const ssize_t read = ::read(file.number(), text.data(), text.size());
  return parse_secret(std::string_view(text.data(), read < 0 ? 0 : static_cast<std::size_t>(read)), path);
}

Result<ProjectKey::Secret> ProjectKey::parse_secret(std::string_view digits, const std::string& path) {
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  Secret secret;
  std::size_t made = 0;
  const char* end = nullptr;
  const bool is_hex =
      sodium_hex2bin(secret.data(), secret.size(), digits.data(), digits.size(), nullptr, &made, &end) == 0;
  if (!is_hex || digits.size() != 2 * secret_bytes || made != secret_bytes)
    return invalid_request(path + ": a key file holds 64 hexadecimal digits and nothing else");
  return secret;
}

}  // namespace chartline::engine
