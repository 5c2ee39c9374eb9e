// Reading the terminology table of the first shard: its versions, and the links that stand under one code.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/storage/tables.h"
#include "engine/store.h"
#include "engine/terminology_bytes.h"

namespace chartline::engine {

using CodeName = std::pair<std::string, std::string>;  // system and code
using Ends = std::map<CodeName, std::uint32_t>;        // -> distance

Tables& terminology_tables(Store& store);

Result<std::vector<std::pair<std::string, VersionRecord>>> read_versions(Tables& tables);  // by name

// The links of one group (link_group_key) are added to what is there.
Result<void> read_group(Tables& tables, BytesView group, Ends& into);

// Of one load; as it is by itself where it is gone, which check() finds.
Result<LoadRecord> read_load(Tables& tables, std::uint32_t part);

}  // namespace chartline::engine
