// Damage done to the files of a store, and the names of those files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chartline::engine {

void flip_bit(const std::string& path, std::uint64_t byte);
void cut_to(const std::string& path, std::uint64_t bytes);
std::uint64_t size_of(const std::string& path);

// The files of the folder whose names contain `part`, sorted by name.
std::vector<std::string> files_with(const std::string& folder, const std::string& part);
// The largest of them: of the logs, the one that holds the batches.
std::string largest_with(const std::string& folder, const std::string& part);
bool contains_bytes(const std::vector<std::string>& files, const std::string& bytes);

}  // namespace chartline::engine
