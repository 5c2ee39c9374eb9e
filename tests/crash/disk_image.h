// A disk that remembers what of it is safe. Fed with the acts of a DiskWatch it says what a power cut leaves after any of
// them: bytes are safe once their file was synced, names once their folder was. The rest may be there or not.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/disk_watch.h"

namespace chartline::crash {

struct Loss {
  // Of the names of one folder that were not synced, in the order in which they changed.
  enum class Names : std::uint8_t { all, some, none, all_but_removals };
  // Of the bytes of one file that were not synced: some keeps what was written first, the last write torn.
  // zeroed: the file is as long as it was, of zeros. scattered: of what was written over, any sectors; a file is as long as it was
  // last safe, or has all that was added to it.
  enum class Bytes : std::uint8_t { all, some, none, scattered, zeroed };
  Names names = Names::all;
  Bytes bytes = Bytes::all;
};
std::string words(const Loss& loss);

class DiskImage {
 public:
  explicit DiskImage(const std::string& folder);  // as it is; all of it safe
  void apply(const DiskAct& act);
  // What a power cut leaves now, into a folder that is empty or absent.
  void write_to(const std::string& folder, const Loss& loss, std::mt19937_64& random) const;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Change {  // a write, or a change of the size alone
    std::uint64_t offset;
    std::string bytes;
    bool resizes;
  };
  struct NameChange {  // of one folder; renaming within it takes one name and gives another
    std::string gone, come;
    NodePtr node;
  };
  struct Node {
    bool is_folder = false;
    std::string safe;  // a file's
    std::vector<Change> changes;
    std::map<std::string, NodePtr> names, safe_names;  // a folder's
    std::vector<NameChange> name_changes;
  };
  static void change(std::string& bytes, const Change& change);
  static NodePtr read(const std::string& path, std::map<std::uint64_t, NodePtr>& by_inode);
  static void put(const Node& node, const std::string& path, const Loss& loss, std::mt19937_64& random);
  NodePtr folder_of(const std::string& path, std::string& name) const;

  std::map<std::uint64_t, NodePtr> by_inode_;
  NodePtr root_;
};

}  // namespace chartline::crash
