// reader -> StoreSink -> Import: the reader makes records, the import puts them into the store, the quality report counts rows.
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <mutex>

#include "cli/failure.h"
#include "cli/import_counts.h"
#include "cli/interrupt.h"
#include "cli/open_store.h"
#include "cli/progress.h"
#include "cli/runs.h"
#include "cli/text.h"
#include "engine/import.h"
#include "engine/terminology.h"
#include "formats/exchange/input.h"
#include "formats/exchange/quality.h"

namespace chartline::cli {
namespace {

using exchange::QualityReport;

// Records that the store refused. The row is behind us by then: the source's id of the record is its place.
class Refusals {
 public:
  explicit Refusals(QualityReport& quality) : quality_(quality) {}
  void take(const record::Record& record, const Error& why) {
    const std::string id = record.events.empty() ? "" : std::string(record.events.front().record);
    const auto told = quality_.problem({exchange::Problem::Outcome::rejected,
                                        {.file = "", .line = 0, .field = id},
                                        std::string(name(why.fault)),
                                        why.message});
    const std::lock_guard lock(mutex_);
    if (!told && !failure_) failure_ = told.error();
  }
  Result<void> failure() const {  // under --strict, or where the report cannot be written
    const std::lock_guard lock(mutex_);
    return failure_ ? Result<void>(*failure_) : Result<void>();
  }

 private:
  QualityReport& quality_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
};

// Hands records to the import and concepts to a terminology load, which begins with the first of them.
class StoreSink final : public exchange::RecordSink {
 public:
  // `progress` counts records; null where the reader tells it bytes.
  StoreSink(engine::Store& store, engine::Import& import, const Refusals& refusals, std::string source, Progress* progress)
      : store_(store), import_(import), refusals_(refusals), source_(std::move(source)), progress_(progress) {}

  Result<void> record(const record::Record& record) override {
    TRY(stop_if_interrupted());
    const std::uint64_t records = ++records_;
    if (progress_ != nullptr) progress_->update(records, 0);
    TRY(import_.add(record));
    return refusals_.failure();
  }
  Result<void> concept_(const record::Concept& entry) override { return load(entry); }
  Result<void> concept_link(const record::ConceptLink& link) override { return load(link); }

  Result<engine::TerminologyLoad::Counts> finish() {
    return terminology_ ? terminology_->finish() : engine::TerminologyLoad::Counts{};
  }

 private:
  template <typename Entry>
  Result<void> load(const Entry& entry) {
    TRY(stop_if_interrupted());
    const std::lock_guard lock(mutex_);
    if (!terminology_) terminology_ = TRY(engine::TerminologyLoad::begin(store_, source_));
    return terminology_->add(entry);
  }

  engine::Store& store_;
  engine::Import& import_;
  const Refusals& refusals_;
  const std::string source_;
  Progress* progress_;
  std::atomic<std::uint64_t> records_{0};
  std::mutex mutex_;
  std::unique_ptr<engine::TerminologyLoad> terminology_;
};

Result<exchange::Format> format_of(const Invocation& invocation) {
  if (const auto word = invocation.given("format")) return *exchange::parse_format(*word);
  auto format = exchange::recognise(invocation.arguments());
  if (format || format.error().fault != Fault::invalid_request) return format;
  return advise(format.error(), "--format fhir, omop, synthea, meds or events names it");
}

Result<std::uint64_t> bytes_to_read(const Invocation& invocation) {
  return TRY(exchange::Inputs::open(invocation.arguments())).total_bytes();
}

}  // namespace

Result<void> run_import(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("output"), Form::table));
  const std::uint64_t total = TRY(bytes_to_read(invocation));
  const exchange::Format format = TRY(format_of(invocation));
  const auto store = TRY(open_store(invocation, Access::write));

  exchange::ReadOptions reading;
  reading.source = invocation.given("source").value_or(std::string(exchange::name(format)));
  reading.zone = TRY(record::Zone::find(store->zone()));
  reading.keep_originals = !invocation.on("no-originals");
  reading.threads = static_cast<unsigned>(invocation.number("threads"));

  const auto report_path = invocation.given("report");
  std::ofstream problems;
  if (report_path) {
    problems.open(*report_path, std::ios::binary | std::ios::trunc);
    if (!problems) return unavailable("--report " + *report_path + ": the file cannot be written");
  }
  SystemClock clock;
  const auto quality =
      exchange::make_quality({reading.source, invocation.on("strict"), clock.now()}, report_path ? &problems : nullptr);
  engine::ImportOptions options;
  options.memory_bytes = invocation.number("memory");
  options.threads = reading.threads;
  const auto import = TRY(engine::Import::begin(*store, options));
  Refusals refusals(*quality);
  import->on_refused([&](const record::Record& record, const Error& why) { refusals.take(record, why);
});

ImportCounts counts;
{
  const bool sized = total > 0;  // of standard input nobody knows how much is to come
  Progress progress(console, "import", sized ? Unit::bytes : Unit::records);
  StoreSink sink(*store, *import, refusals, reading.source, sized ? nullptr : &progress);
  const auto told_bytes = [&](std::uint64_t bytes) {
    if (sized) progress.update(bytes, total);
  };
  TRY(exchange::read(format, invocation.arguments(), reading, sink, *quality, told_bytes));
  TRY(stop_if_interrupted());
  counts.stored = TRY(import->finish());
  counts.terminology = TRY(sink.finish());
}
TRY(refusals.failure());
quality->duplicates(counts.stored.equal_rows);
counts.read = quality->summary();
if (report_path && !problems.flush()) return unavailable("--report " + *report_path + ": the file cannot be written");
TRY(write_counts(counts, form, console));
for (const std::string& line : import_words(counts, report_path)) console.note(line);
return {};
}  // namespace chartline::cli

}  // namespace chartline::cli
