#include "tests/crash/disk_image.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace chartline::crash {

namespace fs = std::filesystem;

namespace {

std::uint64_t inode_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) throw std::runtime_error("cannot look at " + path);
  return found.st_ino;
}

}  // namespace

std::string words(const Loss& loss) {
  const char* const names[] = {"all names", "some names", "no names", "names but removals"};
  const char* const bytes[] = {"all bytes", "some bytes", "no bytes", "scattered bytes", "bytes turned to zeros"};
  return std::string(names[static_cast<int>(loss.names)]) + " and " + bytes[static_cast<int>(loss.bytes)] + " lost";
}

void DiskImage::change(std::string& bytes, const Change& change) {
  if (change.resizes) {
    bytes.resize(change.offset, '\0');
    return;
  }
  if (bytes.size() < change.offset + change.bytes.size()) bytes.resize(change.offset + change.bytes.size(), '\0');
  bytes.replace(change.offset, change.bytes.size(), change.bytes);
}

DiskImage::NodePtr DiskImage::read(const std::string& path, std::map<std::uint64_t, NodePtr>& by_inode) {
  NodePtr& node = by_inode[inode_of(path)];
  if (node) return node;  // another name of it
  const NodePtr made = node = std::make_shared<Node>();
  made->is_folder = fs::is_directory(path);
  if (!made->is_folder) {
    std::ifstream file(path, std::ios::binary);
    made->safe.assign(std::istreambuf_iterator<char>(file), {});
    return made;
  }
  for (const auto& entry : fs::directory_iterator(path))
    made->names[entry.path().filename().string()] = read(entry.path().string(), by_inode);
  made->safe_names = made->names;
  return made;
}

DiskImage::DiskImage(const std::string& folder) : root_(read(folder, by_inode_)) {}

DiskImage::NodePtr DiskImage::folder_of(const std::string& path, std::string& name) const {
  const fs::path whole(path);
  NodePtr folder = root_;
  for (const fs::path& step : whole.parent_path().relative_path()) folder = folder->names.at(step.string());
  name = whole.filename().string();
  return folder;
}

void DiskImage::apply(const DiskAct& act) {
  using Kind = DiskAct::Kind;
  std::string name, other;
  switch (act.kind) {
    case Kind::mark: return;
    case Kind::make:
    case Kind::make_folder: {
      const NodePtr folder = folder_of(act.path, name);
      const NodePtr made = std::make_shared<Node>();
      made->is_folder = act.kind == Kind::make_folder;
      by_inode_[act.inode] = folder->names[name] = made;
      folder->name_changes.push_back({"", name, made});
      return;
    }
    case Kind::write: by_inode_.at(act.inode)->changes.push_back({act.offset, act.bytes, false}); return;
    case Kind::resize: by_inode_.at(act.inode)->changes.push_back({act.offset, "", true}); return;
    case Kind::sync: {
      Node& node = *by_inode_.at(act.inode);
      for (const Change& one : node.changes) change(node.safe, one);
      node.changes.clear();
      if (!node.name_changes.empty()) node.safe_names = node.names;
      node.name_changes.clear();
      return;
    }
    case Kind::rename: {
      const NodePtr from = folder_of(act.path, name), to = folder_of(act.other, other);
      const NodePtr node = from->names.at(name);
      from->names.erase(name);
      to->names[other] = node;
      if (from == to) {
        from->name_changes.push_back({name, other, node});
      } else {
        from->name_changes.push_back({name, "", nullptr});
        to->name_changes.push_back({"", other, node});
      }
      return;
    }
    case Kind::link: {
      const NodePtr node = folder_of(act.path, name)->names.at(name);
      const NodePtr to = folder_of(act.other, other);
      to->names[other] = node;
      to->name_changes.push_back({"", other, node});
      return;
    }
    case Kind::remove: {
      const NodePtr folder = folder_of(act.path, name);
      folder->names.erase(name);
      folder->name_changes.push_back({name, "", nullptr});
      return;
    }
  }
}

namespace {

void lose_sectors(std::string& bytes, const std::string& safe, std::mt19937_64& random) {
  constexpr std::size_t sector_bytes = 512;
  if (random() % 2 == 0) bytes.resize(safe.size(), '\0');
  const std::uint64_t one_in = 1 + random() % 8;
  for (std::size_t at = 0; at < std::min(bytes.size(), safe.size()); at += sector_bytes)
    if (random() % one_in == 0)
      bytes.replace(at, std::min(sector_bytes, std::min(bytes.size(), safe.size()) - at), safe, at, sector_bytes);
}

}  // namespace

void DiskImage::put(const Node& node, const std::string& path, const Loss& loss, std::mt19937_64& random) {
  if (node.is_folder) {
    fs::create_directories(path);
    std::map<std::string, NodePtr> names = node.safe_names;
    std::size_t kept = loss.names == Loss::Names::none   ? node.name_changes.size()
                       : loss.names == Loss::Names::some ? random() % (node.name_changes.size() + 1)
                                                         : 0;
    for (const NameChange& one : node.name_changes) {
      const bool keeps = kept > 0 || (loss.names == Loss::Names::all_but_removals && one.come.empty());
      if (kept > 0) --kept;
      if (!keeps) continue;
      if (!one.gone.empty()) names.erase(one.gone);
      if (!one.come.empty()) names[one.come] = one.node;
    }
    for (const auto& [name, below] : names) put(*below, path + "/" + name, loss, random);
    return;
  }
  std::string bytes = node.safe;
  if (loss.bytes == Loss::Bytes::scattered) {
    for (const Change& one : node.changes) change(bytes, one);
    lose_sectors(bytes, node.safe, random);
    std::ofstream(path, std::ios::binary) << bytes;
    return;
  }
  const std::size_t all = node.changes.size();
  const std::size_t kept = loss.bytes == Loss::Bytes::none || loss.bytes == Loss::Bytes::zeroed ? all
                           : loss.bytes == Loss::Bytes::some                                    ? random() % (all + 1)
                                                                                                : 0;
  for (std::size_t i = 0; i < kept; ++i) {
    Change one = node.changes[i];
    if (loss.bytes == Loss::Bytes::zeroed) one.bytes.assign(one.bytes.size(), '\0');
    change(bytes, one);
  }
  if (loss.bytes == Loss::Bytes::some && kept < all && !node.changes[kept].bytes.empty()) {
    Change torn = node.changes[kept];
    torn.bytes.resize(random() % torn.bytes.size());
    if (!torn.bytes.empty()) change(bytes, torn);
  }
  std::ofstream(path, std::ios::binary) << bytes;
}

void DiskImage::write_to(const std::string& folder, const Loss& loss, std::mt19937_64& random) const {
  put(*root_, folder, loss, random);
}

}  // namespace chartline::crash
