// reader -> StoreSink -> Import: the reader makes records, the import puts them into the store, the quality report counts
// rows.
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <mutex>

#include "cli/code_mapper.h"
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

// Hands records to the import and concepts to a terminology load, which begins with the first of them.
class StoreSink final : public exchange::RecordSink {
 public:
  // `progress` counts records; null where the reader tells it bytes.
  StoreSink(engine::Store& store, engine::Import& session, const Refusals& refusals, std::string source,
            const std::optional<engine::TerminologyReader>& maps, Progress* progress)
      : store_(store), import_(session), refusals_(refusals), source_(std::move(source)), maps_(maps), progress_(progress) {
    if (maps_) mapper_.emplace(*maps_);
  }

  Result<void> record(const record::Record& record) override {
    TRY(stop_if_interrupted());
    const std::uint64_t records = ++records_;
    if (progress_ != nullptr) progress_->update(records, 0);
    TRY(add_to(import_, record, mapper_, room_));
    return refusals_.failure();
  }
  std::unique_ptr<exchange::RecordSink> part() override {
    auto part = import_.part();
    if (!part) return nullptr;
    return std::make_unique<PartSink>(*this, std::move(part));
  }
  Result<void> concept_(const record::Concept& entry) override { return load(entry); }
  Result<void> concept_link(const record::ConceptLink& link) override { return load(link); }

  Result<engine::TerminologyLoad::Counts> finish() {
    return terminology_ ? terminology_->finish() : engine::TerminologyLoad::Counts{};
  }

 private:
  // What one thread reads of a file, straight into its part of the import.
  class PartSink final : public exchange::RecordSink {
   public:
    PartSink(StoreSink& whole, std::unique_ptr<engine::Import::Part> part) : whole_(whole), part_(std::move(part)) {
      if (whole.maps_) mapper_.emplace(*whole.maps_);
    }
    Result<void> record(const record::Record& record) override {
      TRY(stop_if_interrupted());
      TRY(add_to(*part_, record, mapper_, room_));
      return whole_.refusals_.failure();
    }
    Result<void> concept_(const record::Concept& entry) override { return whole_.load(entry); }
    Result<void> concept_link(const record::ConceptLink& link) override { return whole_.load(link); }

   private:
    StoreSink& whole_;
    std::unique_ptr<engine::Import::Part> part_;
    std::optional<CodeMapper> mapper_;
    record::Arena room_;
  };

  template <typename To>
  static Result<void> add_to(To& to, const record::Record& record, std::optional<CodeMapper>& mapper, record::Arena& room) {
    if (!mapper) return to.add(record);
    room.clear();
    return to.add(TRY(mapper->mapped(record, room)));
  }

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
  const std::optional<engine::TerminologyReader>& maps_;
  std::optional<CodeMapper> mapper_;
  record::Arena room_;
  Progress* progress_;
  std::atomic<std::uint64_t> records_{0};
  std::mutex mutex_;
  std::unique_ptr<engine::TerminologyLoad> terminology_;
};

Result<exchange::Format> format_of(const Invocation& invocation) {
  if (const auto word = invocation.given("format")) return *exchange::parse_format(*word);
  auto format = exchange::recognise(invocation.arguments());
  if (format || format.error().fault != Fault::invalid_request) return format;
  return advise(format.error(), "--format fhir, omop, synthea, meds, events or terminology names it");
}

Result<std::uint64_t> bytes_to_read(const Invocation& invocation) {
  return TRY(exchange::Inputs::open(invocation.arguments())).total_bytes();
}

Result<exchange::ReadOptions> read_options(const Invocation& invocation, exchange::Format format,
                                           const engine::Store& store) {
  exchange::ReadOptions options;
  options.source = invocation.given("source").value_or("");
  options.zone = TRY(record::Zone::find(store.zone()));
  // A resource of FHIR says more than its event; a row of a table is its event.
  options.keep_originals = invocation.on("originals") || (format == exchange::Format::fhir && !invocation.on("no-originals"));
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
  engine::Store& store;
  QualityReport& quality;
};

// What --map looks in; nothing without it.
Result<std::optional<engine::TerminologyReader>> maps_of(const Invocation& invocation, engine::Store& store) {
  if (!invocation.on("map")) return std::optional<engine::TerminologyReader>();
  auto terminology = TRY(engine::TerminologyReader::open(store, ""));
  if (terminology.empty()) return invalid_request("--map: no terminology is loaded yet; import it first");
  return std::optional(std::move(terminology));
}

// Reads everything into the store. On an error what went through the log stays, the rest is dropped.
Result<ImportCounts> read_into_store(const Work& work) {
  const auto session = TRY(engine::Import::begin(
      work.store, {.memory_bytes = work.invocation.number("memory"), .threads = work.reading.threads}));
  Refusals refusals(work.quality);
  session->on_refused([&](const record::Record& record, const Error& why) { refusals.take(record, why); });

  const std::uint64_t total = TRY(bytes_to_read(work.invocation));
  const bool sized = total > 0;  // of standard input nobody knows how much is to come
  Progress progress(work.console, "import", sized ? Unit::bytes : Unit::records);
  const auto maps = TRY(maps_of(work.invocation, work.store));
  StoreSink sink(work.store, *session, refusals, source_name(work.reading, work.format), maps, sized ? nullptr : &progress);
  const auto told_bytes = [&](std::uint64_t bytes) {
    if (sized) progress.update(bytes, total);
  };
  TRY(exchange::read(work.format, work.invocation.arguments(), work.reading, sink, work.quality, told_bytes));
  TRY(stop_if_interrupted());
  ImportCounts counts;
  counts.stored = TRY(session->finish());
  TRY(refusals.failure());
  counts.terminology = TRY(sink.finish());
  work.quality.duplicates(counts.stored.equal_rows);
  counts.read = work.quality.summary();
  return counts;
}

}  // namespace

Result<void> run_import(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("output"), Form::table));
  TRY(bytes_to_read(invocation));  // every path exists, before anything is touched
  const exchange::Format format = TRY(format_of(invocation));
  const auto store = TRY(open_store(invocation, Access::write));
  const exchange::ReadOptions reading = TRY(read_options(invocation, format, *store));
  ReportFile report(invocation.given("report"));
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
