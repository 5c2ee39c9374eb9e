// What this process does to the files below one folder, seen where it cannot be missed: this stands in for the calls of the C
// library, so that RocksDB, the backend, backups and whatever else writes all pass through it. It writes down every act in
// order (for disk_image.h, which takes away what was not synced), and lets a chosen one fail.
//
//   DiskWatch watch(folder);
//   ... open a store in the folder, write ...
//   watch.mark("done 3");              // stands in the record between what was done before and after
//   watch.acts()
//
// One at a time in a process. Files that were opened before it are not seen.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chartline::crash {

struct DiskAct {
  enum class Kind : std::uint8_t { make, make_folder, write, resize, sync, rename, link, remove, mark };
  Kind kind = Kind::mark;
  std::uint64_t inode = 0;      // make, make_folder, write, resize, sync
  std::string path{}, other{};  // below the folder; other: what rename and link make. mark: its words
  std::uint64_t offset = 0;     // write; resize: the new size
  std::string bytes{};          // write
};

struct DiskFault {
  enum class Kind : std::uint8_t {
    no_space,     // ENOSPC from whatever takes room
    io_error,     // EIO from anything
    short_read,   // half of what was asked for; lasting: and the file seems to end there
    short_write,  // half of what was given; lasting: and the disk is full from then on
  };
  Kind kind = Kind::io_error;
  std::uint64_t nth = 1;  // the first act of the kind that goes wrong, from 1
  bool lasting = false;   // and all after it
};
std::string_view name(DiskFault::Kind kind);

class DiskWatch {
 public:
  explicit DiskWatch(const std::string& folder, std::optional<DiskFault> fault = std::nullopt);
  ~DiskWatch();
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

  void mark(std::string words);
  const std::vector<DiskAct>& acts() const { return acts_; }  // when nobody writes any more

  void heal();                   // no fault from here on
  std::uint64_t struck() const;  // how often the fault did

  // For the calls that this stands in for.
  enum class Use : std::uint8_t { open, read, write, name, sync };
  struct Verdict {
    int error = 0;           // errno, or
    bool halved = false;     // do half of it
    bool then_ends = false;  // of a read: and nothing after it
  };
  std::mutex& mutex() { return mutex_; }
  bool covers(const std::string& path) const;
  bool knows(int descriptor) const;
  void learn(int descriptor);
  Verdict judge(Use use);
  void add(DiskAct act);
  std::string below(const std::string& path) const { return path.substr(folder_.size()); }
  std::set<int> ended;  // descriptors whose files seem to end at once

 private:
  const std::string folder_;
  const bool records_;
  std::mutex mutex_;
  std::optional<DiskFault> fault_;
  std::uint64_t turn_ = 0, struck_ = 0;
  bool full_ = false;
  std::set<std::pair<std::uint64_t, std::uint64_t>> inodes_;
  std::vector<DiskAct> acts_;
};

}  // namespace chartline::crash
