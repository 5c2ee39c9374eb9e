// Compressed bytes and archives, made in memory by libarchive.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace chartline::exchange {

enum class Packing { none, gzip, xz, zstd, bzip2 };
using Members = std::vector<std::pair<std::string, std::string>>;  // path, bytes

std::string pack(const std::string& bytes, Packing packing);
std::string tar(const Members& members);
std::string zip(const Members& members);

}  // namespace chartline::exchange
