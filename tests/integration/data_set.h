// The data sets that the store is tried on: the committed sample, and the shared ones where they are present.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "formats/exchange/reader.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::integration {

inline constexpr const char* absent = "skipped: ../shared/data is absent";

struct DataSet {
  std::string name;  // of the test
  exchange::Format format;
  std::string path;      // of what is read, or made into a plain event CSV
  std::uint64_t rows;    // rows or resources that carry facts, counted by other means
  bool is_made = false;  // Synthea's flattened events, written anew as a plain event CSV

  bool present() const;
};
void PrintTo(const DataSet& set, std::ostream* out);

const std::vector<DataSet>& data_sets();
const DataSet& data_set(const std::string& name);

// What to read. `scratch` takes what has to be made first.
std::vector<std::string> paths_of(const DataSet& set, const exchange::ScratchFolder& scratch);

}  // namespace chartline::integration
