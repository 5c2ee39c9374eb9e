#include "engine/storage/local_backend.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "base/hash.h"
#include "engine/storage/disk.h"
#include "engine/storage/notes.h"
#include "engine/storage/rocks.h"
#include "engine/storage/rocks_files.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz0123456789-";

std::string shard_name(std::uint32_t shard) {
  char name[24];
  std::snprintf(name, sizeof name, "shard-%04u", shard);
  return name;
}

// What stands in the first line of a small file and must agree with the rest.
std::string sealed(std::string_view kind, BytesView value) {
  char hash[24];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(hash64(value)));
  return std::string(kind) + " 1 " + hash + "\n" + std::string(value);
}

Result<Bytes> unsealed(std::string_view kind, const Bytes& file, const std::string& path) {
  const std::size_t line = file.find('\n');
  if (line != Bytes::npos) {
    Bytes value = file.substr(line + 1);
    if (sealed(kind, value) == file) return value;
    const std::string start = std::string(kind) + " ";
    if (file.starts_with(start) && !file.starts_with(start + "1 "))
      return unsupported("a newer release has written " + path + ", or its first line is damaged");
  }
  return corrupt(path + " is damaged: its first line does not agree with its content");
}

class LocalCatalogue final : public Catalogue {
 public:
  explicit LocalCatalogue(const std::string& folder)
      : folder_(folder + "/catalogue"), lock_path_(folder + "/catalogue.lock") {}

  Result<std::optional<Bytes>> get(const std::string& name) override {
    TRY(check_name(name));
    const std::string path = folder_ + "/" + name;
    const std::optional<Bytes> file = TRY(read_whole(path, listing_file_bytes_max));
    if (!file) return std::optional<Bytes>();
    return std::optional(TRY(unsealed(kind, *file, path)));
  }

  Result<void> set(const std::string& name, const std::optional<Bytes>& expected, const Bytes& value) override {
    TRY(check_name(name));
    const Bytes file = sealed(kind, value);
    if (file.size() > listing_file_bytes_max)  // it could not be read again
      return invalid_request("catalogue entry " + name + " would have more than " +
                             std::to_string(listing_file_bytes_max) + " bytes");
    const OpenFile lock = TRY(open_file(lock_path_, O_RDWR | O_CREAT));
    if (!TRY(lock_file(lock, lock_wait_ms, lock_path_)))
      return busy("another process holds " + lock_path_ + "; try again");
    if (TRY(get(name)) != expected) return conflict("catalogue entry " + name + " has changed meanwhile");
    return write_durably(folder_ + "/" + name, file);
  }

 private:
  static constexpr std::string_view kind = "chartline-catalogue";
  static constexpr std::uint64_t lock_wait_ms = 10'000;

  static Result<void> check_name(const std::string& name) {
    if (name.empty() || name.size() > 100 || name.find_first_not_of(lower) != std::string::npos)
      return invalid_request("the name of a catalogue entry is made of a-z, 0-9 and -, 100 at most");
    return {};
  }

  std::string folder_;
  std::string lock_path_;
};

class LocalLease final : public Lease {
 public:
  LocalLease(std::uint32_t shard, std::uint64_t epoch, OpenFile lock, std::string path)
      : shard_(shard), epoch_(epoch), lock_(std::move(lock)), path_(std::move(path)) {
    (void)::fstat(lock_.descriptor(), &held_);  // where it fails the lease is not valid
  }
  std::uint32_t shard() const { return shard_; }
  std::uint64_t epoch() const override { return epoch_; }

  // The lock lives as long as the open file, whose number no other has meanwhile; it is lost only where somebody has put another
  // file in its place. Each commit asks.
  bool valid() const override {
    struct stat named {};
    return ::stat(path_.c_str(), &named) == 0 && held_.st_ino == named.st_ino && held_.st_dev == named.st_dev;
  }

 private:
  std::uint32_t shard_;
  std::uint64_t epoch_;
  OpenFile lock_;
  std::string path_;
  struct stat held_ {};
};

// Who holds a lock, for the message of those who wait: "process 123 on host name".
std::string this_process() {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return "process " + std::to_string(::getpid()) + " on host " + host;
}

Result<std::uint64_t> next_epoch(const std::string& path) {
  constexpr std::string_view kind = "chartline-epoch";
  std::uint64_t epoch = 0;
  if (const std::optional<Bytes> file = TRY(read_whole(path, line_file_bytes_max))) {
    const Bytes text = TRY(unsealed(kind, *file, path));
    if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != Bytes::npos)
      return corrupt(path + " is damaged: it holds no number");
    epoch = std::stoull(text);
  }
  TRY(write_durably(path, sealed(kind, std::to_string(++epoch))));
  return epoch;
}

bool stands_at(const OpenFile& file, const std::string& path) {
  struct stat held {
  }, named{};
  return ::fstat(file.descriptor(), &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

// A folder for the temporary files of this process, under a lock that lives as long as the process: folders whose lock is
// free are left over from processes that have died.
class Scratch {
 public:
  explicit Scratch(std::string folder) : folder_(std::move(folder)) {}
  ~Scratch() {
    std::error_code ignored;  // what stays behind is swept by the next process
    if (!own_.empty()) fs::remove_all(own_, ignored);
    if (!own_.empty()) fs::remove(own_ + ".lock", ignored);
  }

  Result<std::string> folder() {
    const std::lock_guard guard(mutex_);
    if (!own_.empty()) return own_;
    TRY(make_folder(folder_));
    sweep();
    static std::atomic<unsigned> opened = 0;
    for (int tries_left = 10; tries_left > 0; --tries_left) {
      const std::string own = folder_ + "/" + std::to_string(::getpid()) + "-" + std::to_string(++opened);
      OpenFile lock = TRY(open_file(own + ".lock", O_RDWR | O_CREAT));
      // Before it is locked, who sweeps may take it for that of a dead process.
      if (!TRY(lock_file(lock, 0, own + ".lock")) || !stands_at(lock, own + ".lock")) continue;
      TRY(make_folder(own));
      lock_ = std::move(lock);
      return own_ = own;
    }
    return busy("other processes hold every lock that was tried in " + folder_);
  }

  // The files that are left when those of the dead are gone.
  Result<std::vector<std::string>> swept() {
    const std::lock_guard guard(mutex_);
    sweep();
    for (int tries_left = 10;; --tries_left) {
      std::error_code failed;
      if (!fs::exists(folder_, failed) && !failed) return std::vector<std::string>();
      auto files = files_below(folder_);
      // A folder that goes while it is read ends the listing of all.
      if (files || files.error().fault != Fault::not_found || tries_left == 0) return files;
    }
  }

 private:
  void sweep() {
    std::error_code failed;
    for (fs::directory_iterator each(folder_, failed); !failed && each != fs::directory_iterator();
         each.increment(failed)) {
      if (each->path().extension() != ".lock") continue;
      const std::string path = each->path().string();
      const Result<OpenFile> lock = open_file(path, O_RDWR);
      if (!lock || !lock_file(*lock, 0, path).value_or(false)) continue;
      std::error_code left;
      fs::remove_all(each->path().parent_path() / each->path().stem(), left);
      if (!left) fs::remove(path, left);  // without it nobody would know whose the rest is
    }
  }

  std::mutex mutex_;
  std::string folder_;
  std::string own_;
  OpenFile lock_;
};

class LocalBackend final : public Backend {
 public:
  LocalBackend(const std::string& folder, std::shared_ptr<rocksdb::Env> env)
      : folder_(folder), env_(std::move(env)), catalogue_(folder), scratch_(folder + "/scratch") {}

  Catalogue& catalogue() override { return catalogue_; }

  Result<std::unique_ptr<Lease>> acquire(std::uint32_t shard, std::uint64_t wait_ms) override {
    const std::string path = path_of(shard) + ".lock";
    OpenFile lock = TRY(open_file(path, O_RDWR | O_CREAT));
    if (!TRY(lock_file(lock, wait_ms, path))) {
      const Bytes holder = read_at(lock, 300, 0, path).value_or("");
      return unavailable(
          "shard " + std::to_string(shard) + " of " + folder_ + " is held by " +
          (holder.empty() ? "another process" : holder.substr(0, holder.find('\n'))) +
          "\none process at a time writes to a store: wait until it ends or, where it serves the store, ask it");
    }
    if (::ftruncate(lock.descriptor(), 0) != 0) return disk_error(errno, "write", path);
    TRY(write_at(lock, this_process() + "\n", 0, path));
    const std::uint64_t epoch = TRY(next_epoch(path_of(shard) + ".epoch"));
    auto lease = std::make_unique<LocalLease>(shard, epoch, std::move(lock), path);
    if (!lease->valid()) return unavailable("the lock file " + path + " was replaced while it was being taken");
    return std::unique_ptr<Lease>(std::move(lease));
  }

  Result<std::unique_ptr<Tables>> open(std::uint32_t shard, const Lease* lease, const TablesOptions& options) override {
    RocksOpening opening{path_of(shard), "shard " + std::to_string(shard), options, {}, env_};
    if (!options.read_only) {
      const auto* held = dynamic_cast<const LocalLease*>(lease);
      if (!held || held->shard() != shard)
        return invalid_request("a shard is opened for writing under its own lease only");
      opening.may_write = [held] { return held->valid(); };
    }
    return open_rocks(std::move(opening));
  }

  Result<void> restore(std::uint32_t shard, const std::string& checkpoint) override {
    const std::string aside = path_of(shard) + ".new";
    std::error_code failed;
    if (fs::exists(path_of(shard), failed))
      return conflict("shard " + std::to_string(shard) + " of " + folder_ + " exists already");
    fs::remove_all(aside, failed);
    if (failed) return disk_error(failed.value(), "remove", aside);
    TRY(copy_folder(checkpoint, aside));
    fs::rename(aside, path_of(shard), failed);
    if (failed) return disk_error(failed.value(), "rename to", path_of(shard));
    return sync_folder(folder_);
  }

  std::string scratch_folder() override { return scratch_.folder().value_or(""); }
  Result<std::vector<std::string>> sweep_scratch() override { return scratch_.swept(); }

  Result<void> write_note(std::uint32_t shard, const std::string& name, BytesView bytes) override {
    return TRY(note(shard, name))->write(bytes);
  }

  Result<std::optional<Bytes>> read_note(std::uint32_t shard, const std::string& name) override {
    return TRY(note(shard, name))->read();
  }

 private:
  std::string path_of(std::uint32_t shard) const { return local_shard_folder(folder_, shard); }

  Result<NoteFile*> note(std::uint32_t shard, const std::string& name) {
    if (name.empty() || name.size() > 100 || name.find_first_not_of(lower) != std::string::npos)
      return invalid_request("the name of a note is made of a-z, 0-9 and -, 100 at most");
    const std::lock_guard lock(notes_mutex_);
    std::unique_ptr<NoteFile>& file = notes_[{shard, name}];
    if (!file) file = std::make_unique<NoteFile>(path_of(shard) + "." + name + ".note");
    return file.get();
  }

  std::string folder_;
  std::shared_ptr<rocksdb::Env> env_;
  LocalCatalogue catalogue_;
  Scratch scratch_;
  std::mutex notes_mutex_;
  std::map<std::pair<std::uint32_t, std::string>, std::unique_ptr<NoteFile>> notes_;
};

// The catalogue's folder is made last: its presence says that the folder is a store.
Result<void> create_store(const std::string& folder) {
  TRY(make_folders(folder));
  std::error_code failed;
  const bool empty = fs::is_empty(folder, failed);
  if (failed) return disk_error(failed.value(), "read the folder", folder);
  if (!empty) return conflict("the folder " + folder + " is not empty: give one that is empty, or absent");
  TRY(make_folder(folder + "/catalogue"));
  return sync_folder(parent_folder(folder));
}

}  // namespace

std::string local_shard_folder(const std::string& folder, std::uint32_t shard) {
  return folder + "/" + shard_name(shard);
}

Result<std::unique_ptr<Backend>> local_backend(const std::string& folder, bool create, std::shared_ptr<rocksdb::Env> env) {
  if (folder.empty()) return invalid_request("the folder of a store must be named");
  if (create) TRY(create_store(folder));
  std::error_code failed;
  const fs::file_status found = fs::status(folder, failed);
  if (found.type() == fs::file_type::not_found)
    return not_found("there is no store in " + folder + ": the folder does not exist");
  if (failed) return disk_error(failed.value(), "look at", folder);
  if (!fs::is_directory(found)) return invalid_request(folder + " is a file, not the folder of a store");
  if (!fs::is_directory(folder + "/catalogue", failed)) {
    if (failed && failed != std::errc::no_such_file_or_directory)
      return disk_error(failed.value(), "look at", folder + "/catalogue");
    return not_found("there is no store in " + folder + ": it has no catalogue");
  }
  return std::unique_ptr<Backend>(std::make_unique<LocalBackend>(folder, std::move(env)));
}

Result<std::unique_ptr<Backend>> local_backend(const std::string& folder, bool create) {
  return local_backend(folder, create, nullptr);
}

}  // namespace chartline::engine
