// The data-quality report: the Quality that an import gives its reader, and the summary that comes of it.
//
//   auto quality = make_quality({.source = "RYJ", .now = clock.now()}, &problems);
//   ... read(format, paths, options, sink, *quality) ...
//   const QualitySummary summary = quality->summary();     // print(summary) for people, json(summary) for machines
//
// Each problem is one line of NDJSON as it comes:
//   {"outcome":"rejected","rule":"bad_date","file":"a.csv","line":7,"field":"time","reason":"..."}
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "formats/exchange/reader.h"

namespace chartline::exchange {

struct QualityOptions {
  std::string source = {};
  bool strict = false;  // the first rejection becomes the import's error
  Micros now = 0;       // what starts later is in the future
};

// What may be missing from an event. `unit` counts among events with a number only.
enum class Field : std::uint8_t {
  code,
  known_system,
  time,
  time_of_day,
  end,
  value,
  unit,
  status,
  certainty,
  author,
  record,
  encounter,
  source
};
inline constexpr int field_count = 13;
std::string_view name(Field field);

struct KindSummary {
  std::uint64_t events = 0;
  std::uint64_t numbers = 0;                         // events with a number: what `unit` is a share of
  std::array<std::uint64_t, field_count> with = {};  // events that have the field
};

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

struct QualitySummary {
  std::string source;
  std::uint64_t rows = 0;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t rejected = 0;
  std::uint64_t repaired = 0;
  std::uint64_t duplicates = 0;  // equal rows without an id
  Counts rejected_by_rule;
  Counts repaired_by_rule;
  Counts impossible;  // kept, but: before_birth, after_death, end_before_start, in_future, ...
  Counts defaulted;   // fields filled with the format's default
  std::map<record::Kind, KindSummary> kinds;
};

std::string print(const QualitySummary& summary);  // lines for a person, the last one ended
std::string json(const QualitySummary& summary);   // one object on one line, no line end

class QualityReport : public Quality {
 public:
  // The import session tells how many rows were equal to an earlier row of the same source.
  virtual void duplicates(std::uint64_t rows) = 0;
  virtual QualitySummary summary() const = 0;
};

// `problems` takes the NDJSON lines and outlives the report; nullptr for none. Where writing to it fails, problem() gives
// unavailable.
std::unique_ptr<QualityReport> make_quality(QualityOptions options, std::ostream* problems);

}  // namespace chartline::exchange
