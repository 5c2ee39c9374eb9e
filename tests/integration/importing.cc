#include "tests/integration/importing.h"

#include <chrono>
#include <mutex>

#include "tests/integration/must.h"

namespace chartline::integration {
namespace {

class StoreSink final : public exchange::RecordSink {
 public:
  StoreSink(engine::Store& store, engine::Import& import, Imported& into, const Seen& seen)
      : store_(store), import_(import), into_(into), seen_(seen) {}

  Result<void> record(const record::Record& record) override {
    const std::lock_guard lock(mutex_);
    ++into_.delivered;
    if (seen_) TRY(seen_(record));
    return import_.add(record);
  }
  Result<void> concept_(const record::Concept& entry) override {
    const std::lock_guard lock(mutex_);
    into_.delivered_terms.add(entry);
    return TRY(terms())->add(entry);
  }
  Result<void> concept_link(const record::ConceptLink& link) override {
    const std::lock_guard lock(mutex_);
    into_.delivered_terms.add(link);
    return TRY(terms())->add(link);
  }
  Result<void> finish() {
    into_.stored = TRY(import_.finish());
    if (terms_) into_.terms = TRY(terms_->finish());
    return {};
  }

 private:
  Result<engine::TerminologyLoad*> terms() {
    if (!terms_) terms_ = TRY(engine::TerminologyLoad::begin(store_, ""));
    return terms_.get();
  }

  engine::Store& store_;
  engine::Import& import_;
  Imported& into_;
  const Seen& seen_;
  std::mutex mutex_;
  std::unique_ptr<engine::TerminologyLoad> terms_;
};

}  // namespace

Imported import_into(engine::Store& store, exchange::Format format, const std::vector<std::string>& paths,
                     const engine::ImportOptions& options, const Seen& seen) {
  const auto start = std::chrono::steady_clock::now();
  Imported imported;
  const auto quality = exchange::make_quality({.now = SystemClock().now()}, nullptr);
  const auto import = must(engine::Import::begin(store, options));
  import->on_refused([&](const record::Record&, const Error& why) { imported.refused.push_back(why.message);
});
exchange::ReadOptions reading;
reading.zone = must(record::Zone::find(store.zone()));
reading.threads = options.threads;
StoreSink sink(store, *import, imported, seen);
must(exchange::read(format, paths, reading, sink, *quality));
must(sink.finish());
imported.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
quality->duplicates(imported.stored.equal_rows);
imported.read = quality->summary();
return imported;
}  // namespace chartline::integration

}  // namespace chartline::integration
