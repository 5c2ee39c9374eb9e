// reader -> StoreSink -> Import: a data set into a store, as the import command does it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/import.h"
#include "formats/exchange/quality.h"
#include "formats/exchange/reader.h"
#include "tests/integration/delivered_terms.h"

namespace chartline::integration {

struct Imported {
  exchange::QualitySummary read;
  engine::ImportCounts stored;
  std::uint64_t delivered = 0;  // records that the sink was given
  DeliveredTerms delivered_terms;
  engine::TerminologyLoad::Counts terms;  // new to the store
  std::vector<std::string> refused;       // by the store: why
  double seconds = 0;
};

using Seen = std::function<Result<void>(const record::Record&)>;  // one thread at a time; a failure ends the import

// Throws where a reader, the store or `seen` fails (see must.h). `seen` is shown every record on its way.
Imported import_into(engine::Store& store, exchange::Format format, const std::vector<std::string>& paths,
                     const engine::ImportOptions& options = {}, const Seen& seen = {});

}  // namespace chartline::integration
