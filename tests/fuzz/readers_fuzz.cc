// Any files as a delivery of records: the first byte says in which format. Reading ends, every row becomes a record or is
// rejected with its place, and what is handed over can be read.
#include <array>

#include "base/check.h"
#include "base/hash.h"
#include "formats/exchange/reader.h"
#include "tests/fuzz/parts.h"

namespace {

using namespace chartline;
using namespace chartline::exchange;

std::uint64_t sum_of(const record::Code& code) {
  return hash64(code.system) + hash64(code.code) + hash64(code.display);
}

// Reads all of what is borrowed: text that is not there any more is found by the sanitizer.
class Reading final : public RecordSink {
 public:
  Result<void> record(const record::Record& record) override {
    ++records;
    for (const record::Identifier& one : record.identifiers) sum += hash64(one.system) + hash64(one.value);
    for (const record::Event& event : record.events) {
      check(static_cast<int>(event.kind) < record::kind_count, "a kind is one of the list");
      sum += sum_of(event.code) + hash64(event.value.text) + hash64(event.record) + hash64(event.encounter);
      for (const record::Code& code : event.translations) sum += sum_of(code);
      for (const record::Attribute& one : event.attributes) sum += hash64(one.name) + hash64(one.value.text);
    }
    sum += hash64(record.original);
    return {};
  }
  Result<void> concept_(const record::Concept& entry) override {
    sum += sum_of(entry.code) + hash64(entry.omop_id) + hash64(entry.domain);
    return {};
  }
  Result<void> concept_link(const record::ConceptLink& link) override {
    sum += sum_of(link.from) + sum_of(link.to);
    return {};
  }
  std::uint64_t records = 0, sum = 0;
};

class Counting final : public Quality {
 public:
  void row() override { ++rows; }
  void accepted(const record::Record&) override { ++accepted_; }
  Result<void> problem(Problem problem) override {
    check(!problem.rule.empty() && !problem.reason.empty() && !problem.place.file.empty(),
          "a problem says what is wrong, and where");
    if (problem.outcome == Problem::Outcome::rejected) ++rejected;
    return {};
  }
  void impossible(std::string_view) override {}
  void defaulted(std::string_view, std::uint64_t) override {}
  std::uint64_t rows = 0, accepted_ = 0, rejected = 0;
};

constexpr std::array formats = {Format::events, Format::meds,        Format::synthea,
                                Format::omop,   Format::terminology, Format::fhir};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchFolder folder;
  if (size == 0) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const Format format = formats[static_cast<unsigned char>(all.front()) % formats.size()];
  folder.clear();
  for (const fuzz::Part& part : fuzz::parts_of(all.substr(1))) folder.put(part.name, part.bytes);
  Reading sink;
  Counting quality;
  const std::string path = folder.path();
  const auto read_all = read(format, std::span(&path, 1), {.source = "fuzz", .zone = {}}, sink, quality);
  if (!read_all) check(!read_all.error().message.empty(), "a refusal says why");
  if (read_all && (format == Format::events || format == Format::meds))
    check(quality.rows == quality.accepted_ + quality.rejected, "every row becomes a record or is rejected");
  check(sink.records == quality.accepted_, "what is accepted is handed over");
  return 0;
}
