// The readers behind read(): one function per format, all with the same arguments.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "formats/exchange/reader.h"

namespace chartline::exchange {

struct Reading {
  std::span<const std::string> paths;
  const ReadOptions& options;
  RecordSink& sink;
  Quality& quality;
  const Progress& progress;  // may be empty
};

Result<void> read_fhir(const Reading& reading);
Result<void> read_omop(const Reading& reading);
Result<void> read_synthea(const Reading& reading);
Result<void> read_meds(const Reading& reading);
Result<void> read_events(const Reading& reading);
Result<void> read_terminology(const Reading& reading);

}  // namespace chartline::exchange
