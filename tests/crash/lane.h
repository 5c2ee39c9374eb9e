// What the lanes have in common: seeds, counts, a folder in memory, and the line of figures.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace chartline::crash {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

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

class LaneTime {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline void print_figure(const std::string& lane, const std::string& figures, std::uint64_t seed, const LaneTime& time) {
  std::printf("lane %s: %s, seed %llu, %.1f s\n", lane.c_str(), figures.c_str(), static_cast<unsigned long long>(seed),
              time.seconds());
  std::fflush(stdout);
}

}  // namespace chartline::crash
