// RowIds: how often each row id of a table has been seen. Keys of sources are not always unique, and the second row of an
// id must not replace the first. Ids that are small numbers, as most are, take a bit each; others 16 to 32 bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace chartline::exchange {

class RowIds {
 public:
  std::uint32_t seen(std::string_view id);  // counts this row; 1 for the first with its id

 private:
  bool is_new(std::string_view id);

  std::unordered_map<std::uint64_t, std::unique_ptr<std::uint64_t[]>> pages_;  // bitmaps of page_ids ids each
  std::unordered_set<std::uint64_t> numbers_;
  std::unordered_set<std::string> words_;
  std::unordered_map<std::string, std::uint32_t> repeated_;
};

}  // namespace chartline::exchange
