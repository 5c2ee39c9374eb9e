// An input that stands for a folder of files: each begins with a line "=== NAME". And the folder, made anew for each input.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace chartline::fuzz {

struct Part {
  std::string name;  // small letters, digits, '_', '.': no way out of the folder
  std::string_view bytes;
};

inline bool is_part_name(std::string_view name) {
  if (name.empty() || name.size() > 40 || name.front() == '.') return false;
  for (const char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-') return false;
  return true;
}

inline std::vector<Part> parts_of(std::string_view all) {
  constexpr std::string_view mark = "=== ";
  std::vector<Part> parts;
  while (!all.empty() && parts.size() < 16) {
    const std::size_t next = all.find("\n=== ", 1);
    const std::string_view part = all.substr(0, next == std::string_view::npos ? all.size() : next + 1);
    all.remove_prefix(part.size());
    const std::size_t line = part.find('\n');
    if (!part.starts_with(mark) || line == std::string_view::npos) continue;
    const std::string name(part.substr(mark.size(), line - mark.size()));
    if (is_part_name(name)) parts.push_back({name, part.substr(line + 1)});
  }
  return parts;
}

class ScratchFolder {
 public:
  ScratchFolder() {
    const char* memory = std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    std::string made = std::string(memory) + "/chartline-fuzz-XXXXXX";
    check(::mkdtemp(made.data()) != nullptr, "a scratch folder");
    path_ = made;
    ::umask(077);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string put(const std::string& name, std::string_view bytes) const {
    const std::string file = path_ + "/" + name;
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    check(out.good(), "a scratch file");
    return file;
  }
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) std::filesystem::remove_all(entry.path());
  }

 private:
  std::string path_;
};

}  // namespace chartline::fuzz
