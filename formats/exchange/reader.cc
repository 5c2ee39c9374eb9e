#include "formats/exchange/reader.h"

#include <array>
#include <utility>

#include "formats/exchange/readers.h"

namespace chartline::exchange {
namespace {

constexpr std::array formats = std::to_array<std::pair<Format, std::string_view>>({
    {Format::fhir, "fhir"},
    {Format::omop, "omop"},
    {Format::synthea, "synthea"},
    {Format::meds, "meds"},
    {Format::events, "events"},
    {Format::terminology, "terminology"},
});

}  // namespace

std::string_view name(Format format) { return formats[static_cast<std::size_t>(format)].second; }

std::optional<Format> parse_format(std::string_view word) {
  for (const auto& [format, name] : formats)
    if (name == word) return format;
  return std::nullopt;
}

Result<void> read(Format format, std::span<const std::string> paths, const ReadOptions& options, RecordSink& sink,
                  Quality& quality, const Progress& progress) {
  const Reading reading{paths, options, sink, quality, progress};
  switch (format) {
    case Format::fhir: return read_fhir(reading);
    case Format::omop: return read_omop(reading);
    case Format::synthea: return read_synthea(reading);
    case Format::meds: return read_meds(reading);
    case Format::events: return read_events(reading);
    case Format::terminology: return read_terminology(reading);
  }
  return unsupported("this build reads no such format");
}

}  // namespace chartline::exchange
