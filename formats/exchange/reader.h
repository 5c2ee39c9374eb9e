// Readers turn the bytes of others into Records; they know nothing of stores. One reader per format, made for one import
// of one source, fed with one input after another.
//
//   input -> decompressed bytes -> rows or resources -> Records -> RecordSink
//
// Nothing stops a reader but the sink or a failing disk: a row it cannot use goes to the Quality report as rejected, a
// row it had to mend as repaired, each with its place, and rows in = records out + rejects, always.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "formats/record/event.h"
#include "formats/record/plain_events.h"
#include "formats/record/terminology.h"

namespace chartline::exchange {

// Takes what a reader makes. Calls come from one thread at a time unless the reader says otherwise; what is borrowed is
// valid during the call only. An error ends the import and is handed back unchanged.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual Result<void> record(const record::Record& record) = 0;
  // Many plain ones at a time, in their order among the others; record by record where the sink does not gain by it.
  virtual Result<void> plain(const record::PlainEvents& events) {
    return record::for_each_record(events, [&](const record::Record& one) { return record(one); });
  }
  // For readers that parse one file with several threads: a sink for the next part of it, in the order of the source. One
  // thread gives a part its records; several parts may be filled at once. Null: this sink wants records one after another.
  virtual std::unique_ptr<RecordSink> part() { return nullptr; }
  virtual Result<void> concept_(const record::Concept& entry) = 0;
  virtual Result<void> concept_link(const record::ConceptLink& link) = 0;
};

// Where in the input something stands, for a person to find it again.
struct Place {
  std::string file;        // as given on the command line, with the member's name for archives: "a.tar.xz:b.json"
  std::uint64_t line = 0;  // from 1; of the row, or of the resource's start where known; 0 if it has none
  std::string field;       // column name or FHIR path: "Observation.effectiveDateTime"
};

// The rule by which a reader rejects what the store would not keep (record::validate()).
inline constexpr std::string_view not_kept = "not_kept";

struct Problem {
  enum class Outcome : std::uint8_t { rejected, repaired };
  Outcome outcome;
  Place place;
  std::string rule;    // a short stable word: "bad_date", "unknown_patient", "before_birth", "not_json", ...
  std::string reason;  // one sentence, naming no patient
};

// The data-quality report of one import of one source: problems as NDJSON as they come, and a summary at the end with
// rows, events, rejects, repairs, and per kind of event: completeness by field, validity, defaults, duplicates and
// impossible dates. Thread safe. Memory does not grow with the input.
class Quality {
 public:
  virtual ~Quality() = default;
  virtual void row() = 0;                                   // one row or resource was read from the input
  virtual void accepted(const record::Record& record) = 0;  // it became this record (counted for completeness and validity)
  // Both for rows that became plain events.
  virtual void rows_accepted(const record::PlainEvents& events) {
    for (std::size_t i = 0; i < events.events.size(); ++i) row();
    const auto told =
        record::for_each_record(events, [&](const record::Record& one) { return accepted(one), Result<void>(); });
    check(bool(told), "counting does not fail");
  }
  virtual Result<void> problem(Problem problem) = 0;  // under --strict the first rejection comes back as invalid_request
  // The record is kept, but a reader that knows the person's dates found it impossible: "before_birth", "after_death", ...
  virtual void impossible(std::string_view rule) = 0;
  // A field that the source left out was filled with the format's default: "zone", "system", "kind", ...
  virtual void defaulted(std::string_view field, std::uint64_t times = 1) = 0;
};

struct ReadOptions {
  std::string source;      // organisation name put on every event; "" = the reader's default ("synthea", "omop", ...)
  record::Zone zone = {};  // for local times without an offset
  bool keep_originals = true;
  unsigned threads = 1;
};

// Progress: called now and then with the bytes of input consumed so far (compressed bytes, so that a total is known).
using Progress = std::function<void(std::uint64_t bytes)>;

enum class Format : std::uint8_t { fhir, omop, synthea, meds, events, terminology };
std::string_view name(Format format);
std::optional<Format> parse_format(std::string_view word);  // exactly those names

// Recognised from the paths' names and first bytes: a folder with PERSON.csv is omop, one with patients.csv synthea, JSON
// is fhir, a CSV header with subject_id,time,code meds, one with patient,time,code events, one with code and parent or
// maps_to terminology. An error is for what cannot be read.
struct Recognised {
  std::optional<Format> format;
  std::string why_not;  // what was seen instead
};
Result<Recognised> recognise(std::span<const std::string> paths);

// Reads paths (files, folders, archives: .gz .xz .zst .tar of those; "-" is standard input) in one import.
// Equal rows without an id are given no ordinal here: the store's import session does that.
Result<void> read(Format format, std::span<const std::string> paths, const ReadOptions& options, RecordSink& sink,
                  Quality& quality, const Progress& progress = {});

}  // namespace chartline::exchange
