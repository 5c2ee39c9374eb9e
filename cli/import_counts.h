// What an import did: as counts for standard output, and in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/rows.h"
#include "engine/import.h"
#include "engine/terminology.h"
#include "formats/exchange/quality.h"

namespace chartline::cli {

struct ImportCounts {
  exchange::QualitySummary read;
  engine::ImportCounts stored;
  engine::TerminologyLoad::Counts terminology;
};

Result<void> write_counts(const ImportCounts& counts, Form form, Console& console);
std::vector<std::string> import_words(const ImportCounts& counts, const std::optional<std::string>& report_path);

}  // namespace chartline::cli
