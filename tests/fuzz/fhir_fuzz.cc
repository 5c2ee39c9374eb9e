// Any bytes as a FHIR document, whole and as lines: each outcome can be read, and each event of a record says what kind
// of fact it is and who said so.
#include "base/check.h"
#include "base/hash.h"
#include "formats/exchange/fhir_document.h"

namespace {

using namespace chartline;
using namespace chartline::exchange;

void look_at(const record::Record& record) {
  check(!record.identifiers.empty(), "a record is somebody's");
  for (const record::Event& event : record.events) {
    check(static_cast<int>(event.kind) < record::kind_count, "a kind is one of the list");
    check(!event.source.organisation.empty(), "an event has a source");
    for (const std::string_view text :
         {event.code.code, event.code.display, event.record, event.encounter, event.value.text}) {
      static_cast<void>(hash64(text));  // reads all of it: text that is not there any more is found by the sanitizer
    }
  }
}

void look_at(const Problem& problem) {
  check(!problem.rule.empty() && !problem.reason.empty(), "a problem says what is wrong");
}

void read(BytesView text, bool lines) {
  static const ReadOptions options{.source = "fuzz", .zone = {}};
  fhir::DocumentReader reader(options);
  fhir::Document document{.file = "input", .bytes = Bytes(text), .size = text.size(), .lines = lines};
  document.bytes.append(fhir::padding_bytes, '\0');
  for (const fhir::Outcome& outcome : reader.read(document)) {
    if (const auto* record = std::get_if<record::Record>(&outcome)) look_at(*record);
    if (const auto* problem = std::get_if<Problem>(&outcome)) look_at(*problem);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView text(reinterpret_cast<const char*>(data), size);
  read(text, false);
  read(text, true);
  return 0;
}
