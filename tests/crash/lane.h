// A folder in memory, for lanes that take away what a disk would lose.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

namespace chartline::crash {

// A folder that goes with the object. In memory where there is room for such: the machine's power stays on, and what a disk
// would lose is taken away by DiskImage.
class LaneFolder {
 public:
  LaneFolder() {
    static std::atomic<unsigned> made = 0;
    std::error_code failed;
    std::filesystem::path base = "/dev/shm";
    if (!std::filesystem::is_directory(base, failed)) base = std::filesystem::temp_directory_path();
    path_ = (base / ("chartline-crash-" + std::to_string(::getpid()) + "-" + std::to_string(++made))).string();
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~LaneFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  LaneFolder(const LaneFolder&) = delete;
  LaneFolder& operator=(const LaneFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) std::filesystem::remove_all(entry.path());
  }

 private:
  std::string path_;
};

}  // namespace chartline::crash
