// Reads FHIR text as an import would, and tells each event on one line for tests to compare.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/exchange/readers.h"
#include "tests/exchange/collecting_sink.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {

struct FhirReading {
  explicit FhirReading(const std::vector<std::string>& paths, const ReadOptions& options = {}) {
    const Progress progress;
    outcome = read_fhir(Reading{paths, options, sink, quality, progress});
  }

  CollectingSink sink;
  CollectingQuality quality;
  Result<void> outcome;
};

inline FhirReading read_fhir_paths(const std::vector<std::string>& paths, const ReadOptions& options = {}) {
  return FhirReading(paths, options);
}

inline FhirReading read_fhir_text(std::string_view text, const ReadOptions& options = {}) {
  const ScratchFile file("text.json", text);
  return FhirReading({file.path()}, options);
}

inline std::string tell(const record::Code& code) {
  std::string out = std::string(code.system).append("|").append(code.code);
  return code.display.empty() ? out : out.append(" '").append(code.display).append("'");
}

inline std::string tell(const record::Value& value) {
  using Form = record::Value::Form;
  std::string out;
  switch (value.form) {
    case Form::none: return "nothing";
    case Form::number:
      out.append(name(value.comparator)).append(print(value.number));
      return value.unit.empty() ? out : out.append(" ").append(value.unit);
    case Form::code: return tell(value.code);
    case Form::text: return out.append("\"").append(value.text).append("\"");
    case Form::boolean: return value.boolean ? "true" : "false";
    case Form::date: return value.date.known() ? print(value.date) : "date unknown";
  }
  return out;
}

// kind id#part [code + translations] start [to end] [= value] [(status, certainty, author)] [in encounter] {attributes}
inline std::string tell(const record::Event& event) {
  std::string out(name(event.kind));
  out.append(" ").append(event.record.empty() ? "(no id)" : event.record);
  if (event.part > 0) out.append("#").append(std::to_string(event.part));
  if (!event.code.empty()) out.append(" ").append(tell(event.code));
  for (const auto& translation : event.translations) out.append(" + ").append(tell(translation));
  if (event.start.known()) out.append(" at ").append(print(event.start));
  if (event.end.form == record::End::Form::at) out.append(" to ").append(print(event.end.at));
  if (event.end.form == record::End::Form::ongoing) out.append(" ongoing");
  if (event.end.form == record::End::Form::unknown) out.append(" to ?");
  if (event.value.form != record::Value::Form::none) out.append(" = ").append(tell(event.value));
  std::string words;
  for (const auto word : {name(event.status), name(event.certainty), name(event.author)})
    if (!word.empty()) words.append(words.empty() ? "" : ", ").append(word);
  if (!words.empty()) out.append(" (").append(words).append(")");
  if (!event.encounter.empty()) out.append(" in ").append(event.encounter);
  std::string attributes;
  for (const auto& attribute : event.attributes)
    attributes.append(attributes.empty() ? "" : "; ").append(attribute.name).append(" ").append(tell(attribute.value));
  return attributes.empty() ? out : out.append(" {").append(attributes).append("}");
}

// Every event on its own line.
inline std::string tell(const FhirReading& reading) {
  std::string out;
  for (const auto* event : reading.sink.events()) out.append(tell(*event)).append("\n");
  return out;
}

// Every problem on its own line: "rejected not_json at 3 Observation.code".
inline std::string problems(const FhirReading& reading) {
  std::string out;
  for (const auto& problem : reading.quality.problems) {
    out.append(problem.outcome == Problem::Outcome::rejected ? "rejected " : "repaired ").append(problem.rule);
    out.append(" at ").append(std::to_string(problem.place.line)).append(" ").append(problem.place.field).append("\n");
  }
  return out;
}

}  // namespace chartline::exchange
