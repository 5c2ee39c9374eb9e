#include "tests/integration/importing.h"

#include <chrono>
#include <mutex>

#include "tests/integration/must.h"

namespace chartline::integration {
namespace {

class StoreSink final : public exchange::RecordSink {
 public:
  StoreSink(engine::Import& import, Imported& into, const Seen& seen) : import_(import), into_(into), seen_(seen) {}

  Result<void> record(const record::Record& record) override {
    const std::lock_guard lock(mutex_);
    ++into_.delivered;
    if (seen_) TRY(seen_(record));
    return import_.add(record);
  }
  Result<void> concept_(const record::Concept&) override {
    const std::lock_guard lock(mutex_);
    ++into_.concepts;
    return {};
  }
  Result<void> concept_link(const record::ConceptLink&) override {
    const std::lock_guard lock(mutex_);
    ++into_.links;
    return {};
  }

 private:
  engine::Import& import_;
  Imported& into_;
  const Seen& seen_;
  std::mutex mutex_;
};

}  // namespace

Imported import_into(engine::Store& store, exchange::Format format, const std::vector<std::string>& paths,
                     const engine::ImportOptions& options, const Seen& seen) {
  const auto start = std::chrono::steady_clock::now();
  Imported imported;
  const auto quality = exchange::make_quality({.now = SystemClock().now()}, nullptr);
  const auto import = must(engine::Import::begin(store, options));
  import->on_refused([&](const record::Record&, const Error& why) { imported.refused.push_back(why.message); });
  exchange::ReadOptions reading;
  reading.zone = must(record::Zone::find(store.zone()));
  reading.threads = options.threads;
  StoreSink sink(*import, imported, seen);
  must(exchange::read(format, paths, reading, sink, *quality));
  imported.stored = must(import->finish());
  imported.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  quality->duplicates(imported.stored.equal_rows);
  imported.read = quality->summary();
  return imported;
}

}  // namespace chartline::integration
