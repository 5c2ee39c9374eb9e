#include <string>
#include <vector>

#include "bench/measure.h"
#include "bench/store_bench.h"
#include "engine/import.h"
#include "formats/exchange/quality.h"
#include "formats/exchange/reader.h"

namespace chartline::bench {
namespace {

class ImportSink final : public exchange::RecordSink {
 public:
  explicit ImportSink(engine::Import& import) : import_(import) {}
  Result<void> record(const record::Record& record) override { return import_.add(record); }
  Result<void> concept_(const record::Concept&) override { return {}; }
  Result<void> concept_link(const record::ConceptLink&) override { return {}; }

 private:
  engine::Import& import_;
};

}  // namespace

// The same steps as `chartline import`: read, judge, sort, fold, take in, sync.
void load(const std::string& csv, const std::string& folder, std::uint64_t memory_bytes) {
  const Stopwatch watch;
  or_stop(engine::Store::init(folder, {}));
  engine::ImportCounts counts;
  {
    const auto store = or_stop(engine::Store::open(folder, {}));
    const auto quality = exchange::make_quality({"bench", true, 0}, nullptr);
    const auto import = or_stop(engine::Import::begin(*store, {.memory_bytes = memory_bytes, .threads = 2}));
    ImportSink sink(*import);
    const std::vector<std::string> paths{csv};
    or_stop(exchange::read(exchange::Format::events, paths, {.source = "bench", .zone = {}, .keep_originals = false, .threads = 2}, sink, *quality));
    counts = or_stop(import->finish());
    if (counts.rejected != 0 || !counts.bulk) std::fprintf(stderr, "bench: not every row was loaded in bulk\n"), std::exit(1);
  }
  const double seconds = watch.seconds();
  report("chartline", "load.seconds", seconds);
  report("chartline", "load.rows_per_second", static_cast<double>(counts.events) / seconds);
  report("chartline", "load.cpu_seconds", cpu_seconds());
  report("chartline", "load.peak_rss_bytes", peak_rss_bytes());
}

}  // namespace chartline::bench
