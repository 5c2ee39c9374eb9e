#include <algorithm>

#include "engine/maintenance.h"
#include "engine/store_parts.h"

namespace chartline::engine {

// A shard's first damaged file ends the reading of that shard: it is to be restored whole.
Result<ScrubReport> scrub(Store& store, std::uint64_t bytes_per_second, const Progressed& progress) {
  ScrubReport report;
  std::uint64_t of = 0;
  for (const auto& shard : store.parts().shards)
    for (const TableStats& table : shard->tables()->stats()) of += table.file_bytes;
  bool cancelled = progress && !progress(0, of);
  for (const auto& shard : store.parts().shards) {
    if (cancelled) return unavailable("cancelled");
    Tables& tables = *shard->tables();
    for (const std::string& file : TRY(tables.files())) report.files += file.ends_with(".sst");
    const auto read = tables.verify_files(bytes_per_second, [&] {
      return cancelled = cancelled || (progress && !progress(std::min(report.bytes, of), of));
    });
    if (read) report.bytes += *read;
    else report.findings.push_back(read.error().message);
  }
  if (cancelled || (progress && !progress(of, of))) return unavailable("cancelled");
  return report;
}

}  // namespace chartline::engine
