#include <unordered_map>

#include "engine/bulk_load.h"
#include "engine/content.h"
#include "engine/patient_index.h"
#include "engine/sort_stretches.h"

namespace chartline::engine {

namespace {

constexpr std::size_t compared_max = 32;  // rows of one start; of more, each is hashed

// Whether two of these may be equal: what most rows differ in is cheap to compare.
bool may_be_equal(std::span<const stored::Row> rows, std::span<const TimePlace> places) {
  if (places.size() > compared_max) return true;
  for (std::size_t i = 1; i < places.size(); ++i) {
    const stored::Row& a = rows[places[i].second];
    for (std::size_t j = 0; j < i; ++j) {
      const stored::Row& b = rows[places[j].second];
      if (a.code == b.code && a.value.form == b.value.form && a.value.number.mantissa == b.value.number.mantissa)
        return true;
    }
  }
  return false;
}

}  // namespace

std::uint64_t give_places(std::span<stored::Row> rows, const Dictionary& names) {
  // By start, keeping arrival among rows of one start: only those can be equal, or need a sequence.
  thread_local std::vector<TimePlace> order;
  order.clear();
  for (std::uint32_t i = 0; i < rows.size(); ++i)
    if (rows[i].record.empty()) order.emplace_back(rows[i].start.instant(), i);
  sort_stretches(order);
  std::uint64_t equal = 0;
  std::unordered_map<Hash128, std::uint32_t, HashOfHash128> seen;
  for (std::size_t from = 0; from < order.size();) {
    std::size_t past = from + 1;
    while (past < order.size() && order[past].first == order[from].first) ++past;
    if (past - from > 1) {
      bool placed = false;  // by the source
      for (std::size_t i = from; i < past; ++i) placed = placed || rows[order[i].second].sequence != 0;
      const bool compare = may_be_equal(rows, std::span(order).subspan(from, past - from));
      seen.clear();
      for (std::size_t i = from; i < past; ++i) {
        stored::Row& row = rows[order[i].second];
        if (compare) {
          if (const std::uint32_t earlier = seen[record_key(row, names)]++; earlier > 0)
            row.ordinal += earlier, ++equal;
        }
        if (!placed) row.sequence = i - from;
      }
    }
    from = past;
  }
  return equal;
}

}  // namespace chartline::engine
