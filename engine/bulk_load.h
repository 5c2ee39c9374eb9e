// Bulk load: the rows of an import, sorted by patient, straight into the sorted files of an empty store. The same pure
// pieces as folding - total order, runs, heads, postings - without the log between.
#pragma once

#include "base/result.h"
#include "engine/import.h"
#include "engine/row_sorter.h"
#include "engine/store_parts.h"

namespace chartline::engine {

// Every shard must be empty; `rows` are let go of once they have been read. Adds to `counts` what became of the rows. Everything is visible on return, or nothing.
Result<void> bulk_load(Store::Parts& store, RowSorter& rows, unsigned threads, ImportCounts& counts);

// Gives rows without an id what their source could not say; see import.h. Rows of one patient in order of arrival.
// Returns how many were equal to an earlier one.
std::uint64_t give_places(std::span<stored::Row> rows, const Dictionary& names);

}  // namespace chartline::engine
