#include <algorithm>
#include <unordered_map>

#include "engine/bulk_load.h"
#include "engine/content.h"
#include "engine/patient_index.h"

namespace chartline::engine {

std::uint64_t give_places(std::span<stored::Row> rows, const Dictionary& names) {
  // By start, keeping arrival among rows of one start: only those can be equal, or need a sequence.
  thread_local std::vector<std::uint32_t> order;
  order.clear();
  bool ascending = true;
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].record.empty()) continue;
    ascending = ascending && (order.empty() || rows[order.back()].start.instant() <= rows[i].start.instant());
    order.push_back(i);
  }
  if (!ascending)
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return rows[a].start.instant() < rows[b].start.instant();
    });
  std::uint64_t equal = 0;
  std::unordered_map<Hash128, std::uint32_t, HashOfHash128> seen;
  for (std::size_t from = 0; from < order.size();) {
    std::size_t past = from + 1;
    while (past < order.size() && rows[order[past]].start.instant() == rows[order[from]].start.instant()) ++past;
    if (past - from > 1) {
      bool placed = false;  // by the source
      for (std::size_t i = from; i < past; ++i) placed = placed || rows[order[i]].sequence != 0;
      seen.clear();
      for (std::size_t i = from; i < past; ++i) {
        stored::Row& row = rows[order[i]];
        if (const std::uint32_t earlier = seen[record_key(row, names)]++; earlier > 0) row.ordinal += earlier, ++equal;
        if (!placed) row.sequence = i - from;
      }
    }
    from = past;
  }
  return equal;
}

}  // namespace chartline::engine
