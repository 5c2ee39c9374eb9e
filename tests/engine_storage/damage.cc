#include "tests/engine_storage/damage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace chartline::engine {

namespace fs = std::filesystem;

void flip_bit(const std::string& path, std::uint64_t byte) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(byte));
  const int before = file.get();
  file.seekp(static_cast<std::streamoff>(byte));
  file.put(static_cast<char>(before ^ 0x10));
  if (!file.flush()) ADD_FAILURE() << "cannot flip a bit of " << path;
}

void cut_to(const std::string& path, std::uint64_t bytes) { fs::resize_file(path, bytes); }

std::uint64_t size_of(const std::string& path) { return fs::file_size(path); }

std::vector<std::string> files_with(const std::string& folder, const std::string& part) {
  std::vector<std::string> found;
  for (const fs::directory_entry& each : fs::directory_iterator(folder))
    if (each.is_regular_file() && each.path().filename().string().find(part) != std::string::npos)
      found.push_back(each.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

std::string largest_with(const std::string& folder, const std::string& part) {
  const std::vector<std::string> found = files_with(folder, part);
  if (found.empty()) {
    ADD_FAILURE() << "no file like " << part;
    return {};
  }
  return *std::max_element(found.begin(), found.end(),
                           [](const auto& a, const auto& b) { return size_of(a) < size_of(b); });
}

bool contains_bytes(const std::vector<std::string>& files, const std::string& bytes) {
  return std::any_of(files.begin(), files.end(), [&](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    return content.find(bytes) != std::string::npos;
  });
}

}  // namespace chartline::engine
