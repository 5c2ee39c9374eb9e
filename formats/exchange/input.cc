#include "formats/exchange/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>

#include "formats/exchange/unwrap.h"

namespace chartline::exchange {
namespace {

namespace fs = std::filesystem;

Error unreadable(const std::string& name) { return unavailable(name + ": reading from the disk failed"); }

// A file, pipe or standard input as it lies on disk. Counts what was read of it into `read_bytes`.
class FileInput final : public Input {
 public:
  FileInput(std::string name, int fd, std::atomic<std::uint64_t>& read_bytes)
      : Input(std::move(name)), fd_(fd), read_bytes_(read_bytes) {
    struct stat state {};
    if (fstat(fd, &state) == 0 && S_ISREG(state.st_mode) && fd != STDIN_FILENO)
      plain_bytes_ = static_cast<std::uint64_t>(state.st_size);
  }
  ~FileInput() override {
    if (fd_ != STDIN_FILENO) close(fd_);
  }
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  Result<std::string_view> next() override {
    if (chunk_.empty()) chunk_.resize(chunk_bytes);
    for (;;) {
      const ssize_t n = ::read(fd_, chunk_.data(), chunk_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return unreadable(name());
      read_bytes_ += static_cast<std::uint64_t>(n);
      return std::string_view(chunk_).substr(0, static_cast<std::size_t>(n));
    }
  }

  std::optional<std::uint64_t> plain_bytes() const override { return plain_bytes_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    std::size_t got = 0;
    while (got < into.size()) {
      const ssize_t n = pread(fd_, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return unreadable(name());
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    read_bytes_ += got;
    return got;
  }

 private:
  int fd_;
  std::atomic<std::uint64_t>& read_bytes_;
  std::optional<std::uint64_t> plain_bytes_;
  std::string chunk_;
};

// The files of a folder and of all below it, in sorted order.
Result<std::vector<std::string>> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  fs::recursive_directory_iterator at(folder, failed);
  for (; !failed && at != fs::end(at); at.increment(failed)) {
    const bool hidden = at->path().filename().string().starts_with('.');
    std::error_code ignored;
    if (hidden && at->is_directory(ignored)) at.disable_recursion_pending();
    if (!hidden && at->is_regular_file(ignored)) files.push_back(at->path().string());
  }
  if (failed) return unavailable(folder + ": the folder cannot be read");
  std::sort(files.begin(), files.end());
  return files;
}

std::uint64_t bytes_on_disk(const std::string& file) {
  std::error_code failed;
  const auto bytes = fs::is_regular_file(file, failed) ? fs::file_size(file, failed) : 0;
  return failed ? 0 : bytes;
}

}  // namespace

Result<std::string_view> Input::whole(std::uint64_t limit) {
  const auto too_large = [&] {
    return invalid_request(name_ + ": the document is larger than " + std::to_string(limit) +
                           " bytes; split it, or send it as NDJSON");
  };
  if (plain_bytes().value_or(0) > limit) return too_large();
  document_.clear();
  for (;;) {
    const auto chunk = TRY(next());
    if (chunk.empty()) break;
    if (document_.size() + chunk.size() > limit) return too_large();
    document_.append(chunk);
  }
  const std::size_t bytes = document_.size();
  document_.append(64, '\0');
  return std::string_view(document_).substr(0, bytes);
}

Result<std::size_t> Input::read_at(std::uint64_t, std::span<char>) const {
  return unsupported(name_ + ": only a plain file can be read out of order");
}

Result<std::string_view> MemoryInput::next() {
  const auto chunk = std::string_view(bytes_).substr(at_, chunk_bytes);
  at_ += chunk.size();
  return chunk;
}

struct Inputs::Parts {
  std::vector<std::string> files;
  std::uint64_t total_bytes = 0;
  std::uint64_t finished_bytes = 0;           // of the files before the current one
  std::uint64_t current_bytes = 0;            // size of the current file
  std::atomic<std::uint64_t> read_bytes = 0;  // of the current file; parts read twice count twice
  std::size_t at = 0;
  std::vector<std::unique_ptr<Members>> open;  // archives within archives, outermost first
  std::unique_ptr<Input> current;

  // The next stream of bytes as it lies in its file or archive; nullptr after the last.
  Result<std::unique_ptr<Input>> next_stream() {
    while (!open.empty()) {
      auto member = TRY(open.back()->next());
      if (member) return member;
      open.pop_back();
    }
    finished_bytes += std::exchange(current_bytes, 0);
    read_bytes = 0;
    if (at == files.size()) return std::unique_ptr<Input>();
    const std::string& file = files[at++];
    const int fd = file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      return errno == ENOENT ? not_found(file + ": no such file") : unavailable(file + ": the file cannot be opened");
    current_bytes = bytes_on_disk(file);
    return std::unique_ptr<Input>(std::make_unique<FileInput>(file, fd, read_bytes));
  }

  // Opens compressed streams until plain bytes come out; nullptr if it was an archive, which is then the innermost one open.
  Result<std::unique_ptr<Input>> unwrapped(std::unique_ptr<Input> stream) {
    for (std::size_t wrappings = open.size(); wrappings <= wrappings_max; ++wrappings) {
      auto peeked = std::make_unique<PeekedInput>(std::move(stream));
      switch (wrapping(TRY(peeked->peek()))) {
        case Wrapping::none: return std::unique_ptr<Input>(std::move(peeked));
        case Wrapping::gzip: stream = gunzip(std::move(peeked)); break;
        case Wrapping::archive: open.push_back(TRY(members(std::move(peeked)))); return std::unique_ptr<Input>();
      }
    }
    return invalid_request(stream->name() + ": archives are nested more than " + std::to_string(wrappings_max) +
                           " deep");
  }
};

Inputs::Inputs(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Inputs::Inputs(Inputs&&) noexcept = default;
Inputs& Inputs::operator=(Inputs&&) noexcept = default;
Inputs::~Inputs() = default;

Result<Inputs> Inputs::open(std::span<const std::string> paths) {
  auto parts = std::make_unique<Parts>();
  for (const std::string& path : paths) {
    std::error_code failed;
    if (path != "-" && !fs::exists(path, failed)) return not_found(path + ": no such file or folder");
    if (path != "-" && fs::is_directory(path, failed)) {
      for (std::string& file : TRY(files_below(path))) parts->files.push_back(std::move(file));
    } else {
      parts->files.push_back(path);
    }
  }
  for (const std::string& file : parts->files) parts->total_bytes += bytes_on_disk(file);
  return Inputs(std::move(parts));
}

Result<Input*> Inputs::next() {
  for (;;) {
    parts_->current.reset();
    auto stream = TRY(parts_->next_stream());
    if (!stream) return nullptr;
    parts_->current = TRY(parts_->unwrapped(std::move(stream)));
    if (parts_->current) return parts_->current.get();
  }
}

const std::vector<std::string>& Inputs::files() const { return parts_->files; }
std::uint64_t Inputs::total_bytes() const { return parts_->total_bytes; }

std::uint64_t Inputs::consumed_bytes() const {
  const std::uint64_t read = parts_->read_bytes;
  return parts_->finished_bytes + (parts_->current_bytes > 0 ? std::min(read, parts_->current_bytes) : read);
}

}  // namespace chartline::exchange
