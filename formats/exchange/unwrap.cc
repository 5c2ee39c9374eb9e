#include "formats/exchange/unwrap.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <array>

namespace chartline::exchange {
namespace {

Error damaged(const std::string& name) {
  return invalid_request(name + ": the compressed data or archive is damaged or ends early");
}

// zlib and not libarchive, which reads past gzip's checksum without comparing it.
class GzipInput final : public Input {
 public:
  explicit GzipInput(std::unique_ptr<Input> from)
      : Input(from->name()), from_(std::move(from)), plain_(chunk_bytes, '\0') {
    usable_ = inflateInit2(&stream_, MAX_WBITS + 16) == Z_OK;  // + 16: gzip framing
  }
  ~GzipInput() override { inflateEnd(&stream_); }
  GzipInput(const GzipInput&) = delete;
  GzipInput& operator=(const GzipInput&) = delete;

  Result<std::string_view> next() override {
    if (!usable_) return unavailable(name() + ": no memory to decompress it");
    stream_.next_out = reinterpret_cast<Bytef*>(plain_.data());
    stream_.avail_out = static_cast<uInt>(plain_.size());
    while (stream_.avail_out == plain_.size() && !done_) {
      if (stream_.avail_in == 0) TRY(refill());
      if (done_) break;
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END) {
        between_members_ = true;
        if (inflateReset(&stream_) != Z_OK) return damaged(name());
      } else if (state == Z_OK) {
        between_members_ = false;
      } else {
        return damaged(name());
      }
    }
    return std::string_view(plain_).substr(0, plain_.size() - stream_.avail_out);
  }

 private:
  Result<void> refill() {
    packed_ = TRY(from_->next());
    if (packed_.empty()) {
      if (!between_members_) return damaged(name());
      done_ = true;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed_.data()));
    stream_.avail_in = static_cast<uInt>(packed_.size());
    return {};
  }

  std::unique_ptr<Input> from_;
  std::string plain_;
  std::string_view packed_;
  z_stream stream_{};
  bool usable_ = false;
  bool between_members_ = false;
  bool done_ = false;
};

class LibraryMembers final : public Members {
 public:
  explicit LibraryMembers(std::unique_ptr<Input> from) : from_(std::move(from)), archive_(archive_read_new()) {}
  ~LibraryMembers() override { archive_read_free(archive_); }
  LibraryMembers(const LibraryMembers&) = delete;
  LibraryMembers& operator=(const LibraryMembers&) = delete;

  Result<void> open() {
    if (archive_ == nullptr) return unavailable(from_->name() + ": no memory to read the archive");
    archive_read_support_filter_xz(archive_);
    archive_read_support_filter_zstd(archive_);
    archive_read_support_filter_bzip2(archive_);
    archive_read_support_format_tar(archive_);
    archive_read_support_format_zip_streamable(archive_);
    archive_read_support_format_raw(archive_);
    archive_read_support_format_empty(archive_);
    if (archive_read_open(archive_, this, nullptr, &LibraryMembers::pull, nullptr) != ARCHIVE_OK) return failure();
    return {};
  }

  Result<std::unique_ptr<Input>> next() override {
    while (!ended_) {
      archive_entry* entry = nullptr;
      const int state = archive_read_next_header(archive_, &entry);
      const bool first = !std::exchange(begun_, true);
      if (state == ARCHIVE_EOF) {
        ended_ = true;
        // A compressed stream of no bytes is still one input, if an empty one.
        if (first && archive_format(archive_) == ARCHIVE_FORMAT_EMPTY) return empty();
        break;
      }
      if (state != ARCHIVE_OK && state != ARCHIVE_WARN) return failure();
      if (archive_format(archive_) == ARCHIVE_FORMAT_RAW) {
        // What had the first bytes of a format and was then not recognised as it is damaged behind them.
        if (archive_filter_code(archive_, 0) == ARCHIVE_FILTER_NONE) return damaged(from_->name());
        return member(from_->name());
      }
      if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) continue;
      const char* path = archive_entry_pathname(entry);
      if (path == nullptr) return invalid_request(from_->name() + ": a member of the archive has no readable name");
      std::string_view name = path;
      if (name.starts_with("./")) name.remove_prefix(2);
      if (name.substr(name.rfind('/') + 1).starts_with('.')) continue;
      return member(from_->name() + ":" + std::string(name));
    }
    return std::unique_ptr<Input>();
  }

 private:
  class Member final : public Input {
   public:
    Member(std::string name, LibraryMembers& of) : Input(std::move(name)), of_(of), plain_(chunk_bytes, '\0') {}
    Result<std::string_view> next() override {
      const la_ssize_t n = archive_read_data(of_.archive_, plain_.data(), plain_.size());
      if (n < 0) return of_.failed_ ? *of_.failed_ : damaged(name());
      return std::string_view(plain_).substr(0, static_cast<std::size_t>(n));
    }

   private:
    LibraryMembers& of_;
    std::string plain_;
  };

  std::unique_ptr<Input> member(std::string name) { return std::make_unique<Member>(std::move(name), *this); }
  std::unique_ptr<Input> empty() { return std::make_unique<MemoryInput>(from_->name(), ""); }

  // What the input below said goes before what the library makes of it.
  Error failure() const { return failed_ ? *failed_ : damaged(from_->name()); }

  static la_ssize_t pull(archive*, void* self, const void** bytes) {
    auto& members = *static_cast<LibraryMembers*>(self);
    auto chunk = members.from_->next();
    if (!chunk) {
      members.failed_ = chunk.error();
      return ARCHIVE_FATAL;
    }
    *bytes = chunk->data();
    return static_cast<la_ssize_t>(chunk->size());
  }

  std::unique_ptr<Input> from_;
  archive* archive_;
  std::optional<Error> failed_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

Wrapping wrapping(std::string_view first_bytes) {
  using namespace std::string_view_literals;
  if (first_bytes.starts_with("\x1f\x8b"sv)) return Wrapping::gzip;
  constexpr std::array magics = {
      "\xfd"
      "7zXZ\0"sv,
      "\x28\xb5\x2f\xfd"sv, "BZh"sv, "PK\x03\x04"sv, "PK\x05\x06"sv};
  for (const auto magic : magics)
    if (first_bytes.starts_with(magic)) return Wrapping::archive;
  if (first_bytes.size() > 262 && first_bytes.substr(257, 5) == "ustar") return Wrapping::archive;
  return Wrapping::none;
}

Result<std::string_view> PeekedInput::peek() {
  while (head_.size() < sniffed_bytes) {
    const auto chunk = TRY(from_->next());
    if (chunk.empty()) break;
    head_.append(chunk);
  }
  return std::string_view(head_).substr(0, sniffed_bytes);
}

Result<std::string_view> PeekedInput::next() {
  if (!std::exchange(replayed_, true) && !head_.empty()) return std::string_view(head_);
  return from_->next();
}

std::unique_ptr<Input> gunzip(std::unique_ptr<Input> from) { return std::make_unique<GzipInput>(std::move(from)); }

Result<std::unique_ptr<Members>> members(std::unique_ptr<Input> from) {
  auto opened = std::make_unique<LibraryMembers>(std::move(from));
  TRY(opened->open());
  return std::unique_ptr<Members>(std::move(opened));
}

}  // namespace chartline::exchange
