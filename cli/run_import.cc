// reader -> StoreSink -> ImportSession: the reader makes records, the import puts them into the store, the quality report counts
// rows.
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <span>

#include "cli/failure.h"
#include "cli/import_counts.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/runs.h"
#include "cli/source.h"
#include "cli/text.h"
#include "formats/exchange/input.h"
#include "formats/exchange/quality.h"

namespace chartline::cli {
namespace {

using exchange::QualityReport;

// Records that the store refused. The row is behind us by then: the source's id of the record is its place.
class Refusals {
 public:
  explicit Refusals(QualityReport& quality) : quality_(quality) {}
  void take(std::string_view record, const Error& why) {
    const auto told = quality_.problem({exchange::Problem::Outcome::rejected,
                                        {.file = "", .line = 0, .field = std::string(record)},
                                        std::string(name(why.fault)),
                                        why.message});
    const std::lock_guard lock(mutex_);
    if (!told && !failure_) failure_ = told.error(), failed_ = true;
  }
  Result<void> failure() const {  // under --strict, or where the report cannot be written
    if (!failed_.load(std::memory_order_relaxed)) return {};
    const std::lock_guard lock(mutex_);
    return failure_ ? Result<void>(*failure_) : Result<void>();
  }

 private:
  QualityReport& quality_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  std::atomic<bool> failed_{false};
};

// Hands records and terminology to the import.
class StoreSink final : public exchange::RecordSink {
 public:
  // `progress` counts records; null where the reader tells it bytes.
  StoreSink(ImportSession& session, const Refusals& refusals, Progress* progress)
      : import_(session), refusals_(refusals), progress_(progress) {}

  Result<void> record(const record::Record& record) override {
    TRY(stop_if_interrupted());
    const std::uint64_t records = ++records_;
    if (progress_ != nullptr) progress_->update(records, 0);
    TRY(import_.add(record));
    return refusals_.failure();
  }
  std::unique_ptr<exchange::RecordSink> part() override {
    auto part = import_.part();
    if (!part) return nullptr;
    return std::make_unique<PartSink>(*this, std::move(part));
  }
  Result<void> concept_(const record::Concept& entry) override { return load(entry); }
  Result<void> concept_link(const record::ConceptLink& link) override { return load(link); }

 private:
  // What one thread reads of a file, straight into its part of the import.
  class PartSink final : public exchange::RecordSink {
   public:
    PartSink(StoreSink& whole, std::unique_ptr<ImportSession::Part> part) : whole_(whole), part_(std::move(part)) {}
    Result<void> record(const record::Record& record) override {
      TRY(stop_if_interrupted());
      TRY(part_->add(record));
      return whole_.refusals_.failure();
    }
    Result<void> plain(const record::PlainEvents& events) override {
      TRY(stop_if_interrupted());
      TRY(part_->add(events));
      return whole_.refusals_.failure();
    }
    Result<void> concept_(const record::Concept& entry) override { return whole_.load(entry); }
    Result<void> concept_link(const record::ConceptLink& link) override { return whole_.load(link); }

   private:
    StoreSink& whole_;
    std::unique_ptr<ImportSession::Part> part_;
  };

  template <typename Entry>
  Result<void> load(const Entry& entry) {
    TRY(stop_if_interrupted());
    return import_.add(entry);
  }

  ImportSession& import_;
  const Refusals& refusals_;
  Progress* progress_;
  std::atomic<std::uint64_t> records_{0};
};

Result<exchange::Format> format_of(const Invocation& invocation) {
  if (const auto word = invocation.given("format")) return *exchange::parse_format(*word);
  const exchange::Recognised seen = TRY(exchange::recognise(invocation.arguments()));
  if (seen.format) return *seen.format;
  return advise(invalid_request(seen.why_not), "--format fhir, omop, synthea, meds, events or terminology names it");
}

Result<std::uint64_t> bytes_to_read(const Invocation& invocation) {
  const auto inputs = TRY(exchange::Inputs::open(invocation.arguments()));
  if (inputs.files().empty()) return not_found("there is no file in " + invocation.argument(0));
  return inputs.total_bytes();
}

Result<exchange::ReadOptions> read_options(const Invocation& invocation, exchange::Format format, const Source& store) {
  exchange::ReadOptions options;
  options.source = invocation.given("source").value_or("");
  options.zone = TRY(record::Zone::find(store.zone()));
  // A resource of FHIR says more than its event; a row of a table is its event.
  options.keep_originals =
      invocation.on("originals") || (format == exchange::Format::fhir && !invocation.on("no-originals"));
  options.threads = static_cast<unsigned>(invocation.number("threads"));
  return options;
}

// What the source is called in reports and as a version of terminology.
std::string source_name(const exchange::ReadOptions& reading, exchange::Format format) {
  return reading.source.empty() ? std::string(exchange::name(format)) : reading.source;
}

// The file of --report, if one is given.
class ReportFile {
 public:
  explicit ReportFile(std::optional<std::string> path) : path_(std::move(path)) {}

  Result<void> check_apart(std::span<const std::string> files) const {
    for (const std::string& file : files)
      if (std::error_code failed; path_ && std::filesystem::equivalent(file, *path_, failed))
        return invalid_request("--report " + *path_ + " is a file to be read: it would be overwritten");
    return {};
  }
  Result<void> open() {
    if (path_) file_.open(*path_, std::ios::binary | std::ios::trunc);
    return failure_unless(file_.good());
  }
  Result<void> finish() { return failure_unless(!path_ || file_.flush().good()); }
  std::ostream* stream() { return path_ ? &file_ : nullptr; }
  const std::optional<std::string>& path() const { return path_; }

 private:
  Result<void> failure_unless(bool good) const {
    return good ? Result<void>() : unavailable("--report " + *path_ + ": the file cannot be written");
  }
  const std::optional<std::string> path_;
  std::ofstream file_;
};

struct Work {
  const Invocation& invocation;
  Console& console;
  exchange::Format format;
  const exchange::ReadOptions& reading;
  Source& store;
  QualityReport& quality;
};

// Reads everything into the store. On an error what went through the log stays, the rest is dropped.
Result<ImportCounts> read_into_store(const Work& work) {
  const auto session = TRY(work.store.import({.source = source_name(work.reading, work.format),
                                              .map_codes = work.invocation.on("map"),
                                              .memory_bytes = work.invocation.number("memory"),
                                              .threads = work.reading.threads}));
  Refusals refusals(work.quality);
  session->on_refused([&](std::string_view record, const Error& why) { refusals.take(record, why); });

  const std::uint64_t total = TRY(bytes_to_read(work.invocation));
  const bool sized = total > 0;  // of standard input nobody knows how much is to come
  Progress progress(work.console, "import", sized ? Unit::bytes : Unit::records);
  StoreSink sink(*session, refusals, sized ? nullptr : &progress);
  const auto told_bytes = [&](std::uint64_t bytes) {
    if (sized) progress.update(bytes, total);
  };
  TRY(exchange::read(work.format, work.invocation.arguments(), work.reading, sink, work.quality, told_bytes));
  TRY(stop_if_interrupted());
  const Imported done = TRY(session->finish());
  TRY(refusals.failure());
  ImportCounts counts;
  counts.stored = done.records;
  counts.terminology = done.terminology;
  work.quality.duplicates(counts.stored.equal_rows);
  counts.read = work.quality.summary();
  // What the store refused was a record to the reader, and is a reject by now.
  counts.read.records -= counts.stored.rejected;
  counts.read.events = counts.stored.events;
  return counts;
}

}  // namespace

Result<void> run_import(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("output"), Form::table));
  if (invocation.on("originals") && invocation.on("no-originals"))
    return invalid_request("--originals and --no-originals exclude each other");
  TRY(bytes_to_read(invocation));  // there is something to read, before anything is touched
  const exchange::Format format = TRY(format_of(invocation));
  const auto store = TRY(open_source(invocation, Access::write));
  const exchange::ReadOptions reading = TRY(read_options(invocation, format, *store));
  ReportFile report(invocation.given("report"));
  TRY(report.check_apart(TRY(exchange::Inputs::open(invocation.arguments())).files()));
  TRY(report.open());
  SystemClock clock;
  const auto quality =
      exchange::make_quality({source_name(reading, format), invocation.on("strict"), clock.now()}, report.stream());

  const ImportCounts counts = TRY(read_into_store({invocation, console, format, reading, *store, *quality}));
  TRY(report.finish());
  TRY(write_counts(counts, form, console));
  for (const std::string& line : import_words(counts, report.path())) console.note(line);
  return {};
}

}  // namespace chartline::cli
